# SPDX-License-Identifier: BSD-2-Clause
# A backend answers with what is no HTTP, or no lawful one.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $seen = qr{app/b is (?:ejected|down).*2 of 3};

Failover->trials(map {
	my ($what, $fault, $pool) = @$_;

	+{ what => $what, pool => $pool, fault => $fault, knows => 1.5,
	    told => $seen, posts => 32 };
} [ 'no HTTP, passive checks', 'garbage', '' ],
    [ 'no HTTP, active checks', 'garbage', $Failover::HEALTH ],
    [ 'no HTTP, but for checks', 'garbage healthy', $Failover::HEALTH ],
    [ 'unlawful framing', 'length', '' ],
    [ 'half a head', 'half-head', '' ]);
done_testing;
