# SPDX-License-Identifier: BSD-2-Clause
# Gates, workers and stewards die while connections to https backends are
# made all the time: no GET fails.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Certs;
use Client qw(until_true);
use Portico qw(one_backend);
use Torture qw(start_origin start_load torment spoiled);

my $ca = Certs->new;
my $leaf = $ca->leaf(names => [ 'shop.test' ]);
my $shop = Portico->start(qq{
	listeners = { https = { address = "\@https\@";
	    tls = { certificates = "$leaf"; }; }; };
	pools = { app = { backends = ( "@{[ start_origin() ]}" ); }; };
});
my $p = Portico->start(one_backend('https://' . $shop->address('https'),
    pool => 'max_reuse = 4; idle_connections = 4; passive = false;' .
    'timeouts = { connect = "5s"; }; tls = { name = "shop.test"; ca = "' .
    $ca->file . '"; };', top => 'gates = 2;
    workers = { min = 4; max = 8; };'));
my $at = $p->address('http');

sub load
{
	return (start_load('-t', 4, '-c', 12, $at),
	    start_load('-t', 4, '-c', 4, '-r', 1, '-s', '1:3000', $at),
	    start_load('-t', 4, '-c', 2, '-s', '100000:500000', $at));
}

for my $roles ([ 'gate' ], [ 'gate', 'worker', 'worker', 'steward' ]) {
	my ($killed, @lines) = torment($p, 0.06, $roles, load());
	my $dead = join ', ', map { "$killed->{$_} x $_" } sort keys %$killed;

	cmp_ok $killed->{gate} // 0, '>', 4, "killed: $dead";
	is spoiled($_), '', "GETs: $_" for @lines;
	ok until_true(sub { $p->pids('gate') >= 2 }, 5), 'gates are there again';
}
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $ended, 1, 'sums were taken';
is $wrong, undef, 'and are all zero';
is $shop->quit, 0, 'QUIT of the backend';
is +($shop->sums)[1], undef, 'nothing is left open there';
done_testing;
