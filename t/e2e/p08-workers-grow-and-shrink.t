# SPDX-License-Identifier: BSD-2-Clause
# Held workers are made up for, up to workers.max; surplus ones leave. A busy
# CPU alone makes no more of them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(get until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Torture qw(start_origin start_load load_line spoiled);

my $origin = start_origin();
my $p = Portico->start(one_backend($origin, top =>
    'workers = { min = 2; max = 5; }; error_log = { level = "debug"; };'));
my $at = $p->address('http');

# A crowd: more runnable processes than the machine has CPUs, and clients.
my $cpus = grep { /^processor/ } split /\n/, Portico::slurp('/proc/cpuinfo');
my @hogs = map { my $pid = fork // die; if (!$pid) { 1 while 1 } $pid }
    1 .. 2 * ($cpus || 1);
my $crowd = start_load('-t', 4, '-c', 16, $at);
my $most = 0;
my $end = time + 4;
while (time < $end) {
	my $now = $p->workers;
	$most = $now if $now > $most;
	sleep 0.2;
}
my $line = load_line($crowd);
kill 'KILL', @hogs;
waitpid $_, 0 for @hogs;
is spoiled($line), '', 'a crowd on busy CPUs is served';
is $most, 2, 'by workers.min workers';

# Idle ones that are stopped: each that would come is stopped too.
my @stopped = $p->workers;
kill 'STOP', @stopped;
ok until_true(sub { $p->workers == 4 }, 8), 'two stopped: two more';
is get($at, "/b/10/$_")->{status}, 200, 'served' for 1 .. 4;
my @more = $p->workers;
kill 'STOP', @more;
ok until_true(sub { $p->workers == 5 }, 8), 'all stopped: one more';
sleep 1.5;
is scalar($p->workers), 5, 'but not more than workers.max';
is get($at, "/b/10/1")->{status}, 200, 'served';

my $began = time;
kill 'CONT', $p->workers;
my $kept = start_load('-t', 16, '-c', 4, $at);
sleep 5;
is scalar($p->workers), 5, 'they go on: none leaves at once';
ok until_true(sub { $p->workers == 2 }, 25), 'then the surplus leaves';
cmp_ok time - $began, '>', 9, 'after ten seconds';
is spoiled(load_line($kept)), '', 'without a request that fails';
is scalar(() = $p->log =~ /debug master: worker \d .*not needed/g), 3,
    'which is worth a line for who debugs';
unlike $p->log, qr/(?:error|warn) master/, 'and no more';
sleep 2;
is scalar($p->workers), 2, 'and nobody replaces them';

# In a stride: whoever is stopped there holds one request, and no other.
my @loads = (start_load('-t', 3, '-c', 8, $at));
sleep 0.5;
@stopped = $p->workers;
kill 'STOP', @stopped;
sleep 1.5;
my $fine = 0;
for (1 .. 6) {
	local $Client::TIMEOUT = 2;
	$fine++ if (eval { get($at, '/b/10/1')->{status} } // 0) == 200;
}
is $fine, 6, 'stopped under load: others are served';
kill 'CONT', @stopped;
is spoiled(load_line($loads[0])), '', 'and those that went on, too';

is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'every sum is zero';
done_testing;
