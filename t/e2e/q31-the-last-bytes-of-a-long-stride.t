# SPDX-License-Identifier: BSD-2-Clause
# What a worker reads last before it is others' turn is passed on with the
# rest, though nothing comes behind it: of an answer, and of a body.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(request field);
use Portico qw(one_backend);
use Time::HiRes qw(time);

use constant STRIDE => 64 * 20480; # bytes that are read in one stride

sub coded
{
	my ($size, $piece) = @_;
	my $coded = '';

	for (my $left = $size; $left > 0; $left -= $piece) {
		my $n = $left < $piece ? $left : $piece;
		$coded .= sprintf("%x\r\n", $n) . 'x' x $n . "\r\n";
	}
	return "${coded}0\r\n\r\n";
}

my $b = Backend->new(sub {
	my ($c) = @_;

	while (defined(my $head = $c->head)) {
		if ($head =~ m{^GET /(\d+)}) {
			$c->send("HTTP/1.1 200 OK\r\nTransfer-Encoding:" .
			    " chunked\r\n\r\n" . coded($1, 65536))
			    or return;
			next;
		}
		my ($n) = $head =~ /^Content-Length: (\d+)/mi;
		while (length $c->{in} < $n) {
			$c->more or return;
		}
		$c->{in} = '';
		$c->send(plain("got $n")) or return;
	}
});
my $p = Portico->start(one_backend($b->address,
    listener => 'timeouts = { body = "2s"; };',
    pool => 'timeouts = { read = "2s"; response = "2s"; };'));
my $at = $p->address('http');

# Of many lengths some end just there.
sub tries
{
	my ($count, $span, $code) = @_;
	my $bad = 0;

	for my $i (0 .. $count - 1) {
		my $less = $i * 4777 % $span;
		$code->(STRIDE + 5000 - $less) or $bad++;
		last if $bad == 2;
	}
	return $bad;
}

is tries(150, 45_000, sub {
	my ($n) = @_;
	my $r = Client::ask($at, request("GET /$n"));

	return !$r->{broken} && length $r->{body} == $n;
}), 0, 'answers arrive whole';

# Chunks of one byte: long to read, short to keep.
my $chunk = "0001\r\nx\r\n";
is tries(400, 700_000, sub {
	my ($n) = @_;
	my $chunks = int($n / length $chunk);
	my $r = Client::ask($at, request('POST /',
	    [ 'Transfer-Encoding: chunked' ], $chunk x $chunks .
	    "0\r\n\r\n"));

	return $r->{status} == 200 && $r->{body} eq "got $chunks";
}), 0, 'bodies arrive whole';
is $p->quit, 0, 'a clean end';
is +($p->sums)[1], undef, 'every sum is zero';
done_testing;
