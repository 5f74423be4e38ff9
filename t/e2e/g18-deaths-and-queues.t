# SPDX-License-Identifier: BSD-2-Clause
# Workers, steward and heir are killed while requests wait in a queue, and a
# backend fails: nothing is mixed up, nothing stalls, and no count is lost.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Deaths qw(trials_with_deaths);

# Six places, of ten milliseconds each, and forty who want one.
my $queue = 'balance = "least-connections"; queue = { length = 100;
    timeout = "5s"; };';
my %most = map { ($_ => 'max_connections = 2;') } qw(a b c);
my @load = ('-c', 40, '-w', 1);

sub slow
{
	my ($f) = @_;

	$f->backend($_)->be('slow ms=10 healthy') for qw(a b c);
	return;
}

trials_with_deaths(map { +{ what => $_->[0], fault => $_->[1], queue => 1,
	pool => $queue, of => \%most, load => \@load, before => \&slow } }
    [ 'killed', sub { $_[0]->backend('b')->kill } ],
    [ 'slow', 'slow ms=100' ], [ 'resets', 'reset' ]);
done_testing;
