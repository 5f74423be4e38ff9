# SPDX-License-Identifier: BSD-2-Clause
# A renewal does not end gates that are at a check which may take long.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(get until_true);
use Portico;
use Time::HiRes qw(sleep time);
use TlsBackend;

umask 077;
my $ca = Certs->new;
my $live = Portico::temporary() . '/live.pem';
my $b = TlsBackend->new({ '/' => plain('fine'), '/slow' => sub { sleep 9;
    $_[0]->send(plain('slow')) } }, cert => $ca->leaf(names =>
    [ 'b.test' ]));

$ca->leaf(names => [ 'a.test' ], file => $live);
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@";
	    timeouts = { header = "1s"; }; };
	    https = { address = "\@https\@"; tls = { certificates =
	    "$live"; }; timeouts = { header = "1s"; }; }; };
	pools = { app = { backends = [ "https://@{[ $b->address ]}" ];
	    tls = { name = "b.test"; ca = "@{[ $ca->file ]}"; };
	    timeouts = { connect = "1s"; };
	    health = { path = "/slow"; interval = "60s"; timeout = "16s"; };
	}; };
	gates = 1;
});
my $http = $p->address('http');
ok until_true(sub { grep { m{^GET /slow} } $b->requests }, 5),
    'a check has begun';
my ($old) = $p->pids('gate');
$ca->leaf(names => [ 'a.test' ], file => $live);
ok $p->logged(qr/certificates have changed: new gates/, 15), 'a renewal';
ok until_true(sub { my @g = $p->pids('gate');
    @g == 1 && $g[0] != $old }, 25), 'the old gate leaves';
sleep 1;
unlike $p->log, qr/does not retire/, 'by itself';
is get($http, '/')->{body}, 'fine', 'served';
is scalar(grep { m{^GET /slow} } $b->requests), 1,
    'the check was not done twice';
unlike $p->log, qr/is down/, 'and was good';
is $p->quit, 0, 'QUIT';
done_testing;
