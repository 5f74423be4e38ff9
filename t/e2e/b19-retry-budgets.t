# SPDX-License-Identifier: BSD-2-Clause
# When most requests fail they are not all repeated: that would double the load.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Pool qw(backends pool names tally);
use Client;
use Portico qw(free_port);

my %b = backends(qw(a));
my $busy = plain('busy') =~ s/200 OK/503 Busy/r;
my @bad = map { Backend->new($busy, name => $_) } qw(x y);
my $gone = '127.0.0.1:' . free_port();
my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = { ill = ' . pool('passive = false; retry = { attempts = 2;
    budget = "10%"; };', map { ($_, '') } @bad) . ';
    refused = ' . pool('passive = false; retry = { budget = "1%"; };', $gone,
    '', $b{a}, '') . '; };
    sites = { x = { hosts = "*"; routes = ( { path = "/ill"; pool = "ill"; },
    { pool = "refused"; } ); }; };
    workers = { min = 3; max = 3; };
    access_log = { to = "@dir@/access.log";
    format = "{target} {status} {retries}"; };');
my $at = $p->address('http');
my $n = 2500;

# The bucket holds 1,000 at first, and each request brings a tenth of one;
# what the steward adds each second is little.
names($at, $n, 'GET /ill');
my $asked = map { $_->requests } @bad;
cmp_ok $asked, '>=', $n + 1000, "$n requests, $asked attempts: some again";
cmp_ok $asked, '<=', $n + 1000 + $n / 5 + 100, 'but by far not all';
like $p->log, qr/pool ill: the retry budget is used up/, 'the log says why';
my $lines = () = $p->log =~ /trying again/g;
cmp_ok $lines, '<', 700, "and not a line for each of them: $lines";
is scalar(() = $p->log =~ /budget is used up: requests/g), 1, 'once in 10 s';

is tally(names($at, 1500) =~ s/\d//gr), 'a 1500',
    'what reached nobody is repeated at no cost';
is $p->quit, 0, 'QUIT';
done_testing;
