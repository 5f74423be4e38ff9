# SPDX-License-Identifier: BSD-2-Clause
# A steward that is killed while checks are under way leaves nothing behind,
# and its heir goes on with them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Checked;
use Client qw(get until_true);
use Portico;

my $SECONDS = 6;
my $b = Checked->start(40);

sub backends
{
	return join ', ', map { sprintf '{ name = "b%d"; address = "%s"; }',
	    $_, $b->address($_) } @_;
}

# Half of them never answer: their checks are always under way.
$b->tell($_, 'hang') for 20 .. 39;
my $p = Portico->start(qq{
	workers = { min = 2; max = 4; };
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
	    app = { backends = ( @{[ backends(0 .. 19) ]} ); passive = false;
		health = { path = "/"; interval = "200ms"; fall = 1; }; };
	    hung = { backends = ( @{[ backends(20 .. 39) ]} ); passive = false;
		health = { path = "/"; interval = "200ms"; timeout = "3s"; };
	    };
	};
	sites = { x = { hosts = "*"; routes = ( { path = "/hung";
	    pool = "hung"; }, { pool = "app"; } ); }; };
});
my $at = $p->address('http');

# What the family has open: its workers share one table with the steward.
sub descriptors
{
	my ($pid) = $p->workers;

	return scalar(() = glob "/proc/$pid/fd/*");
}

sub is_complete
{
	return $p->pids('steward') == 1 && $p->pids('heir') == 1
	    && $p->workers >= 2;
}

ok until_true(sub { $b->events(39, 'GET') > 0 }, 10), 'checks are under way';
my ($killed, $wrong, $until) = (0, 0, time + $SECONDS);
while (time < $until) {
	my @stewards = $p->pids('steward');

	$killed += kill 'KILL', @stewards;
	until_true(sub { my @now = $p->pids('steward');
	    @now && $now[0] != ($stewards[0] // 0) }, 5);
	$wrong += get($at, '/')->{status} != 200;
	sleep rand 0.15;
}
cmp_ok $killed, '>', 5, "killed: $killed times";
is $wrong, 0, 'all requests were served';
ok until_true(\&is_complete, 5), 'all are there again';
my $before = $b->events(0, 'GET');
ok until_true(sub { $b->events(0, 'GET') > $before + 3 }, 10),
    'the heir checks';
my $most = 0;
for (1 .. 20) {
	my $n = descriptors();

	$most = $n if $n > $most;
	sleep 0.1;
}
cmp_ok $most, '<', 40 + 40, "no descriptor was lost: $most at most";
$b->tell('*', 'refuse');
ok until_true(sub { (() = $p->log =~ m{app/b\d+ is down}g) >= 20 }, 10),
    'and sees who is down';
is $p->quit, 0, 'QUIT';
my ($ended, @not) = $p->sums;
cmp_ok $ended, '>=', 1, 'sums were taken';
is_deeply \@not, [], 'and are all zero';
done_testing;
