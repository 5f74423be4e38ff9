# SPDX-License-Identifier: BSD-2-Clause
# Of many who ask for the same one fetches, and the others have it from there.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Cached qw(cached response stored together times);
use Client qw(field get request until_true);
use Time::HiRes qw(sleep time);
use Backend;

my $max = 'Cache-Control: max-age=60';
my $big = join '', map { sprintf "%08d", $_ } 1 .. 60_000;
my ($begin, $failures) = (0, 0);
my $b = Backend->new({
	'/slow' => sub { my ($c) = @_; sleep 0.5;
	    $c->send(response(200, 'slowly', $max)) },
	'/drip' => sub { my ($c) = @_;
	    $c->send("HTTP/1.1 200 OK\r\n$max\r\nContent-Length: " .
	    length($big) . "\r\n\r\n") && $c->drip($big, 24_000, 0.05) },
	'/chunks' => sub { my ($c) = @_;
	    $c->send("HTTP/1.1 200 OK\r\n$max\r\nTransfer-Encoding: chunked" .
	    "\r\n\r\n") && $c->drip("1000\r\n" . 'z' x 4096 . "\r\n", 1000,
	    0.05) && $c->send("0\r\n\r\n") },
	'/private' => sub { my ($c) = @_; sleep 0.4;
	    $c->send(response(200, 'yours', 'Cache-Control: private')) },
	(map { $_ => sub { my ($c) = @_; sleep 0.3;
	    $c->send(response(200, 'yours alone', $max)) } } '/own', '/own?1'),
	'/shared' => response(200, 'for all', "$max, public"),
	'/broken' => sub { my ($c) = @_; sleep 0.3; 0 },
	'/stuck' => sub { my ($c) = @_; sleep 3;
	    $c->send(response(200, 'at last', $max)) },
	'/vary' => sub { my ($c, $r) = @_; sleep 0.2;
	    my ($l) = $r =~ /^Accept-Language: (\w+)/m;
	    $c->send(response(200, "in $l", $max, 'Vary: Accept-Language')) },
});
my $p = cached($b, cache => 'collapse = "1s";',
    pool => 'retry = { attempts = 1; }; passive = false;');
my $at = $p->address('http');

sub all_get
{
	my ($target, $n, $body) = @_;
	my @r = together($at, $n, request("GET $target"));

	is scalar(grep { $_->{status} == 200 && $_->{body} eq $body } @r), $n,
	    "$target: all $n get it whole";
	return @r;
}

all_get('/slow', 50, 'slowly');
is times($b, '/slow'), 1, '/slow: one fetch';
my $since = time;
all_get('/drip', 30, $big);
is times($b, '/drip'), 1, '/drip: one fetch';
cmp_ok time - $since, '<', 4, '/drip: they stream along';
all_get('/chunks', 20, 'z' x 4096);
is times($b, '/chunks'), 1, '/chunks: one fetch';

$since = time;
all_get('/private', 20, 'yours');
cmp_ok time - $since, '<', 2, '/private: they do not stand in line';
$since = time;
all_get('/private', 20, 'yours');
cmp_ok time - $since, '<', 1, '/private: and the next ones do not wait';
is times($b, '/private'), 40, '/private: each is fetched';

my @r = together($at, 4, request('GET /broken'));
is scalar(grep { $_->{status} == 502 } @r), 4, '/broken: 502 for all';
$since = time;
all_get('/stuck', 3, 'at last');
cmp_ok time - $since, '<', 4.9, '/stuck: beyond `collapse` they go alone';
is times($b, '/stuck'), 3, '/stuck: and fetch for themselves';
ok stored(get($at, '/stuck')), '/stuck: what the first fetched is there';

my @c = map { my $l = $_; map { my $c = Client->new($at);
    $c->send(request('GET /vary', [ "Accept-Language: $l" ])); [ $l, $c ] }
    1 .. 5 } qw(de en fr);
@r = map { [ $_->[0], $_->[1]->final ] } @c;
is scalar(grep { $_->[1]{body} eq "in $_->[0]" } @r), 15,
    '/vary: each gets its own';
ok stored(get($at, '/vary', "Accept-Language: $_")), "/vary: $_ is there"
    for qw(de en fr);

# what is one client's own is not waited for, nor is it what a part is cut from
$since = time;
@r = together($at, 20, request('GET /own', [ 'Authorization: Basic eDp5' ]));
is scalar(grep { $_->{body} eq 'yours alone' } @r), 20, '/own: all get it';
cmp_ok time - $since, '<', 2, '/own: side by side';
is times($b, '/own'), 20, '/own: each from the backend';
get($at, '/own?1', 'Authorization: Basic eDp5', 'Range: bytes=0-4');
cmp_ok times($b, '/own?1'), '<=', 2, '/own: a part is not asked for again '
    . 'and again';
get($at, '/shared', 'Authorization: Basic eDp5');
ok stored(get($at, '/shared')), '/shared: what is for all is stored';
is $p->quit, 0, 'QUIT';
is_deeply [ ($p->sums)[1 .. 9] ], [ (undef) x 9 ], 'nothing is left';
done_testing;
