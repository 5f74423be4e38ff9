# SPDX-License-Identifier: BSD-2-Clause
# A TCP check finds who listens no more, and who listens again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Checked;
use Client qw(get field until_true);
use Portico;

my $b = Checked->start(2);
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = ( @{[ $b->list ]} ); passive = false;
	    health = { interval = "400ms"; timeout = "300ms"; }; }; };
});
my $at = $p->address('http');

sub is_gone
{
	my ($i, $pattern, $seconds) = @_;
	my $from = time;

	return undef if !$p->logged($pattern, $seconds);
	return time - $from;
}

ok until_true(sub { $b->events(0) && $b->events(1) }, 1.9),
    'both are checked within the first second';
is get($at, '/')->{status}, 200, 'served';
ok until_true(sub { $b->events(0, 'end') > 3 }, 5), 'again and again';
is $b->events(0, 'GET') + $b->events(1, 'GET'), 1,
    'and nothing is sent but what a client asks' or diag $b->text;
unlike $p->log, qr{app/b\d is}, 'nothing has changed: nothing is said';

$b->tell(1, 'refuse');
my $took = is_gone(1, qr{app/b1\ is\ down:\ connect:\ Connection\ refused,
    \ 3\ times;\ 1\ of\ 2\ are\ left}x, 10);
ok defined $took, 'it is down, why, and what is left' or diag $p->log;
cmp_ok $took // 99, '<', 3, 'within fall x interval (1.2 s), and a machine ' .
    'that is busy';
is_deeply [ map { get($at, '/')->{status} } 1 .. 20 ], [ (200) x 20 ],
    'all goes to the other one';

$b->tell(1, 'serve');
ok $p->logged(qr{app/b1 is up: 2 good checks; 2 of 2 are left}, 10),
    'it is up again, by rise';
my $n = $b->events(1, 'GET');
ok until_true(sub { get($at, '/'); $b->events(1, 'GET') > $n }, 3),
    'and gets requests';

$b->tell('*', 'refuse');
ok $p->logged(qr{error steward: app/b\d is down: .*; 0 of 2 are left}, 10),
    'none is left: an error';
is get($at, '/')->{status}, 503, 'no pool without a backend';
$b->tell('*', 'serve');
ok $p->logged(qr{app/b1 is up.*app/b\d is up}s, 10), 'all again';
is get($at, '/')->{status}, 200, 'served';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
