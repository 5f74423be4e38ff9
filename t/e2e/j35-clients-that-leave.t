# SPDX-License-Identifier: BSD-2-Clause
# Who fetches for others and goes away is not missed; who reads slowly keeps
# nobody waiting.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Cached qw(cached response stored together times);
use Client qw(field get request until_true);
use Time::HiRes qw(sleep time);

my $max = 'Cache-Control: max-age=60';
my $text = join '', map { sprintf "%08d", $_ } 1 .. 40_000;
my $much = 'm' x 30_000_000;
my $drip = sub { my ($c) = @_; sleep 0.3;
    $c->send("HTTP/1.1 200 OK\r\n$max\r\nContent-Length: " . length($text) .
    "\r\n\r\n") && $c->drip($text, 40_000, 0.1) };
my $b = Backend->new({
	(map { ("/early$_" => $drip, "/late$_" => $drip) } 1, 2),
	'/alone' => $drip,
	'/much' => response(200, $much, $max),
	'/first' => sub { my ($c) = @_; sleep 1; $c->send("HTTP/1.1 200 OK" .
	    "\r\n$max\r\nContent-Length: 30000000\r\n\r\n");
	    $c->drip($much, 1_000_000, 0.2) },
});
my $p = cached($b, cache => 'max_object = "40M";', size => '256M',
    listener => 'timeouts = { write = "8s"; };');
my $at = $p->address('http');

# when: seconds after its request that the first client leaves
sub leave
{
	my ($target, $when, $how) = @_;
	my $first = Client->new($at);

	$first->send(request("GET $target"));
	sleep 0.05;
	my @others = map { my $c = Client->new($at);
	    $c->send(request("GET $target")); $c } 1 .. 10;
	sleep $when;
	$first->$how;
	my @r = map { $_->final // {} } @others;
	is scalar(grep { ($_->{body} // '') eq $text } @r), 10,
	    "$target: the others get it whole";
	is times($b, $target), 1, "$target: by the same fetch";
	ok stored(get($at, $target)), "$target: and it is stored";
	return;
}

leave('/early1', 0.1, 'reset');
leave('/late1', 0.6, 'reset');
leave('/late2', 0.6, 'close');

my $c = Client->new($at);
$c->send(request('GET /alone'));
$c->has_come(qr/00010000/);
$c->reset;
ok until_true(sub { stored(get($at, '/alone', 'Cache-Control: ' .
    'only-if-cached')) }, 5), 'the small rest is fetched for nobody';
is times($b, '/alone'), 1, 'without another request';

# nobody waits, and nearly all of it is still to come
$c = Client->new($at);
$c->send(request('GET /first'));
$c->has_come(qr/mmmm/);
$c->reset;
sleep 1;
is get($at, '/first', 'Cache-Control: only-if-cached')->{status}, 504,
    'much is not fetched for nobody';

# a client that reads nothing, and one that reads all
my $slow = Client->new($at, rcvbuf => 4096);
$slow->send(request('GET /much'));
sleep 0.3;
my $since = time;
my $r = get($at, '/much');
is length $r->{body}, 30_000_000, 'a slow reader: another one gets all';
cmp_ok time - $since, '<', 5, 'and at once';
is times($b, '/much'), 1, 'by the same fetch';
$slow->close;
is $p->quit, 0, 'QUIT';
is_deeply [ ($p->sums)[1 .. 9] ], [ (undef) x 9 ], 'nothing is left';
done_testing;
