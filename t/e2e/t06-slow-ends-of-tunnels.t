# SPDX-License-Identifier: BSD-2-Clause
# Who does not read holds up his own tunnel, and costs a bounded memory.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Tunnel qw(accept_tunnel open_tunnel numbers);

my $size = 20_000_000;
my $b = Backend->new(sub {
	my ($c) = @_;
	my $head = accept_tunnel($c) // return;

	if ($head =~ m{ /down}) {
		$c->record('down', '.') while $c->{sent}++ < $size / 10000 &&
		    $c->send(numbers(10000 * ($c->{sent} - 1), 10000));
	} elsif ($head =~ m{ /up}) {
		sleep 3;
		my ($got, $right) = (0, 1);
		while ($c->more) {
			$right &&= $c->{in} eq numbers($got, length $c->{in});
			$got += length $c->{in};
			$c->{in} = '';
		}
		$c->record('up', "$got " . ($right ? "right\n" : "wrong\n"));
	} else {
		$c->send(substr $c->{in}, 0, length $c->{in}, '')
		    while length $c->{in} || $c->more;
	}
});
my $p = Portico->start(one_backend($b->address));
my $at = $p->address('http');
my ($other) = open_tunnel($at, '/echo');
$other->send('x');
$other->take(1);
my $before = $p->pss_kb;

my @slow = map { (open_tunnel($at, '/down', rcvbuf => 1 << 17))[0] } 1 .. 5;
my @pushing = map { (open_tunnel($at, '/up'))[0] } 1 .. 5;

# As much as the way takes while the backend does not read.
my @pushed = map {
	my $c = $_;
	my $sent = 0;
	my $until = time + 1;

	while ($sent < $size && time < $until) {
		my $n = syswrite $c->{socket}, numbers($sent,
		    $size - $sent < 100000 ? $size - $sent : 100000);
		$n ? ($sent += $n) : sleep 0.02;
		last if !$n && $sent && time > $until - 0.6;
	}
	$sent } @pushing;
sleep 0.5;
my $grown = $p->pss_kb - $before;
SKIP: {
	skip 'memory of a sanitized build', 1 if Portico::sanitized;
	cmp_ok $grown, '<', 8192, "ten that do not read: $grown KB";
}
my $sent = 10000 * -s "$b->{dir}/down";
cmp_ok $sent, '<', 5 * $size, "the backend was held up: $sent bytes";
cmp_ok $_, '<', $size, "the client was held up: $_ bytes" for $pushed[0];

my $began = time;
my $right = 0;
for (1 .. 500) {
	$other->send("n$_");
	$right++ if $other->take(length "n$_") eq "n$_";
}
is $right, 500, 'another tunnel is served';
cmp_ok time - $began, '<', 2, 'without delay';

for my $c (@slow) {
	ok $c->take($size) eq numbers(0, $size), 'then every byte comes';
	$c->close;
}
for my $i (0 .. $#pushing) {
	$pushing[$i]->send(numbers($pushed[$i], $size - $pushed[$i]));
	$pushing[$i]->close;
}
my $up = "$b->{dir}/up";
ok until_true(sub { (() = Portico::slurp($up) =~ /\n/g) == 5 }, 20),
    'the others have read too';
is scalar(() = Portico::slurp($up) =~ /^$size right$/mg), 5,
    'every byte';
$other->close;
is $p->quit(5), 0, 'a clean end';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and every sum is zero';
done_testing;
