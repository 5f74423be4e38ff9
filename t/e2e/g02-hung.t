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

Failover->trials(map {
	my ($what, $fault, $pool, $told) = @$_;

	+{ what => $what, pool => $pool, fault => $fault, seconds => 4,
	    knows => 2, told => $told, posts => 32,
	    after => sub { $_[1]->backend('b')->signal('CONT') } };
} [ 'never answers, passive checks', 'hang', '', $passive ],
    [ 'never answers, active checks', 'hang', $Failover::HEALTH, $active ],
    [ 'only checks are answered', 'hang healthy', $Failover::HEALTH,
	$passive ],
    [ 'its backlog is full, passive checks', 'full', '', $passive ],
    [ 'its backlog is full, active checks', 'full', $Failover::HEALTH,
	$active ],
    [ 'stopped', sub { $_[0]->backend('b')->signal('STOP') },
	$Failover::HEALTH, $active ]);
done_testing;
