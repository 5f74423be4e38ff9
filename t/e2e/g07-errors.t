# SPDX-License-Identifier: BSD-2-Clause
# A backend says that it is unavailable, or closes connections without a word.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $seen = qr{app/b is (?:ejected|down).*2 of 3};

for my $t ([ '503, passive checks', 'unavailable', '' ],
    [ '503, active checks', 'unavailable', $Failover::HEALTH ],
    [ 'closes, passive checks', 'close', '' ],
    [ 'closes, active checks', 'close', $Failover::HEALTH ]) {
	my ($what, $fault, $pool) = @$t;
	my ($r, $f) = Failover->trial(what => $what, pool => $pool,
	    fault => $fault, knows => 1.5, told => $seen, posts => 32);

	$f->ends_clean;
}

# What is checked works: it is let in again each time, for a moment.
my ($r, $f) = Failover->trial(what => '503, but for checks',
    fault => 'unavailable healthy', pool => $Failover::HEALTH, met => 10,
    told => $seen, posts => 32);
$f->ends_clean;

($r, $f) = Failover->trial(what => 'every third is a 503',
    fault => 'unavailable percent=33');
$f->ends_clean;
done_testing;
