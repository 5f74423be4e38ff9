# SPDX-License-Identifier: BSD-2-Clause
# A backend is slower than it may be, or only than the others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $late = qr{app/b is (?:ejected|down).*2 of 3};

for my $t ([ 'too slow, passive checks', 'slow ms=3000', '' ],
    [ 'too slow, active checks', 'slow ms=3000', $Failover::HEALTH ]) {
	my ($what, $fault, $pool) = @$t;
	my ($r, $f) = Failover->trial(what => $what, pool => $pool,
	    fault => $fault, seconds => 5, knows => 3, told => $late,
	    posts => 32);

	$f->ends_clean;
}

# Nothing fails; who counts what is in flight, or how long it takes, goes
# to the others.
my %share;
for my $balance (qw(round-robin random least-connections least-time)) {
	my ($r, $f) = Failover->trial(what => $balance,
	    pool => qq{balance = "$balance";}, fault => 'slow ms=150',
	    posts => 0);
	my @then = $r->those(sub { $_->{start} > $r->{since} + 0.5 });
	my @slow = grep { $_->{backend} eq 'b' } @then;

	$share{$balance} = @slow / @then;
	note sprintf '    %.1f%% of %d went to the slow one',
	    100 * $share{$balance}, scalar @then;
	$f->ends_clean;
}
cmp_ok $share{'round-robin'}, '>', 0.3, 'a third of them by turns';
cmp_ok $share{'least-connections'}, '<', 0.2, 'fewer by least-connections';
cmp_ok $share{'least-time'}, '<', 0.2, 'fewer by least-time';
cmp_ok $share{random}, '<', 0.25, 'fewer by two choices';
done_testing;
