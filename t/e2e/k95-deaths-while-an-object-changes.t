# SPDX-License-Identifier: BSD-2-Clause
# Workers and stewards die while an object changes: no response is a mixture.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use CacheCase qw(start_cases answers times_asked reply fetch send_request
    address portico);
use Client qw(request until_true);

my $p = start_cases(top => 'workers = { min = 4; max = 6; };');
my $at = address();

# Version n: its number again and again, and of a length of its own.
sub version
{
	my ($n) = @_;

	return sprintf('%06d.', $n) x (10_000 + 37 * $n);
}

sub is_whole
{
	my ($body) = @_;
	my ($n) = $body =~ /^(\d{6})\./ or return 0;

	return $body eq version($n);
}

answers('/a', map { { if => '^DELETE', then => reply(204, ''),
    else => reply(200, version($_), 'Cache-Control: max-age=3600',
	"ETag: \"$_\"") } } 1 .. 100);

# Each reads as often as it can, and says how many responses were whole, how
# many were cut, and how many were neither.
sub read_on
{
	my ($until) = @_;
	my ($whole, $cut, $mixed) = (0, 0, 0);

	while (time < $until) {
		my $c = eval { Client->new($at, rcvbuf => 65_536) } or next;

		for (1 .. 5) {
			$c->send(request('GET /a'));
			my $r = eval { $c->final };
			if (!$r || $r->{broken} || $r->{status} != 200) {
				$cut++;
				last;
			}
			is_whole($r->{body}) ? $whole++ : $mixed++;
		}
		$c->close;
	}
	return "$whole $cut $mixed\n";
}

my $until = time + 5;
my @readers = map {
	my $pid = open(my $from, '-|') // die "fork: $!";
	if ($pid == 0) {
		print read_on($until);
		close STDOUT;
		POSIX::_exit(0);
	}
	$from;
} 1 .. 4;

my ($killed, $changed) = (0, 0);
while (time < $until) {
	my @workers = $p->workers;

	$killed += kill 'KILL', $workers[rand @workers] if @workers;
	$killed += kill 'KILL', $p->pids('steward') if $killed % 10 == 9;
	sleep 0.06;
	$changed++ if send_request('DELETE /a')->{status} == 204;
}
my @sums = (0, 0, 0);
for my $from (@readers) {
	my @said = split ' ', <$from> // '';

	$sums[$_] += $said[$_] // 0 for 0 .. 2;
	close $from;
}
cmp_ok $killed, '>', 15, "$killed have been killed";
cmp_ok $changed, '>', 10, "$changed changes";
cmp_ok $sums[0], '>', 50, "$sums[0] whole responses";
is $sums[2], 0, 'no mixture';
cmp_ok $sums[1], '<=', $sums[0] / 10, "$sums[1] of them were cut, or errors";
ok until_true(sub { is_whole(fetch('/a')->{body}) }, 10), 'it goes on';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
