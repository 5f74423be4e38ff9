# SPDX-License-Identifier: BSD-2-Clause
# A thousand clients ask for one object at once: its origin is asked once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use CacheCase qw(start_cases new_path answers asked times_asked reply fetch
    address released portico origin);
use Client qw(field request until_true);
use Crowd;

my $many = 1000;
my $p = start_cases(top => 'connections = 3000;', routes => q(
    { path = "/soon"; pool = "app"; cache = { collapse = "300ms"; }; },
    { pool = "app"; cache = true; }));
my $fresh = 'Cache-Control: max-age=3600';
my $body = join '', map { chr 33 + $_ * 7 % 90 } 1 .. 20_000;

sub crowd
{
	my ($n, $path, @fields) = @_;

	return Crowd->new(address(), $n, request("GET $path", [ @fields,
	    'Connection: close' ]));
}

# All of them had this answer.
sub all_had
{
	my ($crowd, $n, $want, $name) = @_;
	my $seen = $crowd->answers;

	is_deeply [ map { "$seen->{$_} of " . substr $_, 0, 20 }
	    sort keys %$seen ], [ "$n of " . substr $want, 0, 20 ],
	    "$name: all $n have it, whole";
	return ok exists $seen->{$want}, "$name: to the last byte";
}

# It expires while others are tested. (What is stale from the start is each
# request's own to ask for.)
my $expired = new_path();
answers($expired, reply(200, $body, 'Cache-Control: max-age=2', 'ETag: "a"'),
    [ [ 'hold', 'b' ], reply(304, '', 'ETag: "a"', $fresh) ],
    reply(200, 'third'));
fetch($expired);
my $stored = time;

# ---- nothing is stored ----

my $path = new_path();
answers($path, [ [ 'hold', 'a' ], reply(200, $body, $fresh) ],
    reply(200, 'second'));
my $crowd = crowd($many, $path);
ok until_true(sub { times_asked($path) }, 10), 'a miss: one asks';
sleep 0.3;
released('a');
all_had($crowd, $many, "200 $body", 'a miss');
is times_asked($path), 1, 'a miss: one request came';

# ---- stale, and it still holds ----

sleep 0.1 while time < $stored + 3.1;
$crowd = crowd($many, $expired);
ok until_true(sub { times_asked($expired) == 2 }, 10), 'expired: one asks';
sleep 0.3;
released('b');
all_had($crowd, $many, "200 $body", 'expired');
is times_asked($expired), 2, 'expired: one request came';
like +(asked($expired))[1], qr/^If-None-Match: "a"\r$/m, 'expired: validated';

# ---- they are given what there is while it fills ----

$path = new_path();
answers($path, [ substr(reply(200, $body, $fresh), 0, 12_000),
    [ 'hold', 'c' ], substr(reply(200, $body, $fresh), 12_000) ],
    reply(200, 'second'));
$crowd = crowd(200, $path);
is $crowd->have(sub { length $_[0] > 10_000 }), 200,
    'a length: all read what there is of it';
released('c');
all_had($crowd, 200, "200 $body", 'a length');
is times_asked($path), 1, 'a length: one request came';

# ---- without a length ----

$path = new_path();
answers($path, [ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n$fresh" .
    "\r\n\r\n2710\r\n" . substr($body, 0, 10_000) . "\r\n", [ 'hold', 'd' ],
    "2710\r\n" . substr($body, 10_000) . "\r\n0\r\n\r\n" ],
    reply(200, 'second'));
$crowd = crowd(200, $path);
ok until_true(sub { times_asked($path) }, 10), 'chunks: one asks';
sleep 0.1;
released('d');
all_had($crowd, 200, "200 $body", 'chunks');
is times_asked($path), 1, 'chunks: one request came';

# ---- what is not stored keeps nobody waiting ----

$path = new_path();
answers($path, [ [ 'pause', 0.2 ], reply(200, $body,
    'Cache-Control: no-store') ]);
my $began = time;
all_had(crowd(60, $path), 60, "200 $body", 'no-store');
my $took = time - $began;
cmp_ok $took, '<', 4, 'no-store: not one after the other';
is times_asked($path), 60, 'no-store: each has its own';
$began = time;
all_had(crowd(30, $path), 30, "200 $body", 'no-store, known');
cmp_ok time - $began, '<', 2, 'no-store: it is remembered';

# ---- who asked first leaves ----

$path = new_path();
answers($path, [ [ 'hold', 'e' ], reply(200, $body, $fresh) ],
    reply(200, $body, $fresh));
my $first = crowd(1, $path);
ok until_true(sub { times_asked($path) }, 10), 'the first one asks';
$crowd = crowd(50, $path);
sleep 0.1;
$first->leave(1);
sleep 0.1;
released('e');
all_had($crowd, 50, "200 $body", 'the first one has left');
cmp_ok times_asked($path), '<=', 2, 'and is not replaced by all';

# ---- the response breaks off ----

$path = new_path();
answers($path, [ [ 'hold', 'f' ], substr(reply(200, $body, $fresh), 0, 9000),
    [ 'pause', 0.05 ], [ 'reset' ] ], reply(200, $body, $fresh));
$crowd = crowd(50, $path);
ok until_true(sub { times_asked($path) }, 10), 'one that will break off';
sleep 0.1;
released('f');
my $seen = $crowd->answers;
my $other = grep { $_ ne "200 $body" && $_ !~ /^(?:cut$|nothing$|50[234] )/ }
    keys %$seen;
is $other, 0, 'nobody takes a part for the whole';
is fetch($path)->{body}, $body, 'it is not stored';
cmp_ok times_asked($path), '<=', 60, 'and asked for again';

# ---- it takes too long ----

$path = '/soon/a';
answers($path, [ [ 'hold', 'g' ], reply(200, 'slow', $fresh) ],
    reply(200, 'alone', $fresh));
$first = crowd(1, $path);
ok until_true(sub { times_asked($path) }, 10), 'one is slow';
$began = time;
all_had(crowd(20, $path), 20, '200 alone', 'beyond `collapse`');
cmp_ok time - $began, '<', 5, 'they go alone';
released('g');
all_had($first, 1, '200 slow', 'the slow one');

is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
