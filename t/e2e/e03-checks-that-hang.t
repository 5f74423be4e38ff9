# SPDX-License-Identifier: BSD-2-Clause
# A check without an answer ends in time, and keeps no other one waiting.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::INET;
use Test::More;
use Checked;
use Client qw(until_true);
use Portico;

my $b = Checked->start(3);

# Nobody accepts: with a full queue a connection does not come about.
my $deaf = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die;
my $deaf_at = '127.0.0.1:' . $deaf->sockport;
my @fill = map { IO::Socket::INET->new(PeerAddr => $deaf_at,
    Blocking => 0) } 1 .. 4;

my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
	    app = { backends = ( @{[ $b->list ]} ); passive = false;
		health = { path = "/"; interval = "200ms"; timeout = "700ms";
		    interval_down = "1500ms"; fall = 2; rise = 1; }; };
	    deaf = { backends = [ "$deaf_at" ]; passive = false;
		health = { interval = "200ms"; timeout = "500ms"; }; };
	};
	sites = { x = { hosts = "*"; routes = ( { path = "/deaf";
	    pool = "deaf"; }, { pool = "app"; } ); }; };
});

ok until_true(sub { $b->events(0, 'GET') > 2 }, 5), 'checked';
ok $p->logged(qr{deaf/\S+ is down: no connection within 500ms; 0 of 1}, 5),
    'the first check alone decides at a start' or diag $p->log;
$b->tell(0, 'hang');
$b->tell(1, 'hang');
ok $p->logged(qr{app/b$_ is down: no answer within 700ms, 2 times}, 10),
    "b$_ is down" for 0, 1;

my $slow = $b->events(0, 'GET');
my $quick = $b->events(2, 'GET');
sleep 4;
$slow = $b->events(0, 'GET') - $slow;
$quick = $b->events(2, 'GET') - $quick;
cmp_ok $slow, '>=', 1, "who is down is asked: $slow times in 4 s";
cmp_ok $slow, '<=', 4, 'by interval_down';
cmp_ok $quick, '>=', 10, "the other goes on: $quick times";
cmp_ok $quick, '<=', 24, 'and not more often';
$b->tell(0, 'serve');
$b->tell(1, 'serve');
ok $p->logged(qr{app/b$_ is up: 1 good check; }, 10), "b$_ is up" for 0, 1;
$b->tell(2, 'hang');
ok until_true(sub { $b->events(2, 'GET') > 0 }, 2), 'one is under way';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
