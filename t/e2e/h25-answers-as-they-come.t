# SPDX-License-Identifier: BSD-2-Clause
# Each piece of a slow answer is passed on before the next one is sent.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(request until_true);
use Backend;
use Portico qw(one_backend);

my @pieces = ("data: 1\n\n", 'x', "data: 22\n\n", 'y' x 5000, "\n",
    'z' x 70000, "data: 3\n\n");
my $sum = length join '', @pieces;
my %framings = (
	length => "Content-Length: $sum", close => 'Connection: close',
	chunked => 'Transfer-Encoding: chunked',
);
pipe my $read, my $write or die "pipe: $!";

# Head and pieces, each after the test has said that it saw the last.
sub trickle
{
	my ($c, $framing) = @_;
	my $chunked = $framing eq 'chunked';
	my $go = sub { return sysread $read, my $byte, 1 };

	$c->send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" .
	    "$framings{$framing}\r\n\r\n");
	for my $piece (@pieces) {
		$go->() or return 0;
		$c->send(!$chunked ? $piece :
		    sprintf "%x\r\n%s\r\n", length $piece, $piece);
	}
	$go->();
	$c->send("0\r\n\r\n") if $chunked;
	return $framing ne 'close';
}

my $b = Backend->new({ map { my $framing = $_;
    ("/$framing" => sub { trickle($_[0], $framing) }) } keys %framings });
my $p = Portico->start(one_backend($b->address));
my $at = $p->address('http');

# How many pieces came, each while the backend waited; then the whole.
sub watch
{
	my ($request) = @_;
	my $c = Client->new($at);
	my ($seen, $told) = (0, 0);
	my $expected = '';

	$c->send($request);
	my $came = $c->has_come(qr/\r\n\r\n/, 5);
	for my $piece (@pieces) {
		last if !$came;
		$told += syswrite $write, 'x';
		$expected .= $piece;
		$came = until_true(sub {
			$c->more(0.2);
			my ($body) = $c->raw =~ /\r\n\r\n(.*)/s;
			$body =~ s/(?:\A|\r\n)[0-9a-f]+\r\n//g
			    if $c->raw =~ /^Transfer-Encoding/mi;
			$body =~ s/\r\n\z//
			    if $c->raw =~ /^Transfer-Encoding/mi;
			return $body eq $expected }, 5) or last;
		$seen++;
	}
	syswrite $write, 'x' x (1 + @pieces - $told);
	return ($seen, $c->final // { body => '', broken => 1 });
}

for my $framing (sort keys %framings) {
	for my $line ("GET /$framing HTTP/1.1\r\nHost: a.test\r\n\r\n",
	    "GET /$framing HTTP/1.0\r\nHost: a.test\r\n\r\n",
	    request("POST /$framing", [ 'Accept: text/event-stream' ],
		'hello')) {
		my ($seen, $r) = watch($line);
		my ($name) = $line =~ /^(.*)\r/;

		is $seen, scalar @pieces, "$name: every piece by itself";
		ok $r->{body} eq join('', @pieces), 'the whole of it';
		ok !$r->{broken}, 'is complete';
	}
}
done_testing;
