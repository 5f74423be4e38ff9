# SPDX-License-Identifier: BSD-2-Clause
# Upgrades of a Portico with gates: handshakes, kept connections, tickets and
# requests for https backends go on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(request until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep);
use Tls qw(get_tls one_https);
use TlsBackend;
use Torture qw(start_origin start_load load_line);
use Upgrade qw(own_program put_program upgrade generation same_program);

umask 077;
my $ca = Certs->new;
my $leaf = $ca->leaf(names => [ 'shop.test', 'a.test' ]);
my $verify = sprintf 'tls = { ca = "%s"; name = "shop.test"; };', $ca->file;
# What the load asks goes through another Portico, which speaks TLS as well.
my $shop = Portico->start(one_https(start_origin(), $leaf,
    listener => 'timeouts = { keepalive = "2s"; };'));
my $slow = TlsBackend->new(sub {
	my ($c) = @_;

	while (defined $c->request) {
		sleep 2;
		$c->send(plain('slow')) or return;
	}
}, cert => $leaf);

my $tested = $Portico::BINARY;
my $path = own_program();
my $p = Portico->start(qq{
	listeners = { https = { address = "\@https\@";
	    tls = { certificates = "$leaf"; }; }; };
	pools = {
	    app = { backends = [ "https://@{[ $shop->address('https') ]}" ];
		$verify };
	    slow = { backends = [ "https://@{[ $slow->address ]}" ];
		$verify };
	};
	sites = { x = { hosts = "*"; routes = (
	    { path = "/slow"; pool = "slow"; }, { pool = "app"; } ); }; };
	gates = 2;
});
my $at = $p->address('https');

my $first = Tls->new($at);
$first->send(request('GET /b/10/1'));
is $first->final->{status}, 200, 'before';
my $session = $first->session;
my $waits = Tls->new($at);
$waits->send(request('GET /slow'));
sleep 0.3;

my @loads = (start_load('-t', 12, '-c', 6, '-S', 3, $at),
    start_load('-t', 12, '-c', 4, '-S', 0, '-r', 3, '-w', 5, $at));
my $done = 0;
for (1 .. 8) {
	put_program($path, $tested);
	$done += upgrade($p) && same_program($p, $path) ? 1 : 0;
	sleep 0.3;
}
is $done, 8, '8 upgrades';
my $r = $waits->final;
is $r && $r->{body}, 'slow', 'a request for an https backend outlives them';
for my $what ('kept', 'short') {
	like load_line(shift @loads),
	    qr/^requests [1-9]\d* $Torture::CLEAN lost 0$/,
	    "$what connections";
}
my $again = Tls->new($at, session => $session);
ok $again && $again->resumed,
    'a ticket of the first program is good with the ninth';
ok until_true(sub { $p->pids('gate') == 2 && ($p->sums)[0] == 8 }, 20),
    'the old gates and generations have gone' or diag explain
    { $p->children }, $p->log;

for my $gate ($p->pids('gate')) {
	kill 'KILL', $gate;
}
ok until_true(sub { $p->pids('gate') == 2 }, 10), 'gates that die are followed';
is get_tls($at, '/b/10/1')->{status}, 200, 'after';
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $ended, 9, 'every generation has counted';
is $wrong, undef, 'and left nothing';
done_testing;
