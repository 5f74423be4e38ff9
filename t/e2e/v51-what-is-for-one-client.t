# SPDX-License-Identifier: BSD-2-Clause
# What a backend says to one client goes to that one alone, also where it says
# it while something that is stored is used.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Client qw(field fields until_true);
use CacheCase qw(start_cases new_path answers times_asked reply fetch
    send_request);
use Test::More;
use Time::HiRes qw(sleep);

start_cases();
my $stale = 'Cache-Control: max-age=1';
my $fresh = 'Cache-Control: max-age=600';

sub renewed
{
	my ($path, $first, @then) = @_;

	answers($path, reply(200, 'page', @$first, 'ETag: "1"'), @then);
	fetch($path);
	sleep 2.1;
	return fetch($path);
}

# ---- 304s ----

my $path = new_path();
my $r = renewed($path, [ $stale ], reply(304, '', $fresh, 'ETag: "1"',
    'Set-Cookie: session=alice', 'X-New: 1'), reply(500, 'never'));
is $r->{body}, 'page', 'a 304 that sets a cookie renews the page';
is field($r, 'X-New'), 1, 'with its other fields';
for (1, 2) {
	$r = fetch($path);
	is $r->{body}, 'page', 'the next one gets the page';
	is scalar(fields($r, 'Set-Cookie')), 0, 'and not the cookie';
}

$path = new_path();
$r = renewed($path, [ $stale ],
    reply(304, '', 'Cache-Control: private', 'ETag: "1"', 'X-User: alice'),
    reply(304, '', 'ETag: "1"'), reply(304, '', $fresh, 'ETag: "1"'));
is $r->{body}, 'page', 'a 304 that says private';
$r = fetch($path);
is times_asked($path), 3, 'is not used for the next one';
is scalar(fields($r, 'X-User')), 0, 'nor what it says of the first';
$r = fetch($path);
is times_asked($path), 4, 'it is private as long as nothing else is said';
fetch($path);
is times_asked($path), 4, 'and may be said to be for all again';

# ---- A 416 that can be stored, while a mark lets requests pass ----

$path = new_path();
answers($path, reply(200, 'first', 'Set-Cookie: a=b'),
    reply(416, 'no such bytes', $fresh), reply(200, 'page', $fresh));
fetch($path);
fetch($path, 'Range: bytes=99-');
is fetch($path)->{body}, 'page', 'the answer to a part is not the page';
$path = new_path();
answers($path, reply(200, 'first', 'Set-Cookie: a=b'),
    reply(412, 'no', $fresh), reply(200, 'page', $fresh),
    reply(500, 'never'));
fetch($path);
fetch($path, 'If-None-Match: "x"');
is fetch($path)->{body}, 'page', 'nor is that to a condition';
is fetch($path)->{body}, 'page', 'which is stored when it comes';

# ---- Authorization ----

$path = new_path();
answers($path, map { reply(200, $_, $fresh) } 'of alice', 'of bob', 'of all',
    'never');
my @is = map { [ "Authorization: Basic $_" ] } qw(YQ Yg);
is fetch($path, @{ $is[0] })->{body}, 'of alice', 'who says who it is';
is fetch($path, @{ $is[1] })->{body}, 'of bob', 'gets its own';
is fetch($path)->{body}, 'of all', 'and others theirs';
$path = new_path();
answers($path, reply(200, 'public', 'Cache-Control: public, max-age=60'),
    reply(500, 'never'));
fetch($path, @{ $is[0] });
is fetch($path)->{body}, 'public', 'unless it is said to be for all';

# ---- What is for the cache, and not for clients ----

$path = new_path();
answers($path, reply(200, 'page', 'X-Accel-Expires: 60', 'Surrogate-Key: a'));
for ('miss', 'hit') {
	$r = fetch($path);
	is scalar(fields($r, 'X-Accel-Expires')), 0, "$_: no X-Accel-Expires";
	is scalar(fields($r, 'Surrogate-Key')), 0, "$_: no Surrogate-Key";
}
is times_asked($path), 1, 'which have been obeyed';

# ---- HEAD and only-if-cached do not use up what asks for a page anew ----

$path = new_path();
answers($path, reply(200, 'old', 'Cache-Control: max-age=1, ' .
    'stale-while-revalidate=60'), reply(200, 'new', $fresh));
fetch($path);
sleep 2.1;
send_request("HEAD $path");
fetch($path, 'Cache-Control: only-if-cached');
is fetch($path)->{body}, 'old', 'a stale page is used';
ok until_true(sub { fetch($path)->{body} eq 'new' }, 5),
    'and is fetched anew all the same';
done_testing;
