# SPDX-License-Identifier: BSD-2-Clause
# Each address of a name is checked for itself, a new one at once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Checked;
use Client qw(get until_true);
use Dns;
use Portico;

my $b = Checked->start(1); # of 127.0.0.1 alone
my ($port) = $b->address =~ /:(\d+)/;
my $dns = Dns->new('app.test' => [ 'A 127.0.0.1', 'TTL 1' ]);
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	resolvers = "@{[ $dns->address ]}";
	pools = { app = { backends = ( { name = "app";
		address = "app.test:$port"; addresses = 3; } );
	    passive = false; resolve = "1s";
	    health = { path = "/"; interval = "60s"; fall = 1; }; }; };
});
my $at = $p->address('http');

ok until_true(sub { $b->events(0, 'GET') > 0 }, 10),
    'it is checked once it has an address, not a minute later';
is +($b->events(0, 'GET'))[0][3], "app.test:$port", 'by its name';
is get($at, '/')->{status}, 200, 'served';
unlike $p->log, qr{is down}, 'who has no address is not checked';

$p->clear_log;
$dns->set('app.test', 'A 127.0.0.1', 'A 127.0.0.2', 'TTL 1');
ok $p->logged(qr{app/app#2 is down: connect: Connection refused; 1 of 2}, 10),
    'another address, where nobody listens: found out at once'
    or diag $p->log;
is_deeply [ map { get($at, '/')->{status} } 1 .. 10 ], [ (200) x 10 ],
    'the first one serves';

$p->clear_log;
$dns->set('app.test', 'A 127.0.0.3', 'TTL 1');
ok $p->logged(qr{app/app(?:#\d)? is down: connect: Connection refused; 0 of}, 10),
    'what is new begins anew' or diag $p->log;
$p->clear_log;
$dns->set('app.test', 'A 127.0.0.1', 'TTL 1');
ok until_true(sub { get($at, '/')->{status} == 200 }, 10),
    'an address that was known, at a new place, is no more down';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
