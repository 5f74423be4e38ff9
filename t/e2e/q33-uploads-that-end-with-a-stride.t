# SPDX-License-Identifier: BSD-2-Clause
# The last bytes of a body whose answer is under way reach the backend, though
# the worker read them as the last thing before it was others' turn.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(request);
use Portico qw(one_site);
use Time::HiRes qw(time);

use constant STRIDE => 32 * 20480; # bytes that are moved in one stride

my $b = Backend->new(sub {
	my ($c) = @_;
	my $head = $c->head // return;
	my ($n) = $head =~ /^Content-Length: (\d+)/mi;
	my $seen = length $c->{in};

	$c->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .
	    "5\r\nfirst\r\n");
	while ($seen < $n) {
		my $got = sysread $c->{socket}, my $part, 1 << 20 or return;
		$seen += $got;
	}
	my $text = "got $n";
	$c->send(sprintf "%x\r\n%s\r\n0\r\n\r\n", length $text, $text);
});
my $p = Portico->start(one_site('{ buffer_request = false; pool = "app"; }',
    pools => { app => [ $b->address, 'timeouts = { read = "2s"; };' ] }));
my $at = $p->address('http');

sub upload
{
	my ($n) = @_;
	my $c = Client->new($at);

	$c->send(request('POST /', [ "Content-Length: $n" ]) . 'x');
	$c->has_come(qr/first/) or return 'no answer';
	my @workers = $p->workers;
	kill 'STOP', @workers;
	$c->{socket}->blocking(0);
	my $rest = 'y' x ($n - 1);
	my $sent = syswrite($c->{socket}, $rest) // 0;
	kill 'CONT', @workers;
	$c->send(substr $rest, $sent);
	my $r = $c->final;
	$c->close;
	return $r ? $r->{body} : 'nothing';
}

my ($bad, $until) = (0, time + 12);
for my $i (0 .. 199) {
	my $n = STRIDE - $i * 3343 % 300_000;

	$bad++ if upload($n) ne "firstgot $n";
	last if $bad == 2 || time > $until;
}
is $bad, 0, 'all bodies arrive whole';
is $p->quit, 0, 'a clean end';
is +($p->sums)[1], undef, 'every sum is zero';
done_testing;
