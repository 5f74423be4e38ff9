# SPDX-License-Identifier: BSD-2-Clause
# A backend that failed works again, and gets its part of the requests.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Beside qw(side_by_side);
use Failover;
use Time::HiRes qw(sleep time);

my $back = qr{app/b is (?:up|back).*3 of 3};

# Fails, works again after 1.2 s: how long until it is asked again.
sub trial
{
	my ($what, $pool, $begin, $end) = @_;
	my $again;
	my ($r, $f) = Failover->trial(what => $what, pool => $pool,
	    seconds => 7, told => $back, posts => 32, fault => sub {
		my ($f) = @_;

		$begin->($f->backend('b'));
		sleep 1.2;
		$end->($f->backend('b'));
		$again = time;
	});
	my ($first) = $r->from('b', $again);

	ok $first, "$what: it is asked again" or return ($r, $f, $again);
	note sprintf '    asked again after %.0f ms',
	    1000 * ($first->{start} - $again);
	my @last = $r->those(sub { $_->{start} > $again + 3 });
	my $part = grep { $_->{backend} eq 'b' } @last;
	cmp_ok $part / (@last || 1), '>', 0.25, "$what: as often as others";
	return ($r, $f, $first->{start});
}

sub slow_start
{
	my ($r, $f, $first) = trial('slow start',
	    $Failover::HEALTH . 'slow_start = "3s";', sub { $_[0]->kill },
	    sub { $_[0]->again });
	my @begin = $r->those(sub { $_->{start} >= $first &&
	    $_->{start} < $first + 1 });
	my $part = (grep { $_->{backend} eq 'b' } @begin) / (@begin || 1);

	note sprintf '    %.1f%% in its first second', 100 * $part;
	cmp_ok $part, '<', 0.25, 'slow start: few at first';
	$f->ends_clean;
	return;
}

my $soon = 'passive = { eject = "1s"; };';
side_by_side(6, \&slow_start, map { my $t = $_; sub {
	my (undef, $f) = trial(@$t);
	$f->ends_clean;
} } [ 'killed, passive checks', $soon, sub { $_[0]->kill },
	sub { $_[0]->again } ],
    [ 'killed, active checks', $Failover::HEALTH, sub { $_[0]->kill },
	sub { $_[0]->again } ],
    [ '503, passive checks', $soon, sub { $_[0]->be('unavailable') },
	sub { $_[0]->be('serve') } ],
    [ '503, active checks', $Failover::HEALTH,
	sub { $_[0]->be('unavailable') }, sub { $_[0]->be('serve') } ],
    [ 'stopped, active checks', $Failover::HEALTH,
	sub { $_[0]->signal('STOP') }, sub { $_[0]->signal('CONT') } ]);
done_testing;
