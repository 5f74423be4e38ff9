# SPDX-License-Identifier: BSD-2-Clause
# A backend says that it is unavailable, or closes connections without a word.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $seen = qr{app/b is (?:ejected|down).*2 of 3};

Failover->trials((map {
	my ($what, $fault, $pool) = @$_;

	+{ what => $what, pool => $pool, fault => $fault, knows => 1.5,
	    told => $seen, posts => 32 };
} [ '503, passive checks', 'unavailable', '' ],
    [ '503, active checks', 'unavailable', $Failover::HEALTH ],
    [ '503, but for checks', 'unavailable healthy', $Failover::HEALTH ],
    [ 'closes, passive checks', 'close', '' ],
    [ 'closes, active checks', 'close', $Failover::HEALTH ]),
    { what => 'every third is a 503', fault => 'unavailable percent=33' });
done_testing;
