# SPDX-License-Identifier: BSD-2-Clause
# A worker dies that throws away what a refused client goes on sending: the
# connection ends in order, so that no client loses the answer by a reset.
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
use Client;
use Portico;

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

sub try_death
{
	my ($n) = @_;
	local $ENV{PORTICO_FAULT} = "lingered:$n";
	my $p = Portico->start('listeners = {
	    http = { address = "@http@"; }; };
	    workers = { min = 3; max = 3; };
	    pools = { app = { backends = "127.0.0.1:1"; }; };');
	my $c = Client->new($p->address('http'));

	$c->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"
	    . 'x' x 100_000);
	until ($p->log =~ /fault: lingered reached/) {
		$c->send('x' x 10_000) or last;
		select undef, undef, undef, 0.01;
	}
	ok $p->logged(qr/fault: lingered reached/), "a worker dies ($n)";
	for (1 .. 20) {
		$c->send('x' x 10_000);
		select undef, undef, undef, 0.02;
	}
	is $c->final->{status}, 400, 'the answer is there';
	ok $c->send('x' x 10_000), 'more is still thrown away';
	$c->finish_sending;
	is $c->ending, 'closed', 'and the end is in order';
	is $p->quit, 0, 'QUIT';
	my ($ended, @wrong) = $p->sums;
	is_deeply \@wrong, [], 'the sums are zero';
}

try_death($_) for 0, 3;
done_testing;
