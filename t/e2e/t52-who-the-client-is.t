# SPDX-License-Identifier: BSD-2-Clause
# Certificates of clients: who they are, whose word that is, and 421.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Certs;
use Client qw(ask field fields get request);
use Portico;
use Tls qw(ask_tls get_tls);

my $b = Backend->new('echo');
my $at = $b->address;
my $ca = Certs->new;
my $clients = Certs->new(name => 'Clients');
my $cert = $ca->leaf(names => [ 'a.test', '*.w.test' ]);
my $other = $ca->leaf(names => [ 'b.test' ]);
my $alice = $clients->leaf(names => [ 'alice' ], client => 1, cn => 'Alice');
my $mallory = Certs->new->leaf(names => [ 'alice' ], client => 1,
    cn => 'Alice');
my $clients_file = $clients->file;
my $p = Portico->start(qq{
listeners = {
    may = { address = "\@may\@"; tls = { certificates =
	[ "$cert", "$other" ]; client_ca = "$clients_file";
	verify_client = "optional"; }; };
    must = { address = "\@must\@"; tls = { certificates = "$cert";
	client_ca = "$clients_file"; verify_client = "require"; }; };
    strict = { address = "\@strict\@"; tls = { certificates =
	[ "$cert", "$other" ]; strict_sni = true; }; };
    https = { address = "\@https\@"; tls = "$cert"; };
    http = { address = "\@http\@"; };
    trusting = { address = "\@trusting\@"; trusted_proxies = "127.0.0.1"; };
};
pools = { app = { backends = "$at"; }; };
sites = { a = { hosts = "*"; routes = (
    { path = "/edited"; pool = "app"; headers = { request = {
	remove = "X-SSL-Client-Subject";
	set = { X-SSL-Client-Verify = "edited"; }; }; }; },
    { path = "/inside"; headers = { X-SSL-Client-Verify = "SUCCESS"; };
	respond = { body = "secret"; }; },
    { pool = "app"; } ); }; };
});
my @plain = map { $p->address($_) } qw(http trusting);
my %tls = map { $_ => $p->address($_) } qw(may must strict https);

# All that a backend is told about certificates.
sub identity
{
	my ($r) = @_;
	my $seen = echoed($r);

	return { map { $_ => join '|', fields($seen, $_) }
	    grep { /^(?:x-ssl-|x_ssl|client-cert)/ }
	    keys %{ $seen->{fields} } };
}

my @forged = map { "$_: forged" } qw(X-SSL-Client-Verify x-ssl-client-subject
    X-SSL-Anything X-SSL- Client-Cert CLIENT-CERT-CHAIN X_SSL_CLIENT_VERIFY);

# ---- Nobody may say it of himself ----

for my $address (@plain) {
	is_deeply identity(get($address, '/', @forged)), {},
	    'nothing of a client goes on, also where it is trusted';
	is get($address, '/inside', @forged, 'X-SSL-Client-Verify: SUCCESS')
	    ->{body} =~ /secret/ ? 1 : 0, 0, 'no condition sees it';
}
is_deeply identity(get_tls($tls{https}, '/', fields => \@forged)), {},
    'nor by TLS';
is_deeply identity(ask($plain[0], request('GET /', [ 'Connection: ' .
    'X-SSL-Client-Verify', @forged ]))), {}, 'nor named by Connection';
my $r = ask($plain[0], "POST / HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\n" .
    "Transfer-Encoding: chunked\r\nTrailer: X-SSL-Client-Verify\r\n\r\n" .
    "1\r\nx\r\n0\r\nX-SSL-Client-Verify: SUCCESS\r\nClient-Cert: x\r\n" .
    "X-Fine: y\r\n\r\n");
unlike $r->{body}, qr/SUCCESS|^Client-Cert/m, 'nor in trailers';

# ---- What the gate has seen ----

