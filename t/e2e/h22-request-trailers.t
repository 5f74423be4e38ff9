# SPDX-License-Identifier: BSD-2-Clause
# Trailers of a request reach the backend as trailers (RFC 9110, 6.5).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(ask request field);
use Portico qw(one_site);
use Time::HiRes qw(sleep);

# Answers with the trailers, or with what is wrong with the framing.
sub tell_trailers
{
	my ($c) = @_;

	while (defined(my $r = $c->request)) {
		$c->send(plain($c->{body} . '|' . join '|',
		    @{ $c->{trailers} })) or return;
	}
	return;
}

my $b = Backend->new(\&tell_trailers);
my $dying = Backend->new(sub { $_[0]->request; $_[0]->reset });
my $p = Portico->start(one_site('
    { path = "/stream"; buffer_request = false; pool = "app"; },
    { path = "/again"; pool = "both"; }, { pool = "app"; }',
    pools => { app => $b->address, both => $dying->address . '", "' .
    $b->address }));
my $at = $p->address('http');

sub chunked_request
{
	my ($line, $end, @fields) = @_;

	return request($line, [ 'Transfer-Encoding: chunked', @fields ],
	    "5\r\nhello\r\n$end");
}

for my $path ('/', '/stream') {
	my $c = Client->new($at);

	$c->send(chunked_request("POST $path",
	    "0\r\nX-Sum: abc\r\nx-b:  2 \r\n\r\n", 'Trailer: X-Sum'));
	my $r = $c->final;
	like $r->{body}, qr/^hello\|X-Sum: abc\|x-b: *2 *$/i,
	    "$path: trailers arrive";
	$c->send(chunked_request("POST $path", "0\r\nX-N: 1\r\n\r\n") .
	    chunked_request("POST $path", "0\r\n\r\n") .
	    chunked_request("POST $path", "0;ext\r\nX-N: 3\r\n\r\n"));
	is join(' ', map { $_->{body} } map { $c->final } 1 .. 3),
	    'hello|X-N: 1 hello| hello|X-N: 3', 'each with its own request';
	my ($raw) = grep /X-Sum/, $b->requests;
	unlike $raw // '', qr/^Content-Length:/mi, 'in a chunked body alone';

	# What says how to read, to route or to believe is not for trailers.
	my @forbidden = ('Content-Length: 3', 'Transfer-Encoding: chunked',
	    'Host: b.test', 'Authorization: Basic x', 'Cookie: a=b',
	    'Proxy-Authorization: x', 'Forwarded: for=1.2.3.4',
	    'X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: https',
	    'X-Forwarded-Host: b.test', 'Cache-Control: no-cache',
	    'Content-Type: a/b', 'Content-Encoding: gzip', 'Range: bytes=0-',
	    'Content-Range: bytes 0-4/5', 'Connection: close', 'TE: trailers',
	    'Keep-Alive: 1', 'Upgrade: h2c', 'Trailer: X-Sum',
	    'Expect: 100-continue', 'Max-Forwards: 1', 'X_Sum: 1');
	for my $field (@forbidden) {
		$r = ask($at, chunked_request("POST $path",
		    "0\r\nX-One: 1\r\n$field\r\nX-Two: 2\r\n\r\n"));
		is $r->{body}, 'hello|X-One: 1|X-Two: 2',
		    "$path: no trailer '$field'";
	}
	$r = ask($at, chunked_request("POST $path", "0\r\n" .
	    join('', map { "$_\r\n" } @forbidden) . "\r\n"));
	is $r->{body}, 'hello|', 'nor all of them';
	$r = ask($at, chunked_request("POST $path",
	    "0\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n", 'Connection: X-Hop'));
	is $r->{body}, 'hello|X-End: 2', 'nor what Connection names';

	for (
	    [ 'no colon', "bad line\r\n\r\n" ], [ 'no name', ": x\r\n\r\n" ],
	    [ 'a space before the colon', "X : y\r\n\r\n" ],
	    [ 'a NUL', "X: a\0b\r\n\r\n" ], [ 'a bare CR', "X: a\rb\r\n\r\n" ],
	    [ 'a bare LF', "X: y\nZ: 1\r\n\r\n" ],
	    [ 'a fold', "X: y\r\n z\r\n\r\n" ], [ 'a blank', " X: y\r\n\r\n" ],
	    [ 'a name with a blank', "X Y: z\r\n\r\n" ],
	    [ 'a long line', 'X: ' . 'y' x 9000 . "\r\n\r\n" ],
	    [ 'many lines', "X: yyyyyy\r\n" x 1000 . "\r\n" ],
	    [ 'a line that does not end', 'X: ' . 'y' x 20000 ],
	    [ 'lines that do not end', "X: yyyyyy\r\n" x 2000 ]) {
		my ($name, $end) = @$_;
		my $c = Client->new($at);

		$b->clear;
		$c->send(chunked_request("POST $path", "0\r\n$end"));
		my $r = $c->final;
		is $r && $r->{status}, 400, "$path: $name: 400";
		isnt $c->ending(4), 'open', 'and the end';
		is scalar(() = $b->requests), 0, 'no request of it';
	}
	my $long = join '', map { "X-$_: " . 'y' x 2000 . "\r\n" }
	    1 .. 3;
	$r = ask($at, chunked_request("POST $path", "0\r\n$long\r\n"));
	is length $r->{body}, 6 + 3 * 2005 + 2,
	    '6 KB of trailers are not too many';
}

my $whole = chunked_request('POST /', "0\r\nX-Sum: abc\r\n\r\n");
my $c = Client->new($at);
my @wrong;
for my $n (length($whole) - 25 .. length($whole) - 1) {
	$c->send(substr $whole, 0, $n);
	sleep 0.005;
	$c->send(substr $whole, $n);
	my $r = $c->final;
	push @wrong, $n if !$r || $r->{body} ne 'hello|X-Sum: abc';
	last if !$r;
}
is "@wrong", '', 'split in two at every byte';
$c->drip($whole, 1, 0.001);
is $c->final->{body}, 'hello|X-Sum: abc', 'byte by byte';

for (1 .. 2) {
	is ask($at, chunked_request('PUT /again', "0\r\nX-T: 1\r\n\r\n"))
	    ->{body}, 'hello|X-T: 1', 'a second attempt has them too';
}
cmp_ok $dying->connections, '>', 0, 'after a first';
done_testing;
