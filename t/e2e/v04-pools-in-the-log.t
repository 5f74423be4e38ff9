# SPDX-License-Identifier: BSD-2-Clause
# The log names a backend together with its pool, also where none of the pools
# behind that had a place left.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Pool qw(backends pool hold wait_held release);
use Client qw(get);
use Portico qw(free_port);

my %b = backends(qw(full));
my $dead = '127.0.0.1:' . free_port();
my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = { home = ' . pool('fallback = "rest"; passive = { failures = 1;
    max_ejected = "100%"; };', $dead, '') . ';
    rest = ' . pool('', $b{full}, 'max_connections = 1;') . '; };
    sites = { x = { hosts = "*"; routes = (
    { path = "/held"; pool = "rest"; }, { pool = "home"; } ); }; };
    access_log = { to = "@dir@/access.log";
    format = "{target} {status} {pool} {backend}"; };');
my $at = $p->address('http');
my $held = hold($at, 'one');
my $name = $dead =~ tr/.:/--/r;

ok wait_held('one', 1), 'the only place is taken';
is get($at, '/failed')->{status}, 503, 'one was asked, and none is left';
is get($at, '/none')->{status}, 503, 'none is left';
release('one');
is $held->final->{status}, 200, 'the first one ends';
my $lines = join "\n", $p->access_lines(3);
like $lines, qr{^/failed 503 home \Q$name\E$}m, 'pool and backend';
like $lines, qr{^/none 503 home -$}m, 'the pool that it came for';
is $p->quit, 0, 'QUIT';
done_testing;
