# SPDX-License-Identifier: BSD-2-Clause
# A worker that is made opens no file for OpenSSL: it would stand in the
# family's table without a row, to be swept away while it is read, or left.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX qw(mkfifo);
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(until_true);
use Portico;
use Tls qw(get_tls one_https);

my $file = Portico::temporary() . '/openssl.cnf';
open my $to, '>', $file or die "$file: $!";
close $to;
$ENV{OPENSSL_CONF} = $file;
my $backend = Backend->new(plain('fine'));
my $p = Portico->start(one_https($backend->address,
    Certs->new->leaf(names => [ 'a.test' ]),
    top => 'workers = { min = 1; max = 1; };'));
my $at = $p->address('https');

is get_tls($at, '/')->{body}, 'fine', 'served';
# whoever opens it waits for ever
unlink $file;
mkfifo $file, 0644 or die "$file: $!";
for my $round (1, 2) {
	my ($worker) = $p->workers;

	kill 'KILL', $worker;
	ok until_true(sub { my @now = $p->workers;
	    @now == 1 && $now[0] != $worker }, 5), 'another worker is made';
	is get_tls($at, '/')->{body}, 'fine', 'and serves';
	kill 'KILL', $p->pids('steward'); # the next one is its heir's
	ok until_true(sub { $p->pids('steward') == 1
	    && $p->pids('heir') == 1 }, 5), 'another steward';
}
unlink $file;
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'and are all zero';
done_testing;
