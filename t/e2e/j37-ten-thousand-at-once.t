# SPDX-License-Identifier: BSD-2-Clause
# Ten thousand clients ask for what has just expired: one fetch, and each of
# them gets it whole.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Cached qw(cached);
use Client qw(get);
use Portico;
use Time::HiRes qw(sleep time);
use Torture qw(start_origin start_load load_line spoiled);

my $limit = `sh -c 'ulimit -Hn'`;
plan skip_all => 'too few descriptors allowed'
    if $limit =~ /^\d/ && $limit < 18300;
my $many = Portico::sanitized() ? 1000 : 10_000;
my $origin = start_origin();

sub asked { return get($origin, '/asked')->{body} + 0 }

sub all_ask
{
	my ($p, $what, $target) = @_;
	my $at = $p->address('http');

	get($at, "$target&age=1");
	sleep 2.1; # it has expired
	my $before = asked();
	my $load = start_load('-n', $many, '-c', $many, $at,
	    "$target&age=60&delay=3000");
	sleep 1.5;
	my $began = time;
	get($at, '/b/9/9');
	my $took = time - $began;
	my $line = load_line($load, 30);
	is spoiled($line), '', "$what: $line";
	is asked() - $before, 1, "$what: one fetch";
	cmp_ok $took, '<', 1, sprintf "$what: others do not wait (%.2f s)",
	    $took;
	return;
}

my $p = cached($origin, cache => 'collapse = "20s";
    ignore_query = [ "age", "delay" ];', top => '
    connections = 12000;
    workers = { min = 4; max = 8; };');

all_ask($p, 'a length', '/v/30000/7?x=1');
all_ask($p, 'chunks', '/v/30000/7?chunked');
is $p->quit(20), 0, 'QUIT';
is_deeply [ ($p->sums)[1 .. 9] ], [ (undef) x 9 ], 'nothing is left';
done_testing;
