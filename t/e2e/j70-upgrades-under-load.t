# SPDX-License-Identifier: BSD-2-Clause
# Twenty upgrades in a row under load: no request notices them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(get until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep);
use Torture qw(start_origin start_load load_line spoiled);
use Upgrade qw(own_program put_program upgrade generation same_program);

my $tested = $Portico::BINARY;
my $path = own_program();
my $origin = start_origin();
my $p = Portico->start(one_backend($origin, top => 'access_log = {
    to = "@dir@/access.log"; format = "{status}"; };'));
my $at = $p->address('http');
my $pid = $p->pid;
is get($at, '/b/5/1')->{status}, 200, 'before';
my $held = () = glob "/proc/$pid/fd/*";

my @loads = (start_load('-t', 14, '-c', 12, $at),
    start_load('-t', 14, '-c', 6, '-r', 5, '-q', 'delay=20', $at),
    start_load('-t', 14, '-c', 4, '-w', 30, $at));
my ($done, $new) = (0, 0);
for (1 .. 20) {
	put_program($path, $tested);
	$done += upgrade($p) ? 1 : 0;
	$new += same_program($p, $path);
	sleep 0.1;
}
is $done, 20, '20 upgrades';
is $new, 20, 'each to the program that was there';
is generation($p), 21, 'a generation each, and numbers go on';
my $requests = 1;
for my $what ('kept', 'short and waiting', 'mostly idle') {
	my $line = load_line(shift @loads);

	is spoiled($line), '', "20 upgrades: $what connections";
	$requests += $1 if $line =~ /^requests (\d+)/;
}
ok $p->alive && $p->pid == $pid, 'one process all the time';
is get($at, '/b/5/1')->{status}, 200, 'after';
ok until_true(sub { $p->children <= 8 }, 15), 'old generations end'
    or diag explain { $p->children };
my @lines = $p->access_lines($requests + 1, 10);
is scalar @lines, $requests + 1, 'a line in the access log for each request';
is scalar(() = glob "/proc/$pid/fd/*"), $held,
    'as many descriptors as before' or
    diag map { (readlink $_) . "\n" } glob "/proc/$pid/fd/*";
ok -e $p->dir . '/portico.pid', 'the pid file is there';
is $p->quit, 0, 'QUIT';
ok !-e $p->dir . '/portico.pid', 'and removes it';
my ($ended, $wrong) = $p->sums;
is $ended, 21, 'every generation has counted';
is $wrong, undef, 'and left nothing';
done_testing;
