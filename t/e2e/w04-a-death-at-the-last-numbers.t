# SPDX-License-Identifier: BSD-2-Clause
# Where few numbers of descriptors are left, a worker looks for one before it
# receives a connection: its death just then leaves none behind.
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
use Client qw(request);
use Portico;
use Tls qw(get_tls one_https);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $b = Backend->new(plain('fine'));
my $p = do {
	local $ENV{PORTICO_FAULT} = 'number_found:0:kill:3';
	Portico->start(one_https($b->address,
	    Certs->new->leaf(names => [ 'a.test' ]),
	    top => 'connections = 20;'));
};
my @clients;

for (1 .. 20) {
	my $c = Tls->new($p->address('https')) or die $Tls::error;

	$c->send(request('GET /'));
	is +($c->final // { body => 'none' })->{body}, 'fine', "client $_";
	push @clients, $c;
}
ok $p->logged(qr/(?:number_found reached.*){3}/s, 5), 'three deaths';
$_->close for splice @clients;
is get_tls($p->address('https'), '/')->{body}, 'fine', 'and who comes later';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
