# SPDX-License-Identifier: BSD-2-Clause
# A tunnel ends when nothing moves for timeouts.tunnel; its log line is last.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Tunnel qw(accept_tunnel open_tunnel);

my $b = Backend->new(sub {
	my ($c) = @_;
	my $head = accept_tunnel($c) // return;

	if ($head =~ m{ /talk}) {
		for (1 .. 8) {
			$c->send('x') or last;
			sleep 0.4;
		}
	}
	$c->send('y' x 5000) if $head =~ m{ /count};
	$c->drain;
	$c->record('ended', $head =~ s/ HTTP.*//sr . "\n");
});
my $timeouts = 'timeouts = { header = "1s"; body = "1s"; write = "1s";
    keepalive = "1s";';
my $short = Portico->start(one_backend($b->address,
    listener => "$timeouts tunnel = \"1500ms\"; };",
    top => 'access_log = { to = "@dir@/access.log"; };'));
my $long = Portico->start(one_backend($b->address,
    listener => "$timeouts };",
    pool => 'timeouts = { response = "1s"; read = "1s"; idle = "1s"; };'));
my $at = $short->address('http');

sub ended
{
	my ($target) = @_;

	return until_true(sub {
		Portico::slurp("$b->{dir}/ended") =~ /GET $target$/m }, 3);
}

my ($other) = open_tunnel($long->address('http'), '/long');
my $began = time;
my ($c, $r) = open_tunnel($at, '/idle');
is $r && $r->{status}, 101, 'a tunnel';
is $c->ending(6), 'closed', 'nothing moves: closed';
cmp_ok time - $began, '>', 1.4, 'not before its time';
cmp_ok time - $began, '<', 4, 'nor long after';
ok ended('/idle'), 'for the backend too';

$began = time;
($c, $r) = open_tunnel($at, '/talk');
is $c->ending(10), 'closed', 'only the backend speaks: it stays, then ends';
cmp_ok time - $began, '>', 4, 'after its last word';
is $c->rest, 'xxxxxxxx', 'of eight';

$began = time;
($c, $r) = open_tunnel($at, '/listen');
for (1 .. 8) {
	$c->send('z');
	sleep 0.4;
}
is $c->ending(0.1), 'open', 'only the client speaks: it stays';
is $c->ending(6), 'closed', 'then ends';
ok ended('/listen'), 'for the backend too';

is $other->ending(0.1), 'open', 'no other time counts in a tunnel';
$other->send('still here');
ok until_true(sub { join('', $b->received) =~ /still here/ }, 3),
    'which is alive';

($c, $r) = open_tunnel($at, '/count');
$c->send('x' x 3000);
is $c->take(5000), 'y' x 5000, 'bytes to count';
sleep 0.3;
my $log = $short->dir . '/access.log';
unlike Portico::slurp($log), qr{/count}, 'no line while it is open';
$c->close;
my ($line) = grep m{/count}, $short->access_lines(4);
like $line // '', qr{"GET /count HTTP/1\.1" 101 \d+ }, 'a line at its end';
my ($bytes) = ($line // '') =~ / 101 (\d+) /;
cmp_ok $bytes // 0, '>=', 5000, 'with the bytes that went to the client';
cmp_ok $bytes // 0, '<', 5500, 'and no others';
$other->close;
for my $p ($short, $long) {
	is $p->quit(5), 0, 'a clean end';
	my ($ended, $wrong) = $p->sums;
	is $wrong, undef, 'and every sum is zero';
}
done_testing;
