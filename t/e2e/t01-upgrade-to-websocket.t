# SPDX-License-Identifier: BSD-2-Clause
# An upgrade to websocket is asked for, and 101 makes a tunnel (RFC 6455, 4).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain parsed);
use Client qw(ask get request field fields);
use Portico qw(one_site);
use Tunnel qw(switching open_tunnel);

my $accept = 'Sec-WebSocket-Accept: x3JJHMbDL1EzLkh9GBhXDw==';
my %answers = (
	'/ws' => switching($accept, 'Sec-WebSocket-Protocol: chat',
	    'X-Secret: 1', 'Server: a/1', 'X-End: 2') . 'hello',
	'/hop' => "HTTP/1.1 101 Yes\r\nConnection: X-Hop, upgrade\r\n" .
	    "upgrade: WebSocket\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n\r\nhello",
	'/early' => "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" .
	    switching() . 'hello',
);
my $b = Backend->new(sub {
	while (defined(my $r = $_[0]->request)) {
		my ($target) = $r =~ /^\S+ (\S+)/;

		if (!$answers{$target} || $r !~ /^Upgrade: websocket\r/mi) {
			$_[0]->send(plain('no 101')) or return;
			next;
		}
		$_[0]->send($answers{$target});
		$_[0]->more until $_[0]{in} =~ /bye/;
		return;
	}
});
my %bad = (none => "HTTP/1.1 101 X\r\n\r\n", other => switching() =~
    s/websocket/h2c/r, length => switching('Content-Length: 5') . 'hello',
    chunked => switching('Transfer-Encoding: chunked') . "0\r\n\r\n");
my $bad = Backend->new({ map { ("/bad-$_" => $bad{$_}) } keys %bad });
my $plain = Backend->new({
	'/200' => plain('no'), '/next' => plain('next'),
	'/403' => "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
	'/426' => "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n" .
	    "Connection: Upgrade\r\nContent-Length: 2\r\n\r\nno",
});
my $p = Portico->start(one_site('
    { path_re = "^/bad"; pool = "bad"; }, { path_re = "^/[0-9n]";
      pool = "plain"; },
    { path = "/off"; websocket = false; pool = "app"; }, { pool = "app"; }',
    site => 'hide = [ "X-Secret", "Server" ];', pools => {
    app => $b->address, bad => [ $bad->address,
    'retry = { attempts = 1; };' ], plain => $plain->address }));
my $at = $p->address('http');

my ($c, $r) = open_tunnel($at, '/ws?a=b', fields => [ 'Origin: http://a.test',
    'Sec-WebSocket-Protocol: chat, more', 'Cookie: a=b', 'X-Hop: 1' ]);
is $r && $r->{status}, 200, 'another target: no 101';
$b->clear;
($c, $r) = open_tunnel($at, '/ws', fields => [ 'Origin: http://a.test',
    'Sec-WebSocket-Protocol: chat, more', 'Cookie: a=b' ]);
