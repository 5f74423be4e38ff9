# SPDX-License-Identifier: BSD-2-Clause
# Fetchers, readers, stewards and heirs are killed at random while contents
# change: each answer is one version of them, whole; nothing is left behind.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Certs;
use Client qw(until_true);
use Portico;
use Torture qw(start_origin start_load torment spoiled);

my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $origin = start_origin();
my $p = Portico->start(qq{
	workers = { min = 4; max = 8; };
	cache = { size = "8M"; max_object = "2M"; };
	listeners = {
		http = { address = "\@http\@"; };
		tls = { address = "\@tls\@"; tls = {
		    certificates = "$cert"; }; };
	};
	pools = { app = { backends = [ "$origin" ]; }; };
	sites = {
		swr = { hosts = [ "swr.test" ]; routes = ( { pool = "app";
		    cache = { stale_while_revalidate = "5s"; }; } ); };
		all = { hosts = [ "*" ]; routes = ( { pool = "app";
		    cache = true; } ); };
	};
});
my $at = $p->address('http');
my @sizes = ([ 10, 1 ], [ 4000, 2 ], [ 60_000, 3 ], [ 400_000, 4 ]);
my @fresh = map { "/v/$_->[0]/$_->[1]" } @sizes;
my @paths = map { ("$_?age=0", $_, "$_?chunked", "$_?delay=20&age=0") } @fresh;
my @many = map { "/v/20000/$_?age=60" } 10 .. 900; # more than there is room

my ($killed, @lines) = torment($p, 0.05, [ qw(worker worker worker worker
    steward heir) ],
    start_load('-t', 8, '-c', 24, '-H', 'a.test', $at, @paths),
    start_load('-t', 8, '-c', 16, '-H', 'swr.test', $at, @paths),
    start_load('-t', 8, '-c', 8, '-r', 3, '-H', 'b.test', $at, @fresh),
    start_load('-t', 8, '-c', 8, '-H', 'c.test', $at, @many),
    start_load('-t', 8, '-c', 8, '-H', 'a.test', '-S', 3,
    $p->address('tls'), @paths));
my $sum = 0;

$sum += $_ for values %$killed;
cmp_ok $sum, '>', 40, "$sum processes killed: " . join ', ',
    map { "$killed->{$_} x $_" } sort keys %$killed;
for (@lines) {
	is spoiled($_), '', $_;
}
ok $p->alive, 'the master lives';
ok until_true(sub { $p->workers >= 4 && $p->pids('steward') == 1
    && $p->pids('heir') == 1 }, 10), 'the family is complete';
is $p->quit(20), 0, 'QUIT';
my ($ended, @sums) = $p->sums;
cmp_ok $ended, '>=', 1, 'sums were made';
is "@sums", '', 'and they are zero';
unlike $p->log, qr/panic|letter/, 'nobody panicked';
done_testing;
