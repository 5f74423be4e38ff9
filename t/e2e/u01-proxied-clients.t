# SPDX-License-Identifier: BSD-2-Clause
# A PROXY header says who the client is; who has to send one must.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use Backend qw(echoed);
use Client qw(request field until_true);
use Portico;
use Proxied qw(proxy_v1 proxy_v2 proxy_local);

my $echo = Backend->new('echo');
my $p = Portico->start(qq{
listeners = {
	all = { address = "\@all\@"; proxy_protocol = true;
	    timeouts = { header = "1s"; keepalive = "20s"; }; };
	some = { address = "\@some\@"; proxy_protocol = [ "127.0.0.2/32" ]; };
	chain = { address = "\@chain\@"; proxy_protocol = true;
	    trusted_proxies = [ "203.0.113.0/24" ]; };
	six = { address = "\@six6\@"; proxy_protocol = true; };
	sock = { address = "unix:\@dir\@/sock"; proxy_protocol = true; };
};
pools = { app = { backends = [ "@{[ $echo->address ]}" ]; }; };
sites = { x = { hosts = "*"; routes = (
	{ path = "/denied"; deny_clients = "198.51.100.0/24"; pool = "app"; },
	{ pool = "app"; } ); }; };
access_log = { to = "\@dir\@/access.log"; format = "combined"; };
}, listeners => []);
my $at = $p->address('all');
my @to = (56789, '127.0.0.1', 443);

# Who the backend is told that the client is, and the same in a second
# request of the connection.
sub told
{
	my ($where, $header, $size) = @_;
	my $c = ref $where ? $where : Client->new($where);

	$c->drip($header . request('GET /'), $size || 65536,
	    $size ? 0.001 : 0) or return 'not taken';
	my $one = $c->response or return 'closed';
	$c->send(request('GET /again'));
	my $other = $c->response or return 'closed then';
	my @said = map { field(echoed($_), 'X-Forwarded-For') // 'nothing' }
	    $one, $other;
	return $said[0] eq $said[1] ? $said[0] : "@said";
}

for ([ 'version 1', proxy_v1('198.51.100.7', @to), '198.51.100.7' ],
    [ 'version 2', proxy_v2('198.51.100.7', @to), '198.51.100.7' ],
    [ 'IPv6', proxy_v1('2001:db8::7', 1, '2001:db8::8', 2), '2001:db8::7' ],
    [ 'IPv6 in version 2', proxy_v2('2001:db8::7', 1, '2001:db8::8', 2),
	'2001:db8::7' ],
    [ 'IPv4 within IPv6', proxy_v2('::ffff:198.51.100.7', 1, '::1', 2),
	'198.51.100.7' ],
    [ 'UNKNOWN', "PROXY UNKNOWN\r\n", '127.0.0.1' ],
    [ 'LOCAL', proxy_local(), '127.0.0.1' ],
    [ 'UDP', proxy_v2('198.51.100.7', @to, transport => 2), '127.0.0.1' ],
    [ 'TLVs', proxy_v2('198.51.100.7', @to, tlvs => [ [ 1, 'h2' ],
	[ 4, 'x' x 1500 ] ]), '198.51.100.7' ]) {
	my ($what, $header, $who) = @$_;

	is told($at, $header), $who, "$what: at once";
	is told($at, $header, 1), $who, "$what: byte by byte"
	    if length $header < 200;
	is told($at, $header, 7), $who, "$what: in pieces";
}
is told($p->address('six6'), proxy_v1('198.51.100.7', @to)), '198.51.100.7',
    'IPv4 of a client, named at a listener of IPv6';

# It is the client's address everywhere.
my $c = Client->new($at);
$c->send(proxy_v1('198.51.100.7', @to) . request('GET /denied'));
is $c->response->{status}, 403, 'who is denied is denied';
$c = Client->new($at);
$c->send(proxy_v1('203.0.113.7', @to) . request('GET /denied'));
is $c->response->{status}, 200, 'and nobody else';
ok until_true(sub { join('', $p->access_lines(1)) =~
    m{^198\.51\.100\.7 .*/denied.* 403 }m }), 'the log has it';
is told($p->address('chain'), proxy_v1('198.51.100.7', @to)), '198.51.100.7',
    'trusted_proxies are asked about the client that is named';
$c = Client->new($p->address('chain'));
$c->send(proxy_v1('203.0.113.7', @to) . request('GET /', 
    [ 'Host: a.test', 'X-Forwarded-For: 192.0.2.9' ]));
is field(echoed($c->response), 'X-Forwarded-For'), '192.0.2.9, 203.0.113.7',
    'and believed if it is one of them';
my $unix = IO::Socket::UNIX->new(Peer => $p->dir . '/sock');
syswrite $unix, proxy_v1('198.51.100.7', @to) . request('GET /');
my $answer = '';
until_true(sub { sysread $unix, $answer, 65536, length $answer;
    $answer =~ /\n\n$/ });
like $answer, qr/^X-Forwarded-For: 198\.51\.100\.7$/m, 'over a unix socket';

# Only from those peers: the others' first bytes are a request.
is told(Client->new($p->address('some'), from => '127.0.0.2'),
    proxy_v1('198.51.100.7', @to)), '198.51.100.7', 'a peer of the list';
is told($p->address('some'), ''), '127.0.0.1', 'another peer sends none';
$c = Client->new($p->address('some'));
$c->send(proxy_v1('198.51.100.7', @to) . request('GET /'));
is $c->response->{status}, 400, 'or is refused: it may name nobody';

# No answer to those who send none, and a line in the log.
sub is_closed
{
	my ($bytes, $what, $why) = @_;
	my $d = Client->new($at);

	$p->clear_log;
	$d->send($bytes);
	isnt $d->ending, 'open', "$what: closed";
	is $d->raw, '', "$what: without an answer";
	ok $p->logged(qr/listener all: 127\.0\.0\.1:\d+: $why: closed/, 3),
	    "$what: the log says why";
	return;
}

my $none = 'what it sends is no PROXY header';
is_closed(request('GET /'), 'a request', $none);
is_closed("PROXY TCP4 1.2.3.4\r\n", 'half a header', $none);
is_closed("PROXY TCP4 192.0.2.1 192.0.2.1 01 2\r\n", 'a wrong port', $none);
is_closed($Proxied::SIGNATURE . "\x21\x11\0\x0b" . 'x' x 11, 'a short one',
    $none);
is_closed($Proxied::SIGNATURE . "\x21\x11\xff\xff", 'a long one', $none);
is_closed("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 'TLS', $none);
my $since = time;
is_closed('PROXY TCP4 192.0.2', 'one that does not end',
    'no PROXY header in time');
is_closed('', 'nothing', 'no PROXY header in time');
cmp_ok time - $since, '<', 8, 'in the time of heads';

# Requests come with it, and after a while.
$c = Client->new($at);
$c->send(proxy_v2('198.51.100.7', @to));
select undef, undef, undef, 0.3;
$c->send(request('GET /'));
is field(echoed($c->response), 'X-Forwarded-For'), '198.51.100.7',
    'the request comes later';
$c = Client->new($at);
$c->send(proxy_v2('198.51.100.7', @to) . request('GET /one') . request('GET /two'));
is echoed($c->response)->{target}, $_, "pipelined behind it: $_"
    for '/one', '/two';
$c = Client->new($at);
$c->send(proxy_v2('198.51.100.7', @to) . proxy_v2('198.51.100.8', @to) .
    request('GET /'));
is $c->response->{status}, 400, 'a second header is no request';
is $p->quit, 0, 'QUIT ends it';
done_testing;
