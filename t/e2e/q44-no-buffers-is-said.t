# SPDX-License-Identifier: BSD-2-Clause
# Connections that are closed because no buffers are left are told of in the
# error log, but not each of them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Portico;

my $backend = Backend->new(plain('hello'));
my $p = Portico->start(Portico::one_backend($backend->address,
    listener => 'timeouts = { header = "1m"; };',
    top => 'buffers = "1M"; connections = 1000;'));
my $http = $p->address('http');

# Half a head of each holds a page: 400 need more than there are.
my @clients = map { my $c = Client->new($http);
    $c->send("GET / HTTP/1.1\r\nHost: x\r\n"); $c } 1 .. 400;

ok $p->logged(qr/error worker \d+: no buffers are left for 10 s: .*"buffers"/,
    30), 'that buffers are short is said, and what to change';
my $begun = time;
sleep 2;
my $lines = () = $p->log =~ /no buffers are left/g;
cmp_ok $lines, '<=', 1 + int((time - $begun + 1) / 10), 'once in ten seconds';
@clients = ();
ok until_true(sub { (eval { get($http, '/')->{status} } // 0) == 200 }, 30),
    'when the others have gone it serves';
done_testing;
