# SPDX-License-Identifier: BSD-2-Clause
# The steward's death, or its heir's, stops no request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(get until_true);
use Portico qw(one_backend);
use Torture qw(start_origin start_load load_line torment spoiled);

my $p = Portico->start(one_backend(start_origin(),
    top => 'workers = { min = 4; max = 8; };'));
my $at = $p->address('http');

sub complete
{
	return until_true(sub { $p->pids('steward') == 1 &&
	    $p->pids('heir') == 1 && $p->workers >= 4 }, 5);
}

for my $role (qw(steward heir logger)) {
	my ($pid) = $p->pids($role);

	ok $pid, "a $role";
	kill 'KILL', $pid;
	ok until_true(sub { my ($new) = $p->pids($role);
	    $new && $new != $pid }, 5), "$role: there is another";
	ok complete(), 'and all the rest';
	is get($at, '/b/10/1')->{status}, 200, 'served';
}
kill 'KILL', $p->pids('steward'), $p->pids('heir');
ok complete(), 'both at once: there are others';
is get($at, '/b/10/1')->{status}, 200, 'served';
kill 'KILL', $p->workers;
ok complete(), 'all workers at once';
is get($at, '/b/10/1')->{status}, 200, 'served';

my ($killed, @lines) = torment($p, 0.1, [ qw(worker steward heir) ],
    start_load('-t', 5, '-c', 16, $at),
    start_load('-t', 5, '-c', 8, '-q', 'chunked&delay=10', $at));
ok $killed->{$_}, "$_: killed " . ($killed->{$_} // 0)
    for qw(worker steward heir);
is spoiled($_), '', 'GET on kept connections' for @lines;
ok complete(), 'all are there again';
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
cmp_ok $ended, '>=', 1, 'sums were taken';
is $wrong, undef, 'and are all zero';
done_testing;
