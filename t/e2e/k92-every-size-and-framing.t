# SPDX-License-Identifier: BSD-2-Clause
# Responses of every size and framing, from the cache as from their origin.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers times_asked reply fetch
    send_request address portico);
use Client qw(field ask request);

srand 4711;
my $max = 256 * 1024;
start_cases(cache => 'max_object = "256k";');
my $fresh = 'Cache-Control: max-age=3600';
my $all = join '', map { pack 'N', rand 2 ** 32 } 1 .. 80_000;
my @sizes = (0, 1, 2, 999, 1023 .. 1025, 4000, 4095 .. 4097, 12345,
    16 * 1024 - 300, 16 * 1024 - 1 .. 16 * 1024 + 1, 20_480, 65_535 .. 65_537,
    100_000, 131_071 .. 131_073, $max - 1, $max);

sub in_chunks
{
	my ($body, $size) = @_;
	my @chunks = length $body ? unpack("(a$size)*", $body) : ();

	return join('', "HTTP/1.1 200 OK\r\n$fresh\r\nETag: \"c\"\r\n",
	    "Transfer-Encoding: chunked\r\n\r\n",
	    map { sprintf "%x\r\n%s\r\n", length, $_ } @chunks) . "0\r\n\r\n";
}

# The same bytes whoever asks, and however.
sub same
{
	my ($name, $answer, $body) = @_;
	my $path = new_path();
	my $n = length $body;

	answers($path, $answer, reply(500, 'asked again'));
	my @r = map { fetch($path) } 1 .. 3;
	is scalar(grep { $_->{status} == 200 && $_->{body} eq $body &&
	    !$_->{broken} } @r), 3, "$name: the miss, and two hits";
	is field($r[1], 'Content-Length'), $n, "$name: hits have a length";
	my $r = send_request("HEAD $path");
	is field($r, 'Content-Length'), $n, "$name: so has HEAD";
	$r = ask(address(), "GET $path HTTP/1.0\r\nHost: a.test\r\n\r\n");
	ok $r->{body} eq $body, "$name: HTTP/1.0";
	if ($n > 2) {
		my $from = int rand $n - 1;
		$r = fetch($path, "Range: bytes=$from-");
		ok $r->{status} == 206 && $r->{body} eq substr($body, $from),
		    "$name: from $from on";
	}
	is times_asked($path), 1, "$name: its origin was asked once";
}

for my $n (@sizes) {
	my $body = substr $all, 0, $n;
	my $odd = 1 + int rand($n / 3 + 2);

	same("$n bytes", reply(200, $body, $fresh, 'ETag: "a"'), $body);
	same("$n bytes in chunks of $odd", in_chunks($body, $odd), $body);
	my $pieces = in_chunks($body, 7000);
	my $cut = int rand length $pieces;
	same("$n bytes in two pieces, cut at $cut", [ substr($pieces, 0, $cut),
	    [ 'pause', 0.01 ], substr($pieces, $cut) ], $body);
}

# ---- too large ----

my $large = substr $all, 0, $max + 1;
for ([ 'a length', reply(200, $large, $fresh) ],
    [ 'chunks', in_chunks($large, 9999) ]) {
	my ($name, $answer) = @$_;
	my $path = new_path();

	answers($path, $answer);
	for (1, 2) {
		ok fetch($path)->{body} eq $large,
		    "beyond max_object, $name: whole";
	}
	is times_asked($path), 2, "beyond max_object, $name: not stored";
}

# ---- many fields ----

my @fields = map { "X-Field-$_: " . 'v' x 100 } 1 .. 80;
my $path = new_path();
answers($path, reply(200, 'x', $fresh, @fields), reply(500, 'again'));
for (1 .. 3) {
	my $r = fetch($path);
	is scalar(grep { (field($r, "X-Field-$_") // '') eq 'v' x 100 }
	    1 .. 80), 80, 'eighty fields of a hundred bytes';
}
is times_asked($path), 1, 'are stored';

# ---- all at once on one connection ----

my $c = Client->new(address());
my @paths = map { new_path() } 1 .. 5;
answers($_, reply(200, "at $_ " . substr($all, 0, 30_000), $fresh)) for @paths;
fetch($_) for @paths;
$c->send(join '', map { request("GET $_") } @paths, reverse @paths);
for (@paths, reverse @paths) {
	ok $c->final->{body} eq "at $_ " . substr($all, 0, 30_000),
	    "pipelined: $_";
}
is portico()->quit, 0, 'QUIT';
is +(portico()->sums)[1], undef, 'nothing is left';
done_testing;
