# SPDX-License-Identifier: BSD-2-Clause
# A backend is slower than it may be, or only than the others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $late = qr{app/b is (?:ejected|down).*2 of 3};

Failover->trials(map {
	my ($what, $pool) = @$_;

	+{ what => $what, pool => $pool, fault => 'slow ms=3000',
	    seconds => 5, knows => 3, told => $late, posts => 32 };
} [ 'too slow, passive checks', '' ],
    [ 'too slow, active checks', $Failover::HEALTH ]);

# Nothing fails; who counts what is in flight, or how long it takes, goes
# to the others.
my @shares = ([ 'round-robin', '>', 30 ], [ 'random', '<', 25 ],
    [ 'least-connections', '<', 20 ], [ 'least-time', '<', 20 ]);

Failover->trials(map {
	my ($balance, $than, $percent) = @$_;

	+{ what => $balance, pool => qq{balance = "$balance";},
	    fault => 'slow ms=150', posts => 0, after => sub {
		my ($r) = @_;
		my @then = $r->those(sub {
		    $_->{start} > $r->{since} + 0.5 });
		my @slow = grep { $_->{backend} eq 'b' } @then;

		cmp_ok 100 * @slow / (@then || 1), $than, $percent,
		    sprintf '%s: %d of %d went to the slow one', $balance,
		    scalar @slow, scalar @then;
	    } };
} @shares);
done_testing;
