# SPDX-License-Identifier: BSD-2-Clause
# A generation that drains calls its https backends to the end; renewed
# certificates and reloads cost no request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);
use Backend qw(plain);
use Certs;
use Client qw(get request until_true);
use Portico;
use TlsBackend;
use Torture qw(load_line spoiled start_load start_origin);

my $ca = Certs->new;
my $leaf = $ca->leaf(names => [ 'shop.test' ]);
my $own = $ca->leaf(names => [ 'us.test' ], client => 1, cn => 'us.test');
my $slow = TlsBackend->new(sub {
	$_[0]->request // return;
	sleep 0.4;
	$_[0]->send(plain('slow'));
}, cert => $leaf);
my $shop = Portico->start(qq{
	listeners = { https = { address = "\@https\@";
	    tls = { certificates = "$leaf"; }; }; };
	pools = { app = { backends = ( "@{[ start_origin() ]}" ); }; };
});
my $tls = qq{tls = { ca = "@{[ $ca->file ]}"; name = "shop.test";
    cert = "$own"; };};
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
	    slow = { backends = ( { address = "https://@{[ $slow->address ]}";
		max_connections = 1; } ); $tls max_reuse = 1;
		queue = { length = 50; timeout = "30s"; }; };
	    app = { backends = ( "https://@{[ $shop->address('https') ]}" );
		$tls max_reuse = 5; };
	};
	sites = { x = { hosts = "*"; routes = ( { path = "/slow";
	    pool = "slow"; }, { pool = "app"; } ); }; };
	workers = { min = 2; max = 4; };
});
my $at = $p->address('http');

# Each needs a new connection, when its turn comes.
my @waiting = map { Client->new($at) } 1 .. 8;
$_->send(request('GET /slow')) for @waiting;
sleep 0.2;
my $load = start_load('-t', 6, '-c', 8, $at);
$p->reload;
ok $p->logged(qr/generation 2 is running/, 15), 'a reload';
is join(' ', map { $_->final(timeout => 20)->{body} } @waiting),
    join(' ', ('slow') x 8), 'who waited before has an answer each';
$_->close for @waiting;
ok $p->logged(qr/generation 1 ended/, 15), 'and the old generation ends';
for (1 .. 2) {
	$ca->leaf(names => [ 'us.test' ], client => 1, cn => "us$_.test",
	    file => $own);
	sleep 0.5;
	$p->reload if $_ == 2;
}
is spoiled(load_line($load)), '', 'nobody else has noticed';
is get($at, '/slow')->{body}, 'slow', 'and on it goes';
is $p->quit, 0, 'QUIT';
my ($ended, @wrong) = $p->sums;
is "@wrong", '', "nothing is left open: $ended generations";
is $shop->quit, 0, 'QUIT of the backend';
done_testing;
