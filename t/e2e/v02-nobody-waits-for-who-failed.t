# SPDX-License-Identifier: BSD-2-Clause
# At a full pool of which one backend is dead: a dead one always has room, and
# it is given to nobody twice; who was failed by it is not turned away because
# the queue is full.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Pool qw(backends pool hold wait_held release);
use Client qw(field request);
use Portico qw(free_port);
use Time::HiRes qw(sleep);

my %b = backends(qw(a));
my $one = 'max_connections = 1;';
my $dead = '127.0.0.1:' . free_port();

for my $balance (qw(round-robin least-connections random)) {
	my $p = Portico->start('listeners = {
	    http = { address = "@http@"; }; };
	    pools = { app = ' . pool("balance = \"$balance\";
	    queue = { length = 2; timeout = \"20s\"; };
	    passive = { failures = 0; };", $b{a}, $one, $dead, $one) . '; };
	    workers = { min = 3; max = 3; };');
	my $at = $p->address('http');
	my $name = $balance =~ tr/-//dr;
	my $held = hold($at, $name);

	ok wait_held($name, 1), "$balance: the living one is full";
	my @waiting = map { my $c = Client->new($at);
	    $c->send(request("GET /$_")); sleep 0.05; $c } 1 .. 6;
	sleep 0.3;
	release($name);
	is join(' ', map { my $r = $_->final // {};
	    ($r->{status} // 'none') . (field($r, 'X-Backend') // '-') }
	    $held, @waiting), join(' ', ('200a') x 7),
	    "$balance: all of them are served";
	is $p->quit, 0, 'QUIT';
	my ($ended, @wrong) = $p->sums;
	is_deeply \@wrong, [], 'nothing is left over';
}
done_testing;
