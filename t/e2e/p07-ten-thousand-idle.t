# SPDX-License-Identifier: BSD-2-Clause
# Ten thousand idle connections cost rows; others are served meanwhile.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(get until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Torture qw(start_origin start_load load_line spoiled);

my $origin = start_origin();
my $conf = one_backend($origin, top => 'connections = 12000;
    workers = { min = 8; max = 8; };');
my $p = Portico->start(one_backend($origin,
    top => 'workers = { min = 8; max = 8; };'));

is get($p->address('http'), '/b/5/1')->{status}, 200, 'it works';
SKIP: {
	skip 'memory of a sanitized build', 1 if Portico::sanitized;
	my $private = $p->private_kb;
	cmp_ok $private, '<=', 4096, "8 workers, idle: $private KB private";
}
is $p->stop, 0, 'stopped';

my $limit = `sh -c 'ulimit -Hn'`;
SKIP: {
	skip 'too few descriptors allowed', 8
	    if $limit =~ /^\d/ && $limit < 18300;
	my $q = Portico->start($conf);
	my $at = $q->address('http');
	my $before = Portico::sanitized ? 0 : $q->pss_kb;
	my $many = start_load('-t', 6, '-c', 10000, '-w', 4000, '-s', '9:9',
	    $at);

	sleep 3;
	my $began = time;
	is get($at, '/b/9/9')->{status}, 200, 'one more is served';
	cmp_ok time - $began, '<', 0.5, 'at once';
	is spoiled(load_line(start_load('-n', 3000, '-c', 8, $at))), '',
	    '3000 others are served';
	my $grown = Portico::sanitized ? 0 : $q->pss_kb - $before;
	my $line = load_line($many);
	is spoiled($line), '', "ten thousand: $line";
	cmp_ok $line =~ /^requests (\d+)/ ? $1 : 0, '>=', 10000, 'all of them';
	cmp_ok $grown, '<', 96 * 1024, "memory grew by $grown KB";
	is $q->quit, 0, 'QUIT';
	is +($q->sums)[1], undef, 'nothing is left';
}
done_testing;
