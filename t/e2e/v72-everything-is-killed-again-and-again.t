# SPDX-License-Identifier: BSD-2-Clause
# Everything is killed at once, in the midst of filling, again and again: what
# the file has is there again, one version of each, and no death leaves it worse.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);
use Client qw(ask field request until_true);
use Portico;
use Torture qw(start_origin start_load load_line);

my $origin = start_origin();
my $dir = Portico::temporary();
my @sizes = (1, 900, 5000, 16_000, 70_000, 300_000, 900_000);
my @paths = map { my $s = $_; map { "/v/$s/$_?age=" . $_ % 4 } 1 .. 40 }
    @sizes;
my $kept = '/v/200000/77?age=3000';
my ($p, $tag);

sub start
{
	$p = Portico->start(qq{
	workers = { min = 4; max = 8; };
	cache = { size = "20M"; file = "$dir/cache"; };
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = [ "$origin" ]; }; };
	sites = { x = { hosts = "*"; routes = ( { pool = "app";
	    cache = true; } ); }; };
	});
	return $p->address('http');
}

for my $round (1 .. 6) {
	my $at = start();
	my $r = ask($at, request("GET $kept", [ 'Host: a.test' ]));

	is $r->{status}, 200, "round $round: it serves";
	is field($r, 'ETag'), $tag // field($r, 'ETag'),
	    'and what was whole is there' if $round > 1;
	$tag = field($r, 'ETag');
	my @loads = ((map { start_load('-t', 2, '-c', 12, '-H', 'a.test', $at,
	    @paths) } 1, 2), # and one that stays, since it is asked for
	    start_load('-t', 2, '-c', 1, '-w', 2, '-H', 'a.test', $at, $kept));
	sleep 0.7 + $round / 10;
	kill 'KILL', $p->pid;
	until_true(sub { !$p->alive }, 5);
	like load_line($_), qr/ mixed 0 stalled 0/, 'no mixture' for @loads;
	unlike $p->log, qr/begins empty|panic|letter/, 'nothing is thrown away';
}
my $at = start();
my $line = load_line(start_load('-t', 1, '-c', 12, '-H', 'a.test', $at,
    @paths));
like $line, qr/failed 0 reset 0 mixed 0 stalled 0/, $line;
is $p->quit(10), 0, 'QUIT';
my ($ended, @wrong) = $p->sums;
is "@wrong", '', 'all sums are zero';
done_testing;
