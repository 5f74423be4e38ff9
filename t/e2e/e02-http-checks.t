# SPDX-License-Identifier: BSD-2-Clause
# An HTTP check asks as it is told, and looks at status and body.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Checked;
use Client qw(get until_true);
use Portico;

my $b = Checked->start(4);
my $u = Checked->start(1, unix => 1);

sub backends
{
	return join ', ', map { sprintf '{ name = "b%d"; address = "%s"; }',
	    $_, $b->address($_) } @_;
}

my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
	    app = { backends = ( @{[ backends(0, 1) ]} ); passive = false;
		health = { path = "/healthz?a=b"; host = "shop.example";
		    interval = "300ms"; drain_on_404 = true; }; };
	    body = { backends = ( @{[ backends(2) ]} ); passive = false;
		health = { path = "/"; method = "OPTIONS"; fall = 1; rise = 1;
		    interval = "200ms";
		    expect = { status = [ "200", "500-503" ];
			body_re = "^fine"; }; }; };
	    not = { backends = ( @{[ backends(3) ]} ); passive = false;
		health = { path = "/not"; fall = 1; rise = 1; timeout = "1s";
		    interval = "200ms"; port = @{[ $b->address(2) =~
			/:(\d+)/ ]};
		    expect = { body_re = "!maintenance"; }; }; };
	    unix = { backends = ( "@{[ $u->address ]}" ); passive = false;
		health = { path = "/u"; interval = "200ms"; fall = 1; }; };
	};
	sites = { x = { hosts = "*"; routes = (
	    { path = "/body"; pool = "body"; }, { path = "/not"; pool = "not"; },
	    { path = "/unix"; pool = "unix"; }, { pool = "app"; } ); }; };
});
my $at = $p->address('http');

ok until_true(sub { $b->events(0, 'GET') && $b->events(1, 'GET')
    && $b->events(2, 'OPTIONS') && $u->events(0, 'GET') }, 5),
    'all are checked';
is_deeply [ @{ ($b->events(0, 'GET'))[0] }[1 .. 4] ],
    [ 'GET', '/healthz?a=b', 'shop.example', 'health-check' ],
    'method, target, host; and who asks';
is +($b->events(2, 'OPTIONS'))[0][3], $b->address(2), "the backend's host";
ok until_true(sub { grep { $_->[2] eq '/not' } $b->events(2, 'GET') }, 5),
    'a port of its own';
is scalar(grep { $_->[2] eq '/not' } $b->events(3, 'GET')), 0,
    'and not the other one';
is +(grep { $_->[2] eq '/not' } $b->events(2, 'GET'))[0][3],
    $b->address(3), 'which the host still names';
ok !(grep { $_->[2] ne 'closed' } $b->events(0, 'end')),
    'the backend sees ordinary ends';

sub changes
{
	my ($i, $mode, $line, $name) = @_;

	$p->clear_log;
	$b->tell($i, $mode);
	ok $p->logged($line, 10), $name // $mode or diag $p->log;
	return;
}

changes(1, 'status 503', qr{app/b1 is down: status 503, 3 times; 1 of 2});
is scalar(grep { get($at, '/x')->{status} != 200 } 1 .. 10), 0, 'served';
changes(1, 'serve', qr{app/b1 is up: 2 good checks; 2 of 2});
changes(1, 'status 404', qr{app/b1 is draining: status 404; 1 of 2});
changes(1, 'serve', qr{app/b1 is up: \d+ good checks?; 2 of 2});
changes(1, 'garbage', qr{app/b1 is down: unlawful answer: .*, 3 times});
changes(1, 'status 404', qr{app/b1 is draining: status 404; 1 of 2});
changes(1, 'reset', qr{app/b1 is down: connection reset, 3 times});
changes(1, 'status 302', qr{app/b1 is up: 2 good checks},
    'a redirect is a status');

changes(2, 'body not so fine', qr{body/b2 is down: body does not match; 0 of});
is get($at, '/body')->{status}, 503, 'none is left';
changes(2, 'body fine again', qr{body/b2 is up: 1 good check; 1 of 1});
changes(2, 'status 404', qr{body/b2 is down: status 404; 0 of});
changes(2, 'status 502', qr{body/b2 is up: 1 good check; 1 of 1},
    'a status of the list');
changes(2, 'body fine', qr{not/b3 is up});
changes(2, 'body fine, but maintenance',
    qr{not/b3 is down: body matches what it must not});
changes(2, 'body fine', qr{not/b3 is up});

$u->tell(0, 'status 500');
ok $p->logged(qr{unix/\S+ is down: status 500; 0 of 1}), 'a unix socket';
$u->tell(0, 'serve');
ok $p->logged(qr{unix/\S+ is up: 2 good checks; 1 of 1}), 'and up again';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
