# SPDX-License-Identifier: BSD-2-Clause
# Workers and stewards that are killed while requests wait for a place: every
# request is answered, every place is given to one, nothing is left behind.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use Test::More;
use Beside qw(side_by_side);
use Client qw(until_true);
use Portico;
use Torture qw(start_origin start_load load_line torment spoiled);

my $SECONDS = 6;
my $PLACES = 2;

# With three backends of two places each, 26 clients wait most of the time.
sub try_balance
{
	my ($balance) = @_;
	my $backends = join ', ', map { '{ address = "' . start_origin()
	    . "\"; max_connections = $PLACES; }" } 1 .. 3;
	my $p = Portico->start(qq{
	workers = { min = 4; max = 8; };
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = ( $backends );
	    balance = "$balance";
	    queue = { length = 100; timeout = "20s"; }; }; };
	});
	my @t = ('-t', $SECONDS, '-q', 'delay=5');
	my @loads = ([ '-c', 16 ], [ '-c', 8, '-w', 3 ],
	    [ '-c', 2, '-s', '200000:1000000' ]);
	my ($killed, @lines) = torment($p, 0.04,
	    [ qw(worker worker worker steward heir) ],
	    map { start_load(@t, @$_, $p->address('http')) } @loads);

	is spoiled($_), '', "$balance: $_" for @lines;
	cmp_ok $killed->{worker}, '>', 10, "$balance: workers were killed";
	ok until_true(sub { $p->workers >= 4 && $p->pids('steward') == 1 },
	    5), "$balance: the family is complete";
	is $p->quit(15), 0, "$balance: QUIT ends it";
	my ($ended, @wrong) = $p->sums;
	is $ended, 1, "$balance: a generation ended";
	is_deeply \@wrong, [], "$balance: nothing is left";
}

# The new family counts what the old one still holds, and serves those that
# wait when that has gone.
sub try_reloads
{
	my $backends = join ', ', map { '{ address = "' . start_origin()
	    . "\"; max_connections = $PLACES; }" } 1 .. 2;
	my $p = Portico->start(qq{
	workers = { min = 3; max = 6; };
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = ( $backends );
	    balance = "least-connections";
	    queue = { length = 100; timeout = "20s"; }; }; };
	});
	my @t = ('-t', $SECONDS, '-q', 'delay=20');
	my @loads = map { start_load(@t, @$_, $p->address('http')) }
	    [ '-c', 12 ], [ '-c', 6, '-r', 1 ];
	my $first = IO::Select->new($loads[0]);
	my $reloads = 0;

	until ($first->can_read(0.5)) {
		kill 'HUP', $p->{pid};
		$reloads++;
	}
	is spoiled($_), '', "reloads: $_" for map { load_line($_) } @loads;
	cmp_ok $reloads, '>', 5, 'reloads: there were some';
	is $p->quit(15), 0, 'reloads: QUIT ends it';
	my ($ended, @wrong) = $p->sums;
	cmp_ok $ended, '>', 2, "reloads: $ended generations ended";
	is_deeply \@wrong, [], 'reloads: nothing is left';
}

side_by_side(3, \&try_reloads, map { my $balance = $_; sub {
	try_balance($balance) } } 'least-connections', 'round-robin');
done_testing;
