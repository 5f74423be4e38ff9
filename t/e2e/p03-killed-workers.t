# SPDX-License-Identifier: BSD-2-Clause
# A worker's death is noticed by nobody.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(until_true);
use Portico qw(one_backend);
use Torture qw(start_origin start_load torment spoiled);

my $p = Portico->start(one_backend(start_origin(),
    top => 'workers = { min = 4; max = 8; };'));
my $at = $p->address('http');
my ($killed, @lines) = torment($p, 0.05, [ 'worker' ],
    start_load('-t', 6, '-c', 16, $at),
    start_load('-t', 6, '-c', 16, '-q', 'chunked&delay=10', $at),
    start_load('-t', 6, '-c', 2, '-s', '500000:2000000', $at));

my $dead = $killed->{worker} // 0;
cmp_ok $dead, '>', 50, "$dead workers killed";
for my $what ('1 to 64 KB', 'chunked, after a wait', 'long answers') {
	is spoiled(shift @lines), '', "GET on kept connections: $what";
}
ok until_true(sub { $p->workers >= 4 }, 5), 'the workers are there again';

# Not safe to repeat: such a request may fail, but never as another's.
($killed, @lines) = torment($p, 0.05, [ 'worker' ],
    start_load('-t', 2, '-c', 8, '-p', 50, $at));
like $lines[0], qr/mixed 0 stalled 0$/, "uploads: none mixed, none stalled";

is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $ended, 1, 'sums were taken';
is $wrong, undef, 'and are all zero';
done_testing;
