# SPDX-License-Identifier: BSD-2-Clause
# A client whose keys stand in a row that nobody owns yet has gone when the
# steward finds its socket: its keys go, too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
my $fault_bin;
BEGIN {
	$fault_bin = $ENV{PORTICO_FAULT_BIN};
	$ENV{PORTICO} = $fault_bin if defined $fault_bin;
}
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(until_true);
use Keys qw(count_in keys_of);
use Portico;
use Tls qw(get_tls one_https);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;
plan skip_all => 'only root reads the memory of others' if $> != 0;
plan skip_all => 'memory of a sanitized build' if Portico::sanitized;

my $b = Backend->new(plain('fine'));
my $p = do {
	local $ENV{PORTICO_FAULT} = 'client_filled:0:kill';
	Portico->start(one_https($b->address,
	    Certs->new->leaf(names => [ 'a.test' ]),
	    top => qq{connections = 100; buffers = "4M"; gates = 1;
workers = { min = 2; max = 2; };}));
};
my @stewards = map { $p->pids($_) } qw(steward heir);

kill 'STOP', @stewards;
my $c = Tls->new($p->address('https'), keylog => 1, version => '1.3')
    or die $Tls::error;
ok $p->logged(qr/client_filled reached/, 10), 'a death';
ok until_true(sub { 1 == $p->workers }, 10), 'one worker is left';
my @keys = keys_of($c->keylog);
my ($worker) = $p->workers;
cmp_ok count_in($worker, @keys), '>', 0, 'keys stand in the lobby';
$c->reset;
kill 'CONT', @stewards;
ok until_true(sub { 2 == $p->workers }, 10), 'two workers';
ok until_true(sub { 0 == count_in($worker, @keys) }, 5), 'no keys are left'
    or diag count_in($worker, @keys);
is get_tls($p->address('https'), '/')->{body}, 'fine', 'who comes later';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