is $r && $r->{status}, 101, 'GET with an upgrade: 101';
is lc(join ',', fields($r, 'Connection')), 'upgrade', 'Connection: Upgrade';
is lc(join ',', fields($r, 'Upgrade')), 'websocket', 'Upgrade: websocket';
is field($r, 'Sec-WebSocket-Protocol'), 'chat', 'and the fields of';
is "Sec-WebSocket-Accept: " . (field($r, 'Sec-WebSocket-Accept') // ''),
    $accept, 'the handshake';
is field($r, $_), undef, "but no $_" for qw(X-Secret Server Content-Length
    Transfer-Encoding);
is field($r, 'X-End'), 2, 'and others';
is $c->take(5), 'hello', 'bytes that came with the 101';
my $seen = parsed(($b->requests)[0]);
is lc(join ',', fields($seen, 'Connection')), 'upgrade',
    'the backend was asked with Connection: Upgrade';
is lc(join ',', fields($seen, 'Upgrade')), 'websocket', 'and Upgrade';
is field($seen, 'Sec-WebSocket-Key'), 'dGVzdA==', 'and with the key';
is field($seen, 'Sec-WebSocket-Version'), 13, 'version';
is field($seen, 'Sec-WebSocket-Protocol'), 'chat, more', 'protocols';
is field($seen, 'Origin'), 'http://a.test', 'origin';
is field($seen, 'Cookie'), 'a=b', 'and cookie';
is field($seen, 'X-Forwarded-For'), '127.0.0.1', 'and who asks';
$c->send('bye');
is $c->ending(5), 'closed', 'the backend ends it';

($c, $r) = open_tunnel($at, '/ws', bytes => 'with the head, bye');
is $r && $r->{status}, 101, 'bytes behind the request: 101';
is $c->take(5), 'hello', 'what the backend says';
is $c->ending(5), 'closed', 'and it has read them';
ok scalar(grep /with the head, bye$/, $b->received), 'as they were';

($c, $r) = open_tunnel($at, '/hop');
is $r && $r->{status}, 101, 'tokens in other letters';
is lc(join ',', fields($r, 'Connection')), 'upgrade', 'Connection is ours';
is field($r, $_), undef, "$_ stays there" for qw(X-Hop Keep-Alive);
($c, $r) = open_tunnel($at, '/early');
is $r && $r->{status}, 101, '103 before the 101';
is $c->take(5), 'hello', 'and the tunnel';
for my $fields ([ 'Connection: keep-alive, upgrade', 'Upgrade: WebSocket' ],
    [ 'Connection: Upgrade', 'Upgrade: h2c, websocket' ]) {
	my $c = Client->new($at);

	$b->clear;
	$c->send(request('GET /ws', $fields));
	my $r = $c->final_or_101;
	is $r && $r->{status}, 101, "@$fields";
	my ($head) = parsed(($b->requests)[0]);
	is lc(join ',', fields($head, $_->[0])), $_->[1], "sent on: $_->[1]"
	    for [ 'Connection', 'upgrade' ], [ 'Upgrade', 'websocket' ];
}

# What is no such request goes on without the two fields.
my @upgrade = ('Connection: Upgrade', 'Upgrade: websocket');
for (
    [ 'websocket = false', request('GET /off', \@upgrade) ],
    [ 'POST', request('POST /ws', \@upgrade, 'x') ],
    [ 'HEAD', request('HEAD /ws', \@upgrade) ],
    [ 'a body', request('GET /ws', \@upgrade, 'hello') ],
    [ 'chunks', request('GET /ws', [ @upgrade, 'Transfer-Encoding: chunked' ],
	"5\r\nhello\r\n0\r\n\r\n") ],
    [ 'HTTP/1.0', request('GET /ws', \@upgrade) =~ s/1\.1/1.0/r ],
    [ 'not named in Connection', request('GET /ws', [ $upgrade[1] ]) ],
    [ 'Connection alone', request('GET /ws', [ $upgrade[0] ]) ],
    [ 'h2c', request('GET /ws', [ 'Connection: Upgrade, HTTP2-Settings',
	'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAA' ]) ],
    [ 'websockets', request('GET /ws', [ $upgrade[0],
	'Upgrade: websockets' ]) ]) {
	my ($name, $bytes) = @$_;

	$b->clear;
	my $r = ask($at, $bytes);
	is $r->{status}, 200, "$name: an ordinary answer";
	my $seen = parsed(($b->requests)[0] // '');
	is field($seen, 'Upgrade'), undef, 'no Upgrade is sent on';
	unlike field($seen, 'Connection') // '', qr/upgrade|http2/i,
	    'nor named';
	is field($seen, 'HTTP2-Settings'), undef, 'nor others of it';
}

for my $name (sort keys %bad) {
	my ($c, $r) = open_tunnel($at, "/bad-$name");
	my $lawful = $name =~ /length|chunked/; # the fields are dropped

	like $r && $r->{status}, $lawful ? qr/^(?:101|502)$/ : qr/^502$/,
	    "a 101 that is not right: $name";
	is field($r, $_), undef, "no $_ in it" for $r->{status} == 101 ?
	    qw(Content-Length Transfer-Encoding) : ();
}
is get($at, '/bad-none')->{status}, 502, 'a 101 that nobody asked for';

for my $status (200, 403, 426) {
	my ($c, $r) = open_tunnel($at, "/$status",
	    bytes => request('GET /next'));

	is $r && "$r->{status} $r->{body}", "$status no",
	    "$status instead of 101";
	$r = $c->final;
	is $r && $r->{body}, 'next', 'the connection is one of HTTP';
	$c->send(request('GET /next'));
	$r = $c->final;
	is $r && $r->{body}, 'next', 'and stays it';
}
done_testing;
