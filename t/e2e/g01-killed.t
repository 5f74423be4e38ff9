# SPDX-License-Identifier: BSD-2-Clause
# Backends are killed while clients are busy.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $left = qr{app/b is (?:ejected|down).*2 of 3};
my $kill = sub { $_[0]->backend('b')->kill };
my $kill_two = sub { $_[0]->backend($_)->kill for qw(a b) };

# POSTs may fail that were under way there, one a connection.
Failover->trials((map { +{ %$_, fault => $kill, knows => 1.5, told => $left,
	posts => 16 } } { what => 'passive checks' },
    { what => 'active checks', pool => $Failover::HEALTH . 'passive = false;' },
    { what => 'both', pool => $Failover::HEALTH }),

    # A body that fits its pages is repeated; an answer that has begun is not.
    { what => 'long bodies', cut => 1, fault => $kill, posts => 16,
	knows => 1.5, load => [ '-m', '45:45:10', '-s', 60000, '-u', 60000 ],
	after => sub {
		my @cut = $_[0]->those(sub { $_->{outcome} eq 'cut' });
		cmp_ok scalar @cut, '<=', 16,
		    'long bodies: ' . @cut . ' answers were cut';
	} },

    # Half of them may be ejected: one. The other one is hardly asked.
    { what => 'two of three, passive checks', fault => $kill_two,
	posts => 16, met => 3, told => qr{app/[ab] is ejected.*2 of 3} },
    { what => 'two of three, active checks', pool => $Failover::HEALTH,
	fault => $kill_two, posts => 16, knows => 1.5,
	told => qr{app/[ab] is down.*1 of 3} });
done_testing;
