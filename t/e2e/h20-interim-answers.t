# SPDX-License-Identifier: BSD-2-Clause
# Interim answers go to the client as they come, however many (RFC 9110, 15.2).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(ask get request field);
use Portico qw(one_backend one_site);

sub hint { return "HTTP/1.1 103 Early Hints\r\nLink: </$_[0]>\r\n\r\n" }

pipe my $read, my $write or die "pipe: $!";
my $dirty = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n" .
    "Connection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n" .
    "Server: Apache/2.4.99\r\nX-Secret: 1\r\nX-End: 2\r\n\r\n";
my $b = Backend->new({
	'/dirty' => $dirty . plain('dirty'),
	'/mixed' => join('', map { $_ % 2 ? hint($_) :
	    "HTTP/1.1 102 Processing\r\nX-N: $_\r\n\r\n" } 1 .. 50) .
	    plain('mixed'),
	'/100' => "HTTP/1.1 100 Continue\r\n\r\n" . hint('x') .
	    "HTTP/1.1 100 Continue\r\n\r\n" . plain('100'),
	'/unknown' => "HTTP/1.1 142 \r\nX-A: b\r\n\r\n" . plain('unknown'),
	'/1000' => hint('x') x 1000 . plain('1000'),
	'/1001' => hint('x') x 1001 . plain('1001'),
	'/101' => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n" .
	    "Connection: Upgrade\r\n\r\n" . plain('101'),
	'/drip' => sub { $_[0]->drip(hint('x') x 2 . plain('drip'), 1,
	    0.002) },
	'/now' => sub { # the answer waits until the test has seen the 103
		$_[0]->send(hint('x'));
		sysread $read, my $byte, 1;
		$_[0]->send(plain('now')) },
	'/many' => sub { $_[0]->send(hint($_)) for 1 .. 20;
		$_[0]->send(plain('many')) },
});
my $p = Portico->start(one_site('{ pool = "app"; }', site =>
    'hide = [ "Server", "X-Secret" ];', pools => { app => $b->address }));
my $at = $p->address('http');

sub statuses { return join ' ', map { $_->{status} } @{ $_[0]{interim} } }

my $r = get($at, '/dirty');
is "$r->{status} $r->{body}", '200 dirty', 'an answer after a 103';
is statuses($r), '103', 'of which the client hears';
my $hint = $r->{interim}[0] || { head => '', fields => {} };
is field($hint, 'Link'), '</a.css>', 'with its field';
is field($hint, 'X-End'), 2, 'and others';
is field($hint, $_), undef, "but not $_" for qw(X-Hop Keep-Alive Server
    X-Secret Transfer-Encoding Content-Length);
unlike field($hint, 'Connection') // '', qr/close|hop/i, 'Connection neither';
is field($r, 'Link'), undef, 'nothing is merged into the answer';
isnt field($r, 'Connection') // '', 'close', 'the connection stays';

$r = get($at, '/mixed');
is join(' ', map { field($_, 'X-N') // field($_, 'Link') =~ s/\D//gr }
    @{ $r->{interim} }), join(' ', 1 .. 50), '50 of two kinds, in order';
is $r->{body}, 'mixed', 'then the answer';
is statuses(get($at, '/100')), '103', 'a 100 that nobody waits for is ours';
is statuses(get($at, '/unknown')), '142', 'one that we do not know goes on';
is statuses(ask($at, request('HEAD /many'))), '103 ' x 19 . '103', 'HEAD';
$r = ask($at, request('POST /many', [], 'x' x 100000));
is $r->{body}, 'many', 'POST';
is statuses($r), '103 ' x 19 . '103', 'the same';
$r = get($at, '/drip');
is statuses($r) . " $r->{body}", '103 103 drip', 'byte by byte';

$r = get($at, '/1000');
is $r->{body}, '1000', 'a thousand: then the answer';
is scalar @{ $r->{interim} }, 1000, 'all passed on';
is get($at, '/1001')->{status}, 502, 'one more: 502';
$r = get($at, '/101');
is $r->{status}, 502, '101 that nobody asked for: 502';
unlike statuses($r), qr/101/, 'and no 101';

my $c = Client->new($at);
$c->send(request('GET /now') . request('GET /dirty'));
$r = $c->response(timeout => 5);
is $r && $r->{status}, 103, 'at once, not with the answer';
syswrite $write, 'x';
is $c->final->{body}, 'now', 'which comes later';
$r = $c->final;
is statuses($r) . " $r->{body}", '103 dirty', 'the next on that connection';

for my $name (qw(dirty mixed many drip)) {
	$c = Client->new($at);
	$c->send("GET /$name HTTP/1.0\r\nHost: a.test\r\n\r\n");
	$r = $c->final;
	is "$r->{status} $r->{body}", "200 $name", "HTTP/1.0, $name";
	is statuses($r), '', 'hears of none';
}

# A backend that dies after a 103 has not answered.
my $dying = Backend->new(sub { defined $_[0]->request and
    $_[0]->send(hint('dying')) });
my ($one, $two) = ($dying->address, $b->address);
my $q = Portico->start(one_backend("$one\", \"$two"));
for (1 .. 2) {
	$r = get($q->address('http'), '/many');
	is "$r->{status} $r->{body}", '200 many', 'another backend answers';
	like statuses($r), qr/^(?:103 ){19,20}103$/, 'with its hints';
}
cmp_ok $dying->connections, '>', 0, 'after one that died';
done_testing;
