# SPDX-License-Identifier: BSD-2-Clause
# A backend accepts connections, or not even that, and never answers.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $passive = qr{app/b is ejected.*2 of 3};
my $active = qr{app/b is (?:ejected|down).*2 of 3};

for my $t ([ 'never answers, passive checks', 'hang', '', $passive ],
    [ 'never answers, active checks', 'hang', $Failover::HEALTH, $active ],
    [ 'its backlog is full, passive checks', 'full', '', $passive ],
    [ 'its backlog is full, active checks', 'full', $Failover::HEALTH,
	$active ],
    [ 'stopped', sub { $_[0]->backend('b')->signal('STOP') },
	$Failover::HEALTH, $active ]) {
	my ($what, $fault, $pool, $told) = @$t;
	my ($r, $f) = Failover->trial(what => $what, pool => $pool,
	    fault => $fault, seconds => 4, knows => 3, told => $told,
	    posts => 32);

	$f->backend('b')->signal('CONT');
	$f->ends_clean;
}

# What is checked works: it is let in again each time, for a moment.
my ($r, $f) = Failover->trial(what => 'only checks are answered',
    fault => 'hang healthy', pool => $Failover::HEALTH, seconds => 4,
    met => 10, told => $passive, posts => 32);
$f->ends_clean;
done_testing;
