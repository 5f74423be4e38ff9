# SPDX-License-Identifier: BSD-2-Clause
# A DNS server that fails takes nothing away; one that says three times in a
# row that there is no such name does.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);
use Backend;
use Client qw(get until_true);
use Dns;
use Portico;

my $b = Backend->new('echo');
my $port = $b->port;
my $dns = Dns->new('app.test' => [ 'A 127.0.0.1', 'TTL 1' ]);
my $p = Portico->start(<<"END");
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "app.test:$port" ]; resolve = "1s"; }; };
resolvers = [ "@{[ $dns->address ]}" ];
END
my $at = $p->address('http');
my $fails = qr/ warn .*app\.test cannot be looked up: .*; the addresses that it had are used$/m;
my $again = qr/ info .*app\.test can be looked up again$/m;

sub count { my ($pattern) = @_; return scalar(() = $p->log =~ /$pattern/g) }

is get($at, '/')->{status}, 200, 'it is found';

# Each once in the log, at its beginning and at its end.
for my $mood (qw(servfail silent wrong-id garbage half)) {
	my $before = count($again);
	my $asked = $dns->questions;

	$dns->mood('*', $mood);
	ok until_true(sub { count($fails) == $before + 1 }, 9),
	    "$mood: that is said";
	ok until_true(sub { $dns->questions >= $asked + 4 }, 9),
	    'it is asked again';
	is get($at, '/')->{status}, 200, 'the last address is used';
	is count($fails), $before + 1, 'it was said once';
	$dns->mood('*', '');
	ok until_true(sub { count($again) == $before + 1 }, 9), 'well again';
}

$dns->mood('*', 'AAAA silent');
$dns->clear;
my $warned = count($fails);
$dns->set('app.test', 'A 127.0.0.9', 'TTL 1');
ok until_true(sub { get($at, '/')->{status} >= 500 }, 9),
    'one family that is silent does not hold up the other';
$dns->set('app.test', 'A 127.0.0.1', 'TTL 1');
ok until_true(sub { get($at, '/')->{status} == 200 }, 9), 'back';
is count($fails), $warned, 'nor is that a failure';
$dns->mood('*', '');

$dns->stop;
ok until_true(sub { count($fails) == $warned + 1 }, 9), 'the server dies';
sleep 2;
is get($at, '/')->{status}, 200, 'the last address is used';
$dns->resume;
ok until_true(sub { count($again) == count($fails) }, 9), 'it is back';

$dns->clear;
$dns->remove('app.test');
ok $p->logged(qr/app\.test has no address any more: .*, 3 times$/m, 9),
    'it is gone';
cmp_ok scalar($dns->questions('app.test', 'A')), '==', 3,
    'after three answers';
is get($at, '/')->{status}, 503, 'so is the backend';
$dns->set('app.test', 'A 127.0.0.1', 'TTL 1');
ok until_true(sub { get($at, '/')->{status} == 200 }, 9), 'it comes back';

$dns->set('app.test'); # it exists, and has no address
ok until_true(sub { get($at, '/')->{status} == 503 }, 9),
    'without records the same';
ok until_true(sub { count(qr/app\.test has no address any more/) == 2 }, 5),
    'and it is said';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
