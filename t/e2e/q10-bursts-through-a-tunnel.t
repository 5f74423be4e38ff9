# SPDX-License-Identifier: BSD-2-Clause
# The last bytes of a burst go through a tunnel like the first ones, however
# many strides it takes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Portico qw(one_backend);
use Tunnel qw(accept_tunnel open_tunnel numbers);

# "up N": N bytes are on their way here; "down N": N bytes are wanted.
my $b = Backend->new(sub {
	my ($c) = @_;

	accept_tunnel($c) // return;
	for (;;) {
		my $line = $c->cut(qr/^.*?\n/s) // return;
		my ($way, $n) = $line =~ /^(\w+) (\d+)/;
		if ($way eq 'down') {
			$c->send(numbers(0, $n)) or return;
		} else {
			until (length $c->{in} >= $n) {
				sysread $c->{socket}, my $part, 262144 or return;
				$c->{in} .= $part;
			}
			my $right = $c->cut(undef, $n) eq numbers(0, $n);
			$c->send($right ? 'right' : 'wrong') or return;
		}
	}
});
my $p = Portico->start(one_backend($b->address));
my ($c) = open_tunnel($p->address('http'), '/');
my ($up, $down) = (0, 0);

srand 1;
$Client::TIMEOUT = 5;
for (1 .. 120) {
	my $n = 600_000 + int rand 400_000;

	$c->send("up $n\n" . numbers(0, $n)) or last;
	$c->take(5) eq 'right' or last;
	$up++;
}
is $up, 120, 'bursts of the client';
($c) = open_tunnel($p->address('http'), '/');
for (1 .. 120) {
	my $n = 600_000 + int rand 400_000;

	$c->send("down $n\n") or last;
	$c->take($n) eq numbers(0, $n) or last;
	$down++;
}
is $down, 120, 'bursts of the backend';
$c->close;
is $p->quit(5), 0, 'a clean end';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and every sum is zero';
done_testing;
