# SPDX-License-Identifier: BSD-2-Clause
# Requests go to https backends over connections that are kept and shared.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::MD5 qw(md5_hex);
use Test::More;
use Backend qw(chunked echoed plain);
use Certs;
use Client qw(ask field get request until_true);
use Portico qw(need_program one_backend);
use Served;
use TlsBackend;
use Tunnel qw(accept_tunnel open_tunnel pump);

my $ca = Certs->new;
my $leaf = $ca->leaf(names => [ 'shop.test' ]);
my $rsa = $ca->leaf(names => [ 'shop.test' ], key => 'rsa');
my $tls = sprintf 'tls = { ca = "%s"; name = "shop.test"; };', $ca->file;
my $long = join '', map { pack 'N', $_ * 2654435761 & 0xffffffff }
    1 .. 250_000;

sub answer
{
	my ($c) = @_;

	while (defined(my $r = $c->request)) {
		$c->send($r =~ m{^GET /long } ? plain($long) :
		    $r =~ m{^GET /chunked } ? chunked(unpack '(a70000)*',
			$long) : $r =~ m{^HEAD } ? plain(\"abc") :
		    plain(md5_hex($c->{body}))) or return;
	}
	return;
}

sub portico
{
	my ($address, %more) = @_;

	return Portico->start(one_backend("https://$address", pool =>
	    $tls . ($more{pool} // ''), %more));
}

for my $version ('1.2', '1.3') {
	my $b = TlsBackend->new(\&answer, cert => $version eq '1.2' ? $rsa :
	    $leaf, version => $version);
	my $p = portico($b->address);
	my $at = $p->address('http');

	is get($at, "/$_")->{body}, md5_hex(''), "$version: GET $_"
	    for 1 .. 5;
	is ask($at, request('POST /p', [], $long))->{body}, md5_hex($long),
	    "$version: 1 MB up";
	is md5_hex(get($at, '/long')->{body}), md5_hex($long),
	    "$version: 1 MB down";
	is md5_hex(get($at, '/chunked')->{body}), md5_hex($long),
	    "$version: in chunks";
	is ask($at, request('PUT /p', [ 'Transfer-Encoding: chunked' ],
	    join '', map { sprintf "%x\r\n%s\r\n", length, $_ }
	    unpack('(a99999)*', $long), ''))->{body}, md5_hex($long),
	    "$version: chunks up";
	my $c = Client->new($at);
	$c->send(request("HEAD /$_") . request("GET /$_")) for 1 .. 3;
	is join(' ', map { $c->final(head_only => $_ % 2)->{status} }
	    1 .. 6), '200 200 200 200 200 200', "$version: pipelined";
	like $_, qr/^TLSv$version shop\.test /, "$version: $_"
	    for $b->handshakes;
	is scalar(() = $b->handshakes), 1, "$version: one connection for all";
	is $p->quit, 0, "$version: QUIT";
	is +($p->sums)[1], undef, "$version: nothing is left open";
}

# Ends: an answer that the end delimits, with close_notify and without.
my $ending = TlsBackend->new(sub {
	my ($c) = @_;
	my $r = $c->request // return;

	$c->send("HTTP/1.1 200 OK\r\n\r\nall of it");
	$r =~ /cut/ ? $c->sever : $c->end;
}, cert => $leaf);
my $p = portico($ending->address);
my $at = $p->address('http');
is get($at, '/whole')->{body}, 'all of it', 'close_notify is the end';
my $cut = get($at, '/cut');
ok $cut->{broken} || $cut->{status} == 502, # nothing of it had gone on yet
    'without it the answer was cut';
ok $p->logged(qr/closed in the middle of its response/), 'and that is told';

my $tunnels = TlsBackend->new(sub {
	my ($c) = @_;
	accept_tunnel($c) // return;
	while ($c->{in} ne '' || $c->more) {
		$c->send(delete $c->{in}) or return;
		$c->{in} = '';
	}
}, cert => $leaf);
$p = portico($tunnels->address);
my ($c, $r) = open_tunnel($p->address('http'), '/ws');
is $r->{status}, 101, 'a websocket';
my $same = 1;
for my $n (1 .. 40) {
	my $said = substr $long, $n * 1000, $n * 997;

	$c->send($said);
	$same &&= $c->take(length $said) eq $said;
}
ok $same, 'bytes go to and fro in it';
$c->close;
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';

for my $kind ('nginx', 'apache2') {
	my $s = Served->new($kind, $kind, cert => $rsa);
	my $p = portico($s->address);
	my $at = $p->address('http');
	my $wrong = 0;

	for my $file (glob Served::tree() . '/b/*/*') {
		my ($path) = $file =~ m{(/b/.*)};
		my $r = get($at, $path);
		$wrong++ if $r->{body} ne Portico::slurp($file)
		    || field($r, 'X-Backend') ne $kind;
	}
	is $wrong, 0, "$kind: $Served::FILES files";
	is $p->quit, 0, "$kind: QUIT";
	is +($p->sums)[1], undef, "$kind: nothing is left open";
}

my $port = Portico::free_port();
need_program('openssl');
my $pid = fork // die "fork: $!";
if ($pid == 0) {
	open STDOUT, '>', '/dev/null';
	open STDIN, '<', '/dev/null';
	open STDERR, '>', '/dev/null';
	exec 'openssl', 's_server', '-www', '-accept', "127.0.0.1:$port",
	    '-cert', $leaf, '-key', $leaf or POSIX::_exit(127);
}
until_true(sub { eval { Client->new("127.0.0.1:$port")->close; 1 } }, 5);
$p = portico("127.0.0.1:$port");
like get($p->address('http'), '/')->{body}, qr/Ciphers supported/,
    'openssl s_server';
is $p->quit, 0, 'QUIT';
kill 'KILL', $pid;
waitpid $pid, 0;
done_testing;
