# SPDX-License-Identifier: BSD-2-Clause
# A backend resets connections instead of answering.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $seen = qr{app/b is (?:ejected|down).*2 of 3};

for my $t ([ 'passive checks', 'reset', '' ],
    [ 'active checks', 'reset', $Failover::HEALTH ]) {
	my ($what, $fault, $pool) = @$t;
	my ($r, $f) = Failover->trial(what => $what, pool => $pool,
	    fault => $fault, knows => 1.5, told => $seen, posts => 32);

	$f->ends_clean;
}

# What is checked works: it is let in again each time, for a moment.
my ($r, $f) = Failover->trial(what => 'only checks are answered',
    fault => 'reset healthy', pool => $Failover::HEALTH, met => 10,
    told => $seen, posts => 32);
$f->ends_clean;

# The budget of retries would not last if half of the requests met one that
# may not be ejected.
($r, $f) = Failover->trial(what => 'two of three', fault => sub {
	$_[0]->backend($_)->be('reset') for qw(a b) },
    pool => 'passive = { max_ejected = "100%"; };', knows => 1.5,
    told => qr{app/[ab] is ejected.*1 of 3}, posts => 32);
$f->ends_clean;

# Too few in a row: it stays, and others answer what may be repeated.
($r, $f) = Failover->trial(what => 'every fifth',
    fault => 'reset percent=20');
my @posts = $r->those(sub { $_->{method} eq 'POST' && $_->{start} >
    $r->{since} });
my $failed = grep { $_->{outcome} ne 'ok' } @posts;
# a third of them go there, and a fifth of those fail
cmp_ok $failed, '<', @posts / 4, "$failed of " . @posts . ' POSTs failed';
unlike $f->portico->log, qr{app/b is ejected}, 'it is not ejected';
$f->ends_clean;
done_testing;
