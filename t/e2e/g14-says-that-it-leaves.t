# SPDX-License-Identifier: BSD-2-Clause
# A backend answers 404 to its check: it is drained, and may end then without
# a request that fails.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;
use Time::HiRes qw(sleep time);

my $health = $Failover::HEALTH =~ s/};$/drain_on_404 = true; };/r;
my $f = Failover->new(pool => $health);
my ($since, $asked, $back);
my $r = $f->under_load(6, sub {
	sleep 0.5;
	$since = time;
	$f->backend('b')->be('missing');
	$f->told('404', qr{app/b is draining.*2 of 3});
	sleep 0.5;
	$asked = time;
	$f->backend('b')->kill;
	sleep 1;
	$f->backend('b')->again;
	$back = time;
});

$r->judge('says 404, then ends', $since);
$r->posts_failed('says 404, then ends', 0);
is scalar($r->from('b', $asked, $back)), 0, 'it is not asked any more';
my @last = $r->from('b', $since, $back);
note sprintf '    drained after %.0f ms', 1000 * ($last[-1]{start} - $since)
    if @last;
my ($first) = $r->from('b', $back);
ok $first, 'it comes again';
note sprintf '    asked again after %.0f ms', 1000 * ($first->{start} - $back)
    if $first;
$f->told('comes again', qr{app/b is up.*3 of 3});
$f->ends_clean;
done_testing;