for my $version (qw(1.2 1.3)) {
	my @of = (version => $version);
	is_deeply identity(get_tls($tls{may}, '/', @of,
	    fields => \@forged)), { 'x-ssl-client-verify' => 'NONE' },
	    "$version: who has none";
	for my $at (@tls{qw(may must)}) {
		my $who = identity(get_tls($at, '/', @of, cert => $alice,
		    fields => \@forged));
		is $who->{'x-ssl-client-verify'}, 'SUCCESS', 'who has one';
		like $who->{'x-ssl-client-subject'}, qr/\bCN=Alice$/, 'whose';
		like $who->{'x-ssl-client-issuer'}, qr/\bCN=Clients$/,
		    'by whom';
		like $who->{'client-cert'}, qr/^:[\w+\/]+=*:$/, 'all of it';
		like $who->{'x-ssl-client-fingerprint'}, qr/^[0-9a-f]{64}$/,
		    'and its fingerprint';
		unlike join(' ', values %$who), qr/forged/,
		    'nothing of the client';
	}
	my $c = Tls->new($tls{must}, @of);
	ok !$c || do { $c->send(request('GET /')); !$c->final },
	    'who must have one and has none is out';
	$c = Tls->new($tls{must}, @of, cert => $mallory);
	ok !$c || do { $c->send(request('GET /')); !$c->final },
	    'nor does one help that somebody else has signed';
}
is_deeply identity(get_tls($tls{may}, '/', cert => $mallory)),
    { 'x-ssl-client-verify' => 'FAILED' },
    'where it is optional, nothing is told of one that is not good';
my $who = identity(get_tls($tls{may}, '/edited', cert => $alice));
is $who->{'x-ssl-client-verify'}, 'edited', 'a route has the last word';
is $who->{'x-ssl-client-subject'}, undef, 'also to take it out';
is get_tls($tls{may}, '/inside', fields => [
    'X-SSL-Client-Verify: SUCCESS' ])->{body} =~ /secret/ ? 1 : 0, 0,
    'a condition sees no claim';

# several requests, and a body, on one connection
my $c = Tls->new($tls{may}, cert => $alice);
for (1 .. 3) {
	$c->send(request("POST /$_", \@forged, 'x' x 50_000));
	my $seen = identity($c->final);
	is $seen->{'x-ssl-client-verify'}, 'SUCCESS', "request $_";
}
$c->close;

# ---- A host that the connection is not for ----

sub host_status
{
	my ($listener, $sni, $host, @more) = @_;

	return ask_tls($tls{$listener}, request('GET /', [ "Host: $host" ]),
	    name => $sni, @more)->{status};
}

for my $listener (qw(may strict)) {
	for ([ 'a.test', 'a.test', 200 ], [ 'a.test', 'A.TEST:443', 200 ],
	    [ 'a.test', 'x.w.test', 200 ], [ 'x.w.test', 'a.test', 200 ],
	    [ 'a.test', 'b.test', 421 ], [ 'b.test', 'a.test', 421 ],
	    [ 'b.test', 'b.test', 200 ], [ 'a.test', 'w.test', 421 ],
	    [ 'a.test', 'x.y.w.test', 421 ], [ 'a.test', 'c.test', 421 ],
	    [ 'a.test', '127.0.0.1', 421 ]) {
		my ($sni, $host, $status) = @$_;
		is host_status($listener, $sni, $host), $status,
		    "$listener: $host, where $sni was asked for: $status";
	}
}
is host_status('may', '', 'a.test'), 200, 'without a name: the first one';
is host_status('may', '', 'b.test'), 421, 'and no other';
is host_status('https', 'a.test', 'b.test'), 200,
    'who is not strict does not ask';
ok $p->logged(qr/answered 421: the host is not one that this TLS/),
    'the log says why';
ok !Tls->new($tls{strict}, name => 'c.test'),
    'strict_sni: a name that is not there';
ok !Tls->new($tls{strict}, name => ''), 'nor no name';

# after 421 the connection goes on
$c = Tls->new($tls{strict});
$c->send(request('GET /', [ 'Host: b.test' ]) . request('GET /'));
is $c->final->{status}, 421, 'one is refused';
is $c->final->{status}, 200, 'the next is not';
done_testing;
