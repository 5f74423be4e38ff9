# SPDX-License-Identifier: BSD-2-Clause
# A body that is sent back as it comes has no hole and nothing twice, whatever
# instruction a worker dies at; in chunks or with a length, and its trailers.
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
use Client qw(request);
use Portico qw(one_site);
use Tunnel qw(numbers);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

use constant SIZE => 150_000;

# Answers with what comes, as it came, until the body's end.
my $b = Backend->new(sub {
	my ($c) = @_;
	my $head = $c->head // return;
	my $ended = $head =~ /^Content-Length:/m
	    ? sub { $_[0] >= SIZE } : sub { $_[1] =~ /\r\n0\r\n.*\r\n$/s };
	my ($seen, $last) = (0, '');

	$c->send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	for (;;) {
		my $part = $c->{in};
		$c->{in} = '';
		$c->send($part) or return;
		$seen += length $part;
		$last = substr $last . $part, -40;
		return if $ended->($seen, $last);
		$c->more or return;
	}
});
my $body = numbers(0, SIZE);

sub undone
{
	my ($text) = @_;
	my $all = '';

	while ($text =~ s/^([0-9a-f]+)\r\n//) {
		my $n = hex $1 or last;
		$all .= substr $text, 0, $n, '';
		$text =~ s/^\r\n// or return "$all and no end of a chunk";
	}
	return $all;
}

sub upload
{
	my ($coded, $mark, $passed) = @_;
	local $ENV{PORTICO_FAULT} = "$mark:$passed:kill";
	my $p = Portico->start(one_site(
	    '{ buffer_request = false; pool = "app"; }',
	    pools => { app => $b->address },
	    top => 'workers = { min = 1; max = 1; };'));
	my $c = Client->new($p->address('http'));

	$c->send(request('POST /', [ $coded ? 'Transfer-Encoding: chunked'
	    : 'Content-Length: ' . SIZE ]));
	for my $piece (unpack '(a11000)*', $body) {
		$c->send($coded ? sprintf("%x\r\n%s\r\n", length $piece,
		    $piece) : $piece);
		$c->more(0.005);
	}
	$c->send("0\r\n\r\n") if $coded;
	my $r = $c->final;
	my $got = $r ? $r->{body} : 'nothing';
	$got = undone($got) if $coded && $r;
	my $said = $got eq $body ? 'right' : 'wrong: ' . length($got) .
	    ($r && $r->{broken} ? ' cut' : '');
	$said .= ', not reached' if !$p->logged(qr/fault: $mark reached/, 2);
	$c->close;
	$p->quit // ($said .= ', no end');
	$said .= ', sums' if ($p->sums)[1];
	return $said;
}

for my $mark (qw(client_received backend_sent backend_received client_sent
    park_published)) {
	for my $coded (0, 1) {
		for my $passed (@ARGV ? split(/,/, $ARGV[0]) : (3, 6)) {
			is upload($coded, $mark, $passed), 'right',
			    "$mark $passed" . ($coded ? ' in chunks' : '');
		}
	}
}
done_testing;
