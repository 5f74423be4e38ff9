# SPDX-License-Identifier: BSD-2-Clause
# All of a pool goes down while requests wait for a place there: its fallback
# takes them, and does not wait for their time to be over.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);
use Faulty;
use Portico;

my ($app, $sorry) = map { Faulty->new(name => $_) } qw(app sorry);
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
	  app = { backends = ( { name = "a"; max_connections = 1;
	      address = "@{[ $app->address ]}"; } );
	    health = { path = "/health"; interval = "300ms"; timeout = "200ms"; };
	    passive = false; timeouts = { response = "60s"; };
	    queue = { length = 10; timeout = "60s"; }; fallback = "sorry"; };
	  sorry = { backends = [ "@{[ $sorry->address ]}" ]; };
	};
	sites = { x = { hosts = "*"; routes = ( { pool = "app"; } ); }; };
});

ok $app->be('hang'), 'the pool hangs';
my $from = time;
my @waiting = map {
	my $s = IO::Socket::INET->new(PeerAddr => $p->address('http')) or
	    die "connect: $!";
	print $s "GET /b/10/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	$s;
} 1 .. 6;
my @answers;
my $select = IO::Select->new(@waiting);
while ($select->count && time < $from + 30) {
	for my $s ($select->can_read(0.1)) {
		local $/;
		push @answers, scalar readline $s;
		$select->remove($s);
	}
}
is scalar(grep { m{^HTTP/1.1 200 .*X-Backend: sorry}s } @answers), 6,
    'the fallback answers all' or diag $p->log;
cmp_ok time - $from, '<', 30, 'long before their time is over';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
