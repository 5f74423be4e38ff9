# SPDX-License-Identifier: BSD-2-Clause
# The rest of a body for which no page is left, while its answer is under way,
# waits: no worker turns round and round, and it goes on once there are pages.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(request until_true);
use Portico qw(one_site);
use Time::HiRes qw(sleep);

use constant REST => 400_000;

sub much
{
	my ($c) = @_;
	my $chunk = "10000\r\n" . 'm' x 65536 . "\r\n";

	$c->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (1 .. 1000) {
		$c->send($chunk) or return;
	}
	return;
}

# Answers first, and ends when all is there.
my $b = Backend->new(sub {
	my ($c) = @_;
	my $head = $c->head // return;
	return much($c) if $head =~ m{^GET /much};
	my ($n) = $head =~ /^Content-Length: (\d+)/mi;

	$c->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .
	    "5\r\nfirst\r\n");
	if (defined $n) {
		while (length $c->{in} < $n) {
			$c->more or return;
		}
	} else {
		until ($c->{in} =~ /\r\n0\r\n\r\n$/) {
			$c->more or return;
		}
		$n = 0;
		$n += hex $1 while $c->{in} =~ s/^([0-9a-f]+)\r\n//
		    && substr $c->{in}, 0, 2 + hex $1, '';
	}
	my $text = "got $n";
	$c->send(sprintf "%x\r\n%s\r\n0\r\n\r\n", length $text, $text);
});
my $p = Portico->start(one_site(
    '{ buffer_request = false; pool = "app"; }',
    pools => { app => $b->address }, top => 'buffers = "1M";'));
my $at = $p->address('http');

# Ticks of the workers' time.
sub ticks
{
	my $sum = 0;

	for my $pid ($p->workers) {
		my @fields = split ' ',
		    Portico::slurp("/proc/$pid/stat") =~ s/.*\) //sr;
		$sum += ($fields[11] // 0) + ($fields[12] // 0);
	}
	return $sum;
}

# Clients that ask for much and do not read take all pages.
sub hogs
{
	my @hogs = map { Client->new($at, rcvbuf => 4096) } 1 .. 4;

	$_->send(request('GET /much')) for @hogs;
	sleep 1;
	return @hogs;
}

sub starve
{
	my ($how, $first, $rest) = @_;
	my $c = Client->new($at);

	$c->send($first);
	ok $c->has_come(qr/first/), "$how: answered";
	my @hogs = hogs();
	$c->send($rest);
	sleep 0.3;
	my $before = ticks();
	sleep 1;
	cmp_ok ticks() - $before, '<', 40, "$how: nobody spins";
	$_->reset for @hogs;
	my $r = $c->final;
	is $r && $r->{body}, 'firstgot ' . (REST + 1), "$how: all arrives";
	$c->close;
	return;
}

my $length = REST + 1;
starve('with a length', request('POST /now',
    [ "Content-Length: $length" ]) . 'x', 'y' x REST);
starve('in chunks', request('POST /now', [ 'Transfer-Encoding: chunked' ]) .
    "1\r\nx\r\n", sprintf("%x\r\n", REST) . 'y' x REST . "\r\n0\r\n\r\n");
is $p->quit, 0, 'a clean end';
is +($p->sums)[1], undef, 'every sum is zero';
done_testing;
