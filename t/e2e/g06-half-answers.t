# SPDX-License-Identifier: BSD-2-Clause
# A backend sends half of each answer. What has not begun for the client is
# repeated; what has is cut, and seen to be cut.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $seen = qr{app/b is (?:ejected|down).*2 of 3};

for my $t ([ 'half and its end at once', 'half' ],
    [ 'half, the end later', 'half ms=50' ],
    [ 'half in chunks', 'half-chunked' ],
    [ 'half in chunks, the end later', 'half-chunked ms=50' ],
    [ 'half and a reset', 'half-reset' ]) {
	my ($what, $fault) = @$t;
	my ($r, $f) = Failover->trial(what => $what, fault => $fault,
	    knows => 1.5, told => $seen, posts => 32, cut => 1);
	my @cut = $r->those(sub { $_->{method} ne 'POST' &&
	    $_->{outcome} eq 'cut' });

	# of each connection one, and few that began before five had ended
	cmp_ok scalar @cut, '<=', 32, "$what: " . @cut . ' were cut';
	$f->ends_clean;
}
done_testing;
