# SPDX-License-Identifier: BSD-2-Clause
# Fields of one connection do not travel to the next, in either direction.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain echoed);
use Client qw(get request field);
use Portico qw(one_backend);

my $echo = Backend->new('echo');
my $p = Portico->start(one_backend($echo->address));
my $at = $p->address('http');

my $seen = echoed(get($at, '/', 'Connection: keep-alive, X-Hop , x-hop2,,',
    'X-Hop: 1', 'X-Hop2: 2', 'X-End: 3', 'Keep-Alive: timeout=9',
    'Proxy-Connection: keep-alive', 'TE: trailers, deflate;q=0.5',
    'Upgrade: h2c', 'Trailer: X-T', 'HTTP2-Settings: AAMAAABkAAQAoAAA'));
is field($seen, $_), undef, "$_ stays here" for qw(X-Hop X-Hop2 Keep-Alive
    Proxy-Connection Upgrade);
unlike field($seen, 'TE') // '', qr/deflate/, 'TE names trailers at most';
is field($seen, 'X-End'), 3, 'other fields go on';
unlike field($seen, 'Connection') // '', qr/hop|upgrade/i, 'Connection is ours';

$seen = echoed(get($at, '/', 'Connection: close, Host, Authorization, ' .
    'Cookie, X-Forwarded-For, Content-Length', 'Authorization: x',
    'Cookie: y'));
is field($seen, 'Host'), 'a.test', 'Connection cannot take Host away';
is field($seen, 'Authorization'), 'x', 'nor Authorization';
is field($seen, 'Cookie'), 'y', 'nor Cookie';
ok field($seen, 'X-Forwarded-For'), 'nor X-Forwarded-For';

$seen = echoed(get($at, '/', 'Connection: one', 'Connection: two', 'One: 1',
    'Two: 2', 'Upgrade: websocket'));
is field($seen, 'One'), undef, 'all Connection fields count';
is field($seen, 'Two'), undef, 'the second too';

my $r = Client::ask($at, request('POST /', [ 'Connection: Content-Length' ],
    'hello'));
is echoed($r)->{body}, 'hello', 'nor can it take framing away';
$r = Client::ask($at, request('POST /', [ 'Connection: Transfer-Encoding',
    'Transfer-Encoding: chunked' ], "5\r\nhello\r\n0\r\n\r\n"));
is echoed($r)->{body}, 'hello', 'chunked neither';

my $b = Backend->new({
	'/hop' => plain('hello', 'Connection: X-Hop, keep-alive',
	    'X-Hop: 1', 'X-End: 2', 'Keep-Alive: timeout=5, max=7',
	    'Proxy-Connection: keep-alive', 'Upgrade: h2c', 'Trailer: X',
	    'Proxy-Authenticate: x'),
	'/close' => plain('hello', 'Connection: close'),
	'/framing' => plain('hello', 'Connection: Content-Length, Date'),
});
my $q = Portico->start(one_backend($b->address));
my $c = Client->new($q->address('http'));

$c->send(request('GET /hop'));
$r = $c->final;
is $r->{body}, 'hello', 'an answer with hop-by-hop fields';
is field($r, $_), undef, "$_ stays there" for qw(X-Hop Keep-Alive
    Proxy-Connection Upgrade);
is field($r, 'X-End'), 2, 'other fields go on';
unlike field($r, 'Connection') // '', qr/hop/i, 'Connection is ours';

$c->send(request('GET /close'));
$r = $c->final;
is $r->{body}, 'hello', 'the backend closes';
unlike field($r, 'Connection') // '', qr/close/i, 'that is not our client\'s';
$c->send(request('GET /framing'));
$r = $c->final;
is $r && $r->{body}, 'hello', 'the client stays, framing cannot be named';
done_testing;
