# SPDX-License-Identifier: BSD-2-Clause
# slow_start of the only backend that is up: its clients have nowhere else to
# go, so it has all of its places at once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Control qw(backend_of);
use Failover;

my $f = Failover->new(names => [ 'b' ], of => { b =>
    'max_connections = 100;' }, pool => $Failover::HEALTH
    . 'slow_start = "60s";');
my $p = $f->portico;
my $up;
my $r = $f->under_load(4, sub {
	sleep 0.5;
	$f->backend('b')->kill;
	ok $p->logged(qr{app/b is down.* 0 of 1 are left: requests get 503},
	    5), 'it is down';
	$f->backend('b')->again;
	ok $p->logged(qr{app/b is up}, 5), 'it is up again';
	sleep 0.2;
	$up = time;
});
my @after = $r->those(sub { $_->{start} > $up });
cmp_ok scalar @after, '>', 100, 'clients come';
is join(' ', grep { $_ ne 'ok' } map { $_->{outcome} } @after), '',
    'and none is sent away for want of a place';
my $started = backend_of($p->dir . '/portico.sock', 'app/b')->{started};
is $started, 100, 'it has no slow start';
$f->ends_clean;
done_testing;
