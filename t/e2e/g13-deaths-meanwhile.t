# SPDX-License-Identifier: BSD-2-Clause
# Workers, steward and heir are killed while backends fail: nothing is mixed
# up, nothing stalls, and no count is lost.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;
use Client qw(until_true);
use Time::HiRes qw(sleep time);

my (%killed, $queued);

# kill -9 of a process of ours every so often, for so many seconds.
sub torment
{
	my ($f, $seconds) = @_;
	my $p = $f->portico;
	my $until = time + $seconds;

	while (time < $until) {
		my $role = (qw(worker worker worker steward heir))[rand 5];
		my @pids = $p->pids($role);

		sleep 0.07;
		$killed{$role}++ if @pids && kill 'KILL', $pids[rand @pids];
		my ($now) = $f->command('status') =~ /\bqueued:=(\d+)/;
		$queued = $now if ($now // 0) > $queued;
	}
	return;
}

my $queue = 'balance = "least-connections"; queue = { length = 100;
    timeout = "5s"; };';
my %most = map { ($_ => 'max_connections = 2;') } qw(a b c);

for my $t ([ 'killed', sub { $_[0]->backend('b')->kill } ],
    [ 'never answers', 'hang' ], [ 'resets', 'reset' ],
    [ 'half a head', 'half-head' ], [ 'slow', 'slow ms=100' ],
    [ 'drained and back', sub {
	$_[0]->reload(of => { b => 'state = "drain";' }); $_[0]->reload } ],
    [ 'killed, with a queue', sub { $_[0]->backend('b')->kill }, $queue ],
    [ 'slow, with a queue', 'slow ms=100', $queue ],
    [ 'resets, with a queue', 'reset', $queue ]) {
	my ($what, $fault, $pool) = @$t;

	$queued = 0;
	my ($r, $f) = Failover->trial(what => $what, seconds => 3,
	    pool => $Failover::HEALTH . ($pool // ''),
	    of => $pool ? \%most : {},
	    load => $pool ? [ '-c', 40, '-w', 0 ] : [],
	    top => 'workers = { min = 4; max = 8; };', fault => sub {
		my ($f) = @_;

		torment($f, 0.5);
		ref $fault ? $fault->($f) : $f->backend('b')->be($fault);
		torment($f, 1.5);
	});

	cmp_ok $queued, '>', 0, "$what: some waited ($queued at once)"
	    if $pool;
	ok $f->portico->alive, "$what: the master lives";
	ok until_true(sub { my $p = $f->portico; $p->workers >= 4 &&
	    $p->pids('steward') == 1 && $p->pids('heir') == 1 }, 10),
	    "$what: the family is complete";
	$f->ends_clean;
}
my $sum = 0;
$sum += $_ for values %killed;
cmp_ok $sum, '>', 50, "$sum processes killed: " .
    join ', ', map { "$killed{$_} x $_" } sort keys %killed;
done_testing;
