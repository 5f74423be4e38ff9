# SPDX-License-Identifier: BSD-2-Clause
# Gates, workers, steward and heir die; who is connected over TLS notices
# nothing.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Certs;
use Client qw(until_true);
use Portico;
use Tls qw(get_tls one_https);
use Torture qw(start_origin start_load torment spoiled);

my $p = Portico->start(one_https(start_origin(),
    Certs->new->leaf(names => [ 'load.test' ]), listener => 'max_body = "1G";',
    top => 'workers = { min = 4; max = 8; }; gates = 2;'));
my $at = $p->address('https');

sub gates_are { my ($n) = @_; return until_true(sub {
    scalar(() = $p->pids('gate')) == $n }, 10) }

# Connections that stay: their gate is of no more use to them.
my ($killed, @lines) = torment($p, 0.05, [ 'gate' ],
    start_load('-S', 3, '-t', 3, '-c', 8, $at),
    start_load('-S', 2, '-t', 3, '-c', 8, '-q', 'chunked&delay=10', $at),
    start_load('-S', 0, '-t', 3, '-c', 4, '-r', 1, '-s', '1:2000', $at),
    start_load('-S', 3, '-t', 3, '-c', 4, '-p', 50, $at));
cmp_ok $killed->{gate} // 0, '>', 10, "$killed->{gate} gates killed";
for my $what ('TLS 1.3', 'TLS 1.2', 'new connections', 'uploads') {
	my $line = shift @lines;

	is spoiled($line), '', "$what: $line";
}
ok gates_are(2), 'the gates are there again';

($killed, @lines) = torment($p, 0.05, [ 'worker', 'worker', 'worker',
    'steward', 'heir' ],
    start_load('-S', 3, '-t', 4, '-c', 8, $at),
    start_load('-S', 2, '-t', 4, '-c', 8, $at),
    start_load('-S', 3, '-t', 4, '-c', 2, '-s', '300000:2000000', $at),
    start_load('-S', 2, '-t', 4, '-c', 2, '-q', 'chunked', '-s',
    '100000:900000', $at),
    start_load('-S', 0, '-t', 4, '-c', 4, '-r', 1, '-s', '1:2000', $at));
cmp_ok $killed->{worker} // 0, '>', 10, "$killed->{worker} workers killed";
for my $what ('TLS 1.3', 'TLS 1.2', 'long answers', 'in chunks',
    'new connections') {
	my $line = shift @lines;

	is spoiled($line), '', "$what: $line";
	like $line, qr/ lost 0$/, 'no handshake either';
}
($killed, @lines) = torment($p, 0.05, [ 'worker' ],
    start_load('-S', 3, '-t', 2, '-c', 8, '-p', 50, $at));
like $lines[0], qr/mixed 0 stalled 0 lost/, 'uploads: none mixed or stalled';
ok until_true(sub { $p->workers >= 4 }, 5), 'the workers are there again';
is get_tls($at, '/b/5/5')->{status}, 200, 'served';
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $ended, 1, 'sums were taken';
is $wrong, undef, 'and are all zero';
done_testing;
