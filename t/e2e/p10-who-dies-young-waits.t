# SPDX-License-Identifier: BSD-2-Clause
# A process that dies young is replaced later each time, and the log says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(get until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);

my $backend = Backend->new('echo');
my $p = Portico->start(one_backend($backend->address,
    top => 'workers = { min = 2; max = 2; };'));
my $at = $p->address('http');

# Ends it as soon as it is there; seconds until there is another.
sub end_young
{
	my ($role, $pid) = @_;

	kill 'ABRT', $pid;
	my $began = time;
	until_true(sub { grep { $_ != $pid } pids_beyond($role) }, 15);
	return time - $began;
}

my %old;
sub pids_beyond { return grep { !$old{$_} } $p->pids($_[0]) }

sleep 1.2;
my ($first) = $p->workers;
kill 'ABRT', $first;
ok until_true(sub { $p->workers == 2 && !grep { $_ == $first } $p->workers },
    5), 'one that has lived is replaced';
unlike $p->log, qr/young/, 'at once';
%old = map { $_ => 1 } grep { $_ > 0 } $p->workers;
my ($young) = sort { $b <=> $a } $p->workers;
delete $old{$young};
for my $seconds (1, 2) {
	my $took = end_young('worker', $young);

	cmp_ok $took, '>=', $seconds - 0.2, "died young: after $took s";
	cmp_ok $took, '<', $seconds + 3, "which is about $seconds";
	ok $p->logged(qr/worker \d died young: its successor waits $seconds s/,
	    1), 'told';
	($young) = pids_beyond('worker');
	ok $young, 'there it is';
}
is get($at, '/')->{status}, 200, 'others have served meanwhile';
kill 'KILL', $young;
ok until_true(sub { my ($new) = pids_beyond('worker');
    $new && $new != $young }, 3), 'killed by somebody: there is another';
is scalar(() = $p->log =~ /died young/g), 2, 'at once';
$p->clear_log;

# The logger, too.
sleep 1.2;
my ($logger) = $p->pids('logger');
kill 'ABRT', $logger;
ok until_true(sub { my ($new) = $p->pids('logger');
    $new && $new != $logger }, 1), 'the logger has lived: at once';
($logger) = $p->pids('logger');
kill 'ABRT', $logger;
my $began = time;
ok until_true(sub { my ($new) = $p->pids('logger');
    $new && $new != $logger }, 4), 'died young: there is another';
cmp_ok time - $began, '>=', 0.8, 'after a second';
ok $p->logged(qr/logger died young: its successor waits 1 s/, 3), 'told';

# And the heir.
my ($heir) = $p->pids('heir');
kill 'ABRT', $heir;
ok until_true(sub { my ($new) = $p->pids('heir');
    $new && $new != $heir }, 1), 'the heir has lived: at once';
($heir) = $p->pids('heir');
kill 'ABRT', $heir;
ok $p->logged(qr/heir died young: its successor waits \d s/, 3), 'young: told';
ok until_true(sub { my ($new) = $p->pids('heir');
    $new && $new != $heir }, 9), 'and there is another';
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'every sum is zero';
done_testing;
