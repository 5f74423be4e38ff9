# SPDX-License-Identifier: BSD-2-Clause
# While no worker runs, nobody can be told that his time is over; when one
# runs again, he is: his connection has not been closed meanwhile.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Pool qw(backends pool hold wait_held release);
use Client qw(request);
use Portico;

my %b = backends(qw(a));
my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = { home = ' . pool('queue = { length = 4; timeout = "500ms"; };',
    $b{a}, 'max_connections = 1;') . '; };
    workers = { min = 2; max = 2; };');
my $at = $p->address('http');
my $first = hold($at, 'first');

ok wait_held('first', 1), 'the place is taken';
my $second = Client->new($at);
$second->send(request('GET /second'));
select undef, undef, undef, 0.2;
my @workers = $p->workers;
is kill('STOP', @workers), 2, 'no worker runs';
select undef, undef, undef, 4;
kill 'CONT', @workers;
is +($second->final // { status => 'none' })->{status}, 503,
    'who waits in the queue is told that it was in vain';
release('first');
is $first->final->{status}, 200, 'and the other one is served';
is_deeply [ sort { $a <=> $b } $p->workers ], [ sort { $a <=> $b } @workers ],
    'by the same workers';
is $p->quit, 0, 'QUIT';
done_testing;
