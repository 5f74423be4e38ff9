# SPDX-License-Identifier: BSD-2-Clause
# What requests find out brings checks forward, and good checks end an
# ejection.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Checked;
use Client qw(get until_true);
use Portico;

my $b = Checked->start(6);

sub pool
{
	my ($name, $keys, @i) = @_;

	return sprintf qq{%s = { backends = ( %s ); %s };\n}, $name,
	    join(', ', map { sprintf '{ name = "b%d"; address = "%s"; }',
	    $_, $b->address($_) } @i), $keys;
}

my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
	    @{[ pool('slow', 'health = { path = "/healthz"; interval = "20s"; };
		passive = { failures = 1000; };', 0, 1) ]}
	    @{[ pool('both', 'health = { path = "/healthz"; interval = "600ms";
		timeout = "500ms"; }; passive = { failures = 2; eject = "60s"; };', 2, 3) ]}
	    @{[ pool('alone', 'passive = { failures = 2; eject = "1500ms"; };',
		4, 5) ]}
	};
	sites = { x = { hosts = "*"; routes = (
	    { path = "/slow"; pool = "slow"; }, { path = "/both"; pool = "both"; },
	    { pool = "alone"; } ); }; };
});
my $at = $p->address('http');

# Asks until the log says it; the requests that had another answer than 200.
sub ask_until
{
	my ($target, $pattern, $seconds) = @_;
	my ($end, $wrong) = (time + $seconds, 0);

	while ($p->log !~ $pattern && time < $end) {
		$wrong += get($at, $target)->{status} != 200;
		sleep 0.02;
	}
	return $p->log =~ $pattern ? $wrong : 'never';
}

ok until_true(sub { $b->events(0, 'GET') && $b->events(1, 'GET') }, 5),
    'checked once';
$b->tell(1, 'refuse');
my $from = time;
is ask_until('/slow', qr{slow/b1\ is\ down:\ connect:\ Connection\ refused,
    \ 3\ times;\ 1\ of\ 2}x, 15), 0, 'down, and no request was lost' or diag $p->log;
cmp_ok time - $from, '<', 10,
    'long before three checks each 20 s would have said so';
my $n = $b->events(0, 'GET');
is scalar(() = $b->text =~ m{^0 \S+ GET /healthz}mg), 1,
    'nobody suspects the other one';

is ask_until('/both', qr{is ejected|never}, 0.5), 'never', 'all is well';
$b->tell(3, 'ill');
is ask_until('/both', qr{both/b3 is ejected}, 10), 0, 'it is ejected';
sleep 2;
unlike $p->log, qr{both/b3 is back},
    'checks that were always good do not end it';
$b->tell(3, 'refuse');
ok $p->logged(qr{both/b3 is down: connect}, 15), 'checks fail, too';
$b->tell(3, 'serve');
ok $p->logged(qr{both/b3\ is\ (?:up|back\ before\ its\ time):
    \ 2\ good\ checks;\ 2\ of\ 2\ are\ left}x, 15),
    'then good ones end it' or diag $p->log;

$b->tell(5, 'refuse');
is ask_until('/', qr{alone/b5 is ejected}, 10), 0, 'ejected without a check';
$b->tell(5, 'serve');
ok $p->logged(qr{alone/b5\ is\ back\ after\ its\ ejection\ of\ 1\.5\ s;
    \ 2\ of\ 2\ are\ left}x, 10), 'time ends that' or diag $p->log;
$n = $b->events(5, 'GET');
ok until_true(sub { get($at, '/'); $b->events(5, 'GET') > $n }, 5),
    'it gets requests again';
$b->tell(5, 'refuse');
$p->clear_log;
is ask_until('/', qr{alone/b5 is ejected}, 10), 0, 'and is ejected again';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
