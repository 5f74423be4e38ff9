# SPDX-License-Identifier: BSD-2-Clause
# A backend answers with what is no HTTP, or no lawful one.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $seen = qr{app/b is (?:ejected|down).*2 of 3};

for my $t ([ 'no HTTP, passive checks', 'garbage', '' ],
    [ 'no HTTP, active checks', 'garbage', $Failover::HEALTH ],
    [ 'unlawful framing', 'length', '' ],
    [ 'half a head', 'half-head', '' ]) {
	my ($what, $fault, $pool) = @$t;
	my ($r, $f) = Failover->trial(what => $what, pool => $pool,
	    fault => $fault, knows => 1.5, told => $seen, posts => 32);

	$f->ends_clean;
}

# What is checked works: it is let in again each time, for a moment.
my ($r, $f) = Failover->trial(what => 'no HTTP, but for checks',
    fault => 'garbage healthy', pool => $Failover::HEALTH, met => 10,
    told => $seen, posts => 32);
$f->ends_clean;
done_testing;
