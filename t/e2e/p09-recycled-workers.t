# SPDX-License-Identifier: BSD-2-Clause
# workers.recycle_after: a worker leaves after so many requests, and nobody
# notices.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(get until_true);
use Portico qw(one_backend);
use Torture qw(start_origin start_load load_line spoiled);

my $p = Portico->start(one_backend(start_origin(), top => q{
    workers = { min = 3; max = 3; recycle_after = 100; };
    error_log = { level = "debug"; };}));
my $at = $p->address('http');
my %first = map { $_ => 1 } $p->workers;
my @loads = map { start_load(@$_, $at) } [ '-n', 2000, '-c', 8 ],
    [ '-n', 1000, '-c', 8, '-r', 1 ], [ '-n', 300, '-c', 4, '-p', 100 ],
    [ '-n', 20, '-c', 2, '-s', '500000:2000000' ];
for my $what (qw(kept short uploads long)) {
	is spoiled(load_line(shift @loads)), '', "$what: none fails";
}

# The logger writes what has gathered now and then.
my $left;
until_true(sub {
	$left = () = $p->log =~ /debug master: worker \d .*enough requests/g;
	return $left >= 3320 / 110 - 3;
}, 3);
cmp_ok $left, '>=', 3320 / 110 - 3, "$left workers have left";
cmp_ok $left, '<=', 3320 / 90, 'after about a hundred requests each';
unlike $p->log, qr/(?:warn|error) (?:master|worker)/, 'nothing to warn of';
ok until_true(sub { $p->workers == 3 }, 5), 'as many as before';
ok !grep({ $first{$_} } $p->workers), 'but others';
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'every sum is zero';

my $q = Portico->start(one_backend(start_origin(),
    top => 'workers = { min = 2; max = 2; };'));
my @before = $q->workers;
is spoiled(load_line(start_load('-n', 3000, '-c', 4, $q->address('http')))),
    '', 'without the key';
is_deeply [ $q->workers ], \@before, 'they stay';
done_testing;
