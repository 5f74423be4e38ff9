# SPDX-License-Identifier: BSD-2-Clause
# Backends that fail while processes of Portico are killed.
package Deaths;
use strict;
use warnings;
use Exporter 'import';
use Test::More;
use Client qw(until_true);
use Failover;
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(trials_with_deaths);

# kill -9 of a process of ours every so often, for so many seconds; adds to
# how many were killed, and to the most that waited in queues.
sub torment
{
	my ($f, $seconds) = @_;
	my $p = $f->portico;
	my $until = time + $seconds;

	while (time < $until) {
		my $role = (qw(worker worker worker steward heir))[rand 5];
		my @pids = $p->pids($role);

		sleep 0.07;
		$f->{killed}{$role}++
		    if @pids && kill 'KILL', $pids[rand @pids];
		my ($now) = $f->command('status') =~ /\bqueued:=(\d+)/;
		$f->{queued} = $now
		    if ($now // 0) > ($f->{queued} // 0);
	}
	return;
}

# Trials as Failover has them, side by side; `before` is called with the
# scene when the clients have begun; `queue`: some must wait.
sub trials_with_deaths
{
	Failover->trials(map { my %t = %$_; +{
		%t, pool => $Failover::HEALTH . ($t{pool} // ''),
		top => 'workers = { min = 4; max = 8; };',
		fault => sub { torment_around($_[0], @t{qw(before fault)}) },
		after => sub { look_after($_[1], @t{qw(what queue)}) },
	} } @_);
	return;
}

sub torment_around
{
	my ($f, $before, $fault) = @_;

	$before->($f) if $before;
	torment($f, 0.5);
	ref $fault ? $fault->($f) : $f->backend('b')->be($fault);
	torment($f, 1.5);
	return;
}

sub look_after
{
	my ($f, $what, $queue) = @_;
	my $p = $f->portico;
	my %killed = %{ $f->{killed} // {} };
	my $sum = 0;

	$sum += $_ for values %killed;
	cmp_ok $sum, '>', 5, "$what: $sum processes killed: " .
	    join ', ', map { "$killed{$_} x $_" } sort keys %killed;
	cmp_ok $f->{queued}, '>', 0,
	    "$what: some waited ($f->{queued} at once)" if $queue;
	ok $p->alive, "$what: the master lives";
	ok until_true(sub { $p->workers >= 4 && $p->pids('steward') == 1 &&
	    $p->pids('heir') == 1 }, 10), "$what: the family is complete";
	return;
}

1;
