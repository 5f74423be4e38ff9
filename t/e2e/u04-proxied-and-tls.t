# SPDX-License-Identifier: BSD-2-Clause
# PROXY headers before handshakes: of clients, and to https backends.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed plain);
use Certs;
use Client qw(request field until_true);
use Portico;
use Proxied qw(proxy_v1 proxy_v2 proxy_local);
use Served;
use Tls;
use TlsBackend;

# nginx, which takes nothing without a header.
package Behind;
our @ISA = ('Served');

sub nginx_text
{
	my ($self) = @_;
	my $text = $self->SUPER::nginx_text;

	$text =~ s/listen ([^;]+);/listen $1 proxy_protocol;/;
	$text =~ s/(location \/u)/location = \/who { return 200
	    "\$proxy_protocol_addr \$proxy_protocol_port"; }\n$1/;
	return $text;
}

package main;

my $ca = Certs->new;
my $cert = $ca->leaf(names => [ 'a.test' ]);
my $echo = Backend->new('echo');
my $tls = TlsBackend->new('echo', cert => $cert, proxy => 1);
my $checked = TlsBackend->new(plain('fine'), cert => $cert, proxy => 1);
my $nginx = eval { Behind->new('nginx', 'behind', cert => $cert) };
my $verify = 'tls = { ca = "' . $ca->file . '"; name = "a.test"; };';
my $p = Portico->start(qq{
listeners = {
	https = { address = "\@https\@"; proxy_protocol = [ "127.0.0.2/32" ];
	    timeouts = { header = "1s"; };
	    tls = { certificates = "$cert"; }; };
	trusting = { address = "\@trusting\@";
	    trusted_proxies = [ "127.0.0.0/8" ]; };
};
pools = {
	echo = { backends = [ "@{[ $echo->address ]}" ]; };
	tls = { backends = [ "https://@{[ $tls->address ]}" ]; $verify
	    proxy_protocol = 1; };
	checked = { backends = [ "https://@{[ $checked->address ]}" ]; $verify
	    proxy_protocol = 1; health = { path = "/health";
	    interval = "100ms"; }; };
	nginx = { backends = [ "https://@{[ $nginx ? $nginx->address :
	    '127.0.0.1:1' ]}" ]; $verify proxy_protocol = 2; };
};
sites = { x = { hosts = "*"; routes = (
	{ path = "/tls"; strip_prefix = "/tls"; pool = "tls"; },
	{ path = "/checked"; pool = "checked"; },
	{ path = "/nginx"; strip_prefix = "/nginx"; pool = "nginx"; },
	{ pool = "echo"; } ); }; };
access_log = { to = "\@dir\@/access.log"; format = "combined"; };
}, listeners => []);
my $at = $p->address('https');

# A gate reads it before the handshake.
sub told
{
	my ($before, %opt) = @_;
	my $c = Tls->new($at, from => '127.0.0.2', before => $before,
	    ca => $ca->file, %opt) or return "no handshake";
	my @said;

	for (1, 2) {
		$c->send(request('GET /'));
		my $r = $c->response or return 'closed';
		push @said, field(echoed($r), 'X-Forwarded-For');
	}
	return join ' ', @said;
}

my $who = '198.51.100.7';
for my $version ('1.2', '1.3') {
	is told(proxy_v1($who, 1, '192.0.2.1', 2), version => $version),
	    "$who $who", "version 1 before TLS $version";
	is told(proxy_v2($who, 1, '192.0.2.1', 2), version => $version),
	    "$who $who", "version 2 before TLS $version";
}
is told(proxy_v1('2001:db8::7', 1, '2001:db8::8', 2)),
    '2001:db8::7 2001:db8::7', 'IPv6';
is told(proxy_local()), '127.0.0.2 127.0.0.2', 'LOCAL';
is told(proxy_v2($who, 1, '192.0.2.1', 2, tlvs => [ [ 4, 'x' x 1900 ] ])),
    "$who $who", 'with much behind the addresses';
is told(undef), 'no handshake', 'none from who must send one';
is told('', from => '127.0.0.1'), '127.0.0.1 127.0.0.1',
    'none from who need not';
is told(proxy_v1($who, 1, '192.0.2.1', 2), from => '127.0.0.1'),
    'no handshake', 'one from who may not';
ok until_true(sub { join('', $p->access_lines(1)) =~ /^\Q$who\E /m }),
    'the log has whom it names';

# An https backend has it before the ClientHello.
sub ask_for
{
	my ($target, @fields) = @_;
	my $c = Client->new($p->address('trusting'));
	my $port = $c->{socket}->sockport;

	$c->send(request("GET $target", \@fields));
	return ($c->response // { status => 0 }, $port);
}

my $to = $p->port('trusting');
my @ports;
for (1 .. 3) {
	my ($r, $port) = ask_for('/tls/x');

	is $r->{status}, 200, 'answered';
	push @ports, $port;
}
is_deeply [ map { /(\S+)$/ } $tls->handshakes ],
    [ map "PROXY_TCP4_127.0.0.1_127.0.0.1_${_}_$to", @ports ],
    'each request has a connection, and a header with its client';
is((ask_for('/tls/x', 'X-Forwarded-For: 203.0.113.9'))[0]{status}, 200,
    'a client that is named');
like +($tls->handshakes)[-1], qr/PROXY_TCP4_203\.0\.113\.9_127\.0\.0\.1_0_/,
    'is in the header';
is((ask_for('/checked'))[0]{status}, 200, 'checks do not take it down');
ok until_true(sub { grep { /PROXY_UNKNOWN$/ } $checked->handshakes }, 5),
    'they say UNKNOWN';

SKIP: {
	skip 'no nginx', 1 if !$nginx;
	my ($r, $port) = ask_for('/nginx/who');
	is $r->{body}, "127.0.0.1 $port", 'nginx reads version 2';
}
is $p->quit, 0, 'QUIT ends it';
done_testing;
