# SPDX-License-Identifier: BSD-2-Clause
# Backends are killed while clients are busy.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $left = qr{app/b is (?:ejected|down).*2 of 3};

for my $t ({ what => 'passive checks' },
    { what => 'active checks', pool => $Failover::HEALTH . 'passive = false;' },
    { what => 'both', pool => $Failover::HEALTH }) {
	my ($r, $f) = Failover->trial(%$t, fault => sub {
		$_[0]->backend('b')->kill }, knows => 1.5, told => $left,
	    # those that were under way there, one a connection
	    posts => 16);
	$f->ends_clean;
}

# A body that fits its pages is repeated; an answer that has begun is not.
my ($r, $long) = Failover->trial(what => 'long bodies', cut => 1,
    fault => sub { $_[0]->backend('b')->kill }, posts => 16, knows => 1.5,
    load => [ '-m', '45:45:10', '-s', 60000, '-u', 60000 ]);
my @cut = $r->those(sub { $_->{outcome} eq 'cut' });
cmp_ok scalar @cut, '<=', 16, 'long bodies: ' . @cut . ' answers were cut';
$long->ends_clean;

# Half of them may be ejected: one. The other one is asked on, in vain.
my (undef, $f) = Failover->trial(what => 'two of three, passive checks',
    fault => sub { $_[0]->backend($_)->kill for qw(a b) }, posts => 16,
    told => qr{app/[ab] is ejected.*2 of 3});
$f->ends_clean;
(undef, $f) = Failover->trial(what => 'two of three, active checks',
    pool => $Failover::HEALTH,
    fault => sub { $_[0]->backend($_)->kill for qw(a b) }, posts => 16,
    knows => 1.5, told => qr{app/[ab] is down.*1 of 3});
$f->ends_clean;
done_testing;
