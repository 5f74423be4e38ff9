# SPDX-License-Identifier: BSD-2-Clause
# A client that only reads on after its answer does not hold up the end: it is
# waited for as long as without a hurry.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client;
use Portico;
use Time::HiRes qw(sleep time);

my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = { app = { backends = "127.0.0.1:1"; }; };');
my $c = Client->new($p->address('http'));

$c->send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n");
is $c->final->{status}, 400, 'an answer after which it lingers';
my $began = time;
is $p->quit(40), 0, 'QUIT';
my $took = time - $began;
cmp_ok $took, '<', 12, "it takes $took s";
cmp_ok $took, '>', 2, 'it was waited for';
done_testing;
