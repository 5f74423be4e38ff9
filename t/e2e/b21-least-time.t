# SPDX-License-Identifier: BSD-2-Clause
# Who answers late is asked less, in proportion.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Pool qw(backends pool names);
use Portico;
use Time::HiRes qw(sleep);

my %b = backends(qw(q));
my $slow = Backend->new(sub {
	my ($c) = @_;

	while (defined $c->request) {
		sleep 0.1;
		$c->send(plain('late', 'X-Backend: s')) or return;
	}
	return;
}, name => 's');
my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = { app = ' . pool('balance = "least-time";', $b{q}, '', $slow,
    '') . '; };');
my $names = names($p->address('http'), 60);

like $names, qr/s/, 'the slow one is asked, or nobody would know';
cmp_ok $names =~ tr/q//, '>=', 50, 'but soon the other one is preferred';
unlike substr($names, 20), qr/s.*s.*s/, 'as long as it is slow';
done_testing;
