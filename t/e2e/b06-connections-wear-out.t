# SPDX-License-Identifier: BSD-2-Clause
# With max_reuse = N a connection to a backend carries N requests at most.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util ();
use Test::More;
use Backend qw(plain);
use Client qw(ask get request);
use Portico qw(one_backend);

for ([ 1, 10 ], [ 3, 4 ], [ 10, 1 ], [ 0, 1 ]) {
	my ($reuse, $connections) = @$_;
	my $b = Backend->new(plain('fine'));
	my $p = Portico->start(one_backend($b->address,
	    pool => "max_reuse = $reuse;"));
	my $at = $p->address('http');
	my $good = grep { get($at, "/$_")->{body} eq 'fine' } 1 .. 10;

	is $good, 10, "max_reuse = $reuse: ten requests";
	is $b->connections, $connections, "on $connections connections";
}

# Nor with many at once, bodies, and clients that stay.
my $b = Backend->new('echo');
my $p = Portico->start(one_backend($b->address, pool => 'max_reuse = 5;'));
my @clients = map { Client->new($p->address('http')) } 1 .. 8;
for my $round (1 .. 25) {
	$_->send(request("POST /$round", [], 'x' x 3000)) for @clients;
	my @bad = grep { !$_ || $_->{status} != 200 }
	    map { $_->final } @clients;
	is scalar @bad, 0, "round $round" if @bad || $round == 25;
}
my @counts = map { scalar(() = m{POST /\d+ HTTP}g) } $b->received;
is List::Util::sum(@counts), 200,
    '200 requests arrived once each';
is join(' ', grep { $_ > 5 } @counts), '', 'at most five on a connection';
cmp_ok scalar @counts, '<=', 60, 'and they were used again';
done_testing;
