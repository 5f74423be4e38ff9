# SPDX-License-Identifier: BSD-2-Clause
# A backend sends half of each answer. A small one with a length is held until
# it is whole, so that it can be asked for again; of others the client sees
# that they were cut, and few are until the pool knows.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $seen = qr{app/b is (?:ejected|down).*2 of 3};
my @long = ('-s', 60000, '-m', '9:0:1');

Failover->trials(map {
	my ($what, $fault, $load, $cut) = @$_;

	+{ what => $what, fault => $fault, knows => 1.5, told => $seen,
	    posts => 32, cut => $cut, load => $load, after => sub {
		my @cut = $_[0]->those(sub { $_->{method} ne 'POST' &&
		    $_->{outcome} eq 'cut' });

		# one of each connection, and few that began before five had
		# ended
		cmp_ok scalar @cut, '<=', 32,
		    "$what: " . @cut . ' were cut' if $cut;
	    } };
} [ 'half and its end at once', 'half' ],
    [ 'half, the end later', 'half ms=50' ],
    [ 'half and a reset', 'half-reset' ],
    [ 'half in chunks', 'half-chunked', [], 1 ],
    [ 'half in chunks, the end later', 'half-chunked ms=50', [], 1 ],
    [ 'half of a long one', 'half', \@long, 1 ],
    [ 'half of a long one, the end later', 'half ms=50', \@long, 1 ]);
done_testing;
