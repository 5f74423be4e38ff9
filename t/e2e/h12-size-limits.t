# SPDX-License-Identifier: BSD-2-Clause
# What is longer than its limit is refused with the status that says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain echoed);
use Client qw(ask request);
use Portico qw(one_backend);

my $b = Backend->new(plain('fine'));
my $p = Portico->start(one_backend($b->address, listener =>
    'max_header = "4k"; max_headers = 20; max_uri = "1k"; max_body = "2k";'));
my $at = $p->address('http');

# A request with n bytes of target, of fields, of body.
sub long_uri { return request('GET /' . 'x' x ($_[0] - 1)) }
sub many { return request('GET /', [ 'Host: a.test',
    map { "X-$_: y" } 2 .. $_[0] ]) }
sub long_fields { return request('GET /', [ 'X: ' . 'y' x $_[0] ]) }
sub long_body { return request('POST /', [], 'b' x $_[0]) }
sub long_chunks { return request('POST /', ['Transfer-Encoding: chunked'],
    join('', map { "100\r\n" . 'c' x 256 . "\r\n" } 1 .. $_[0] / 256) .
    "0\r\n\r\n") }

for (
    [ 200, 'target of 1024', long_uri(1024) ],
    [ 414, 'target of 1025', long_uri(1025) ],
    [ 414, 'target of 3000', long_uri(3000) ],
    [ '4[13][14]', 'target of 100000', long_uri(100000) ],
    [ '4[13][14]', 'a line that does not end', 'GET /' . 'x' x 60000 ],
    [ 200, '20 fields', many(20) ],
    [ 431, '21 fields', many(21) ],
    [ 431, '200 fields', many(200) ],
    [ 200, 'fields of 3500', long_fields(3500) ],
    [ 431, 'fields of 4100', long_fields(4100) ],
    [ 431, 'fields of 100000', long_fields(100000) ],
    [ 431, 'a field that does not end',
	"GET / HTTP/1.1\r\nHost: a.test\r\nX: " . 'y' x 60000 ],
    [ 431, 'a head that does not end',
	"GET / HTTP/1.1\r\nHost: a.test\r\n" . "X: y\r\n" x 10000 ],
    [ 200, 'body of 2048', long_body(2048) ],
    [ 413, 'body of 2049', long_body(2049) ],
    [ 413, 'body of a megabyte', long_body(1 << 20) ],
    [ 413, 'a length too great to send', request('POST /',
	[ 'Content-Length: 4000000000000' ]) ],
    [ 200, '2048 in chunks', long_chunks(2048) ],
    [ 413, '2304 in chunks', long_chunks(2304) ],
    [ 413, 'a megabyte in chunks', long_chunks(1 << 20) ],
) {
	my ($status, $name, $bytes) = @$_;
	my $c = Client->new($at);

	$b->clear;
	$c->send($bytes);
	my $r = $c->final;
	like $r ? $r->{status} : 'none', qr/^$status$/, "$name: $status";
	next if $status eq 200;
	is $c->ending(5), 'closed', "$name: let go, not reset";
	is join('', $b->requests), '', "$name: not sent on";
}

my $q = Portico->start(one_backend($b->address));
$at = $q->address('http');
for (
    [ 200, 'default: 100 fields', many(100) ],
    [ 431, 'default: 101 fields', many(101) ],
    [ 200, 'default: target of 8k', long_uri(8192) ],
    [ 414, 'default: target of 8k and one', long_uri(8193) ],
    [ 200, 'default: fields of 15k', long_fields(15000) ],
    [ 431, 'default: fields of 17k', long_fields(17000) ],
    [ 413, 'default: 64M and one', request('POST /',
	[ 'Content-Length: 67108865' ]) ],
) {
	my ($status, $name, $bytes) = @$_;

	is ask($at, $bytes)->{status}, $status, "$name: $status";
}
done_testing;
