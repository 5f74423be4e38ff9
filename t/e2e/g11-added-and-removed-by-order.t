# SPDX-License-Identifier: BSD-2-Clause
# Backends are added and removed by orders while clients are busy; both
# outlive a reload.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;
use Time::HiRes qw(sleep time);

my $f = Failover->new(pool => $Failover::HEALTH);
my $d = $f->add('d');
my ($since, $gone);
my $r = $f->under_load(6, sub {
	sleep 1;
	$f->order('backend add app ' . $d->address . ' name=d');
	$since = time;
	sleep 1;
	$f->order('backend remove app/b');
	$gone = time;
	sleep 1;
	$f->backend('b')->kill;
	$f->reload;
}, '-r', 40);

$r->judge('added, then removed', $since);
$r->posts_failed('added, then removed', 0);
my ($first) = $r->from('d', $since - 1);
ok $first, 'the new one is asked';
my @late = $r->from('b', $gone);
note sprintf '    %d requests for it after its removal, the last after ' .
    '%.0f ms', scalar @late,
    @late ? 1000 * ($late[-1]{start} - $gone) : 0;
is scalar($r->from('b', $gone + 0.9)), 0, 'the removed one is not';
my $status = $f->command('status');
like $status, qr{^backend\tpool=app\tname=d\b}m, 'status knows the new one';
unlike $status, qr{^backend\tpool=app\tname=b\b}m, 'and not the old one';
$f->order('backend remove app/d');
$r = $f->under_load(2, sub { });
$r->judge('the new one removed');
is scalar($r->from('d', $r->{requests}[0]{start} + 0.5)), 0,
    'it is not asked any more';
$f->ends_clean;
done_testing;
