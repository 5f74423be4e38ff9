# SPDX-License-Identifier: BSD-2-Clause
# Stewards, workers and loggers are killed while one program follows another.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(get until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Torture qw(start_origin start_load load_line spoiled);
use Upgrade qw(own_program put_program generation);

my $tested = $Portico::BINARY;
my $path = own_program();
my $p = Portico->start(one_backend(start_origin(), top =>
    'drain_timeout = "20s"; access_log = { to = "@dir@/access.log"; };'));
my $at = $p->address('http');
my @loads = (start_load('-t', 22, '-c', 8, $at),
    start_load('-t', 22, '-c', 4, '-r', 5, '-w', 3, $at));
my (%killed, $rounds);
my @roles = qw(steward heir worker logger);

# One of a family of which enough are left.
sub strike
{
	my ($role) = @_;
	my %all = $p->children;
	my @pids = grep { $all{$_} =~ /^$role/ } keys %all or return;

	return if (grep { /^(?:worker|steward|heir)/ } values %all) < 5;
	$killed{$role}++ if kill 'KILL', $pids[rand @pids];
	return;
}

my $until = time + 20;
while (time < $until) {
	my $before = generation($p);

	put_program($path, $tested);
	$p->signal('USR2');
	sleep 0.005 + rand 0.12;
	strike($roles[$rounds++ % @roles]);
	sleep 0.02;
	strike($roles[rand 3]);
	until_true(sub { generation($p) > $before }, 3);
	sleep 0.2;
	last if !$p->alive;
}
ok $p->alive, 'the master lives' or diag $p->log;
is spoiled(load_line(shift @loads)), '', "$_ connections" for qw(kept short);
cmp_ok generation($p), '>', 5, generation($p) . " generations, $rounds tries";
cmp_ok $killed{$_} // 0, '>', 0, "killed: $killed{$_} of $_" for @roles;
is get($at, '/b/10/1')->{status}, 200, 'after';
ok until_true(sub { $p->children <= 8 }, 25), 'the old ones have gone'
    or diag explain { $p->children };
ok until_true(sub { $p->pids('logger') == 1 }, 10), 'there is a logger';
$p->signal('USR2');
ok until_true(sub { (() = $p->log =~ /it has taken over/g) > 5 }, 10),
    'and another upgrade';
is $p->quit(20), 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'nothing is left of any generation';
done_testing;
