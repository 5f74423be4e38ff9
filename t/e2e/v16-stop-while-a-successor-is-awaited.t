# SPDX-License-Identifier: BSD-2-Clause
# TERM does not wait for a process that was ordered and that nobody makes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Backend qw(plain);
use Client qw(until_true);
use Control qw(command records);
use Portico;

my $p = Portico->start(Portico::one_backend(Backend->new(plain('b'))
    ->address));
my $sock = $p->dir . '/portico.sock';
my ($steward) = $p->pids('steward');
my ($worker) = $p->workers;

sleep 1.2; # who dies young waits
kill 'STOP', $steward;
kill 'KILL', $worker;
ok until_true(sub {
	grep { $_->{role} eq 'worker' && $_->{state} eq 'ordered' }
	    records(command($sock, 'status'), 'process') }, 10),
    'a worker is ordered, and nobody makes it';
my $began = time;
is $p->stop, 0, 'TERM';
cmp_ok time - $began, '<', 1, sprintf 'ends it in %.2f s', time - $began;
done_testing;
