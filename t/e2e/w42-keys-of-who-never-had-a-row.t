# SPDX-License-Identifier: BSD-2-Clause
# A client leaves, and the worker dies that has just written down its keys:
# they do not stay where no row is.
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
use Time::HiRes qw(sleep);
use Backend qw(plain);
use Certs;
use Client qw(until_true);
use Keys qw(count_in keys_of);
use Portico;
use Tls qw(get_tls);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;
plan skip_all => 'memory of a sanitized build' if Portico::sanitized;
plan skip_all => 'only root reads the memory of others' if $> != 0;

my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $backend = Backend->new(plain('fine'));

$ENV{PORTICO_FAULT} = 'client_filled:0';
my $p = Portico->start(qq{
connections = 100; buffers = "4M";
workers = { min = 1; max = 1; };
listeners = { https = { address = "\@https\@"; tls = {
    certificates = "$cert"; }; }; };
pools = { app = { backends = [ "@{[ $backend->address ]}" ]; }; };
});
my $at = $p->address('https');
my ($worker) = $p->workers;

kill 'STOP', $worker;
my $c = Tls->new($at, version => '1.3', keylog => 1) or die $Tls::error;
my @keys = keys_of($c->keylog);
cmp_ok scalar(@keys), '>=', 2, 'a client has keys';
sleep 0.3; # the gate hands it over
$c->reset;
sleep 0.1;
kill 'CONT', $worker;
ok $p->logged(qr/fault: client_filled reached/, 5), 'a worker died with them';
ok until_true(sub { my @now = $p->workers; @now == 1 && $now[0] != $worker },
    5), 'there is another';
my ($steward) = $p->pids('steward');
ok until_true(sub { count_in($steward, @keys) == 0 }, 3),
    'they stand nowhere any more' or diag count_in($steward, @keys);
is +(get_tls($at, '/') // {})->{body}, 'fine', 'the next client is served';
is $p->quit, 0, 'QUIT';
my ($ended, @sums) = $p->sums;
is $ended, 1, 'sums were taken';
is "@sums", '', 'and are all zero';
done_testing;
