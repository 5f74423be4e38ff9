# SPDX-License-Identifier: BSD-2-Clause
# Bytes that are sent as urgent are bytes like others: nobody spins on them,
# and none is lost or counted twice, also when workers are killed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Socket qw(MSG_OOB);
use Test::More;
use Backend qw(plain);
use Client qw(request);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Tunnel qw(accept_tunnel open_tunnel numbers);

my $size = 3_000_000;
my $b = Backend->new(sub {
	my ($c) = @_;
	my $head = $c->head // return;

	if ($head =~ m{^GET /tunnel}) {
		$c->send(Tunnel::switching());
		$c->send(substr $c->{in}, 0, length $c->{in}, '')
		    while length $c->{in} || $c->more;
		return;
	}
	$c->send("HTTP/1.1 200 OK\r\nContent-Length: $size\r\n\r\n" .
	    numbers(0, 300_000));
	sleep 0.2;
	$c->send(numbers(300_000, 100));
	send $c->{socket}, numbers(300_100, 1), MSG_OOB;
	$c->send(numbers(300_101, 100_000));
	sleep 0.5;
	$c->send(numbers(400_101, $size - 400_101));
	$c->more;
});
my $p = Portico->start(one_backend($b->address));
my $at = $p->address('http');

$Client::TIMEOUT = 4;
my $c = Client->new($at);
$c->send(request('GET /'));
my $r = $c->final;
is length($r->{body}), $size, 'an answer with an urgent byte: its length';
ok $r->{body} eq numbers(0, $size), 'and its bytes';
$c->close;

($c) = open_tunnel($at, '/tunnel');
my $got = '';
for my $i (0 .. 19) {
	if ($i % 2) {
		send $c->{socket}, numbers(10 * $i, 10), MSG_OOB;
	} else {
		$c->send(numbers(10 * $i, 10));
	}
	if ($i % 5 == 4) {
		sleep 0.1;
		kill 'KILL', $p->workers;
		sleep 0.2;
	}
	$got .= $c->take(10);
}
ok $got eq numbers(0, 200), 'urgent bytes through a tunnel, with deaths';
$c->close;
is $p->quit(8), 0, 'a clean end';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and every sum is zero';
done_testing;
