# SPDX-License-Identifier: BSD-2-Clause
# What comes through a tunnel after the other side has ended has no hole,
# whatever instruction a worker dies at: also once both sides have ended, when
# the kernel calls the connection closed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
my $fault_bin;
BEGIN {
	$fault_bin = $ENV{PORTICO_FAULT_BIN};
	$ENV{PORTICO} = $fault_bin if defined $fault_bin;
}
use Test::More;
use Backend;
use Portico qw(one_backend);
use Time::HiRes qw(sleep);
use Tunnel qw(accept_tunnel open_tunnel numbers);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $size = 50_000;

# One side ends; the other one sends all and ends while nobody looks.
my $b = Backend->new(sub {
	my ($c) = @_;
	my $head = accept_tunnel($c) // return;

	if ($head =~ m{^GET /down}) {
		$c->drain;
		$c->send(numbers(0, $size));
	} else {
		$c->finish_sending;
		$c->drain;
		$c->record('said', $c->{in} eq numbers(0, $size) ? "right\n"
		    : 'wrong: ' . length($c->{in}) . "\n");
	}
});

sub half_a_tunnel
{
	my ($way, $passed) = @_;
	my $mark = $way eq 'down' ? 'backend_received' : 'client_received';
	local $ENV{PORTICO_FAULT} = "$mark:$passed:kill";
	my $p = Portico->start(one_backend($b->address,
	    top => 'workers = { min = 1; max = 1; };'));
	my ($c) = open_tunnel($p->address('http'), "/$way");
	my $said = '';

	unlink "$b->{dir}/said";
	sleep 0.2;
	$c->finish_sending if $way eq 'down';
	sleep 0.1;
	my @workers = $p->workers;
	kill 'STOP', @workers;
	if ($way eq 'down') {
		sleep 0.1;
		kill 'CONT', @workers;
		$said = $c->take($size) eq numbers(0, $size) ? "right\n"
		    : 'wrong';
	} else {
		$c->send(numbers(0, $size));
		$c->finish_sending;
		sleep 0.1;
		kill 'CONT', @workers;
		Client::until_true(sub { $said = Portico::slurp(
		    "$b->{dir}/said") }, 5);
	}
	is $said, "right\n", "$way, after $passed receives";
	my $died = $p->log =~ /fault: \w+ reached/;
	$c->close;
	is $p->quit(8), 0, 'a clean end';
	my ($ended, $wrong) = $p->sums;
	is $wrong, undef, 'and every sum is zero';
	return $died;
}

my $died = 0;
for my $way (qw(down up)) {
	$died += half_a_tunnel($way, $_) for 1 .. 6;
}
cmp_ok $died, '>=', 6, 'workers have died';
done_testing;
