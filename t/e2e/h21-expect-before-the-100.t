# SPDX-License-Identifier: BSD-2-Clause
# All that can be refused is refused before the 100, and no body is sent.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(request field);
use Portico;

my $echo = Backend->new('echo');
my $address = $echo->address;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; max_body = "4k"; }; };
pools = { app = { backends = [ "$address" ]; }; };
sites = { a = { hosts = "a.test"; routes = (
  { path = "/deny"; deny = 403; },
  { path = "/inside"; allow = [ "10.0.0.0/8" ]; pool = "app"; },
  { path = "/outside"; deny_clients = [ "127.0.0.0/8" ]; pool = "app"; },
  { path = "/small"; max_body = "1k"; pool = "app"; },
  { path = "/large"; max_body = "10k"; pool = "app"; },
  { path = "/moved"; redirect = { to = "/else"; }; },
  { path = "/said"; respond = { status = 200; body = "said"; }; },
  { path = "/stream"; buffer_request = false; pool = "app"; },
  { path = "/app"; pool = "app"; } ); }; };
});
my $at = $p->address('http');
my @waiting = ('Expect: 100-continue');

# What is refused, by which status; the body would be 2000 bytes.
for (
    [ 403, '/deny' ], [ 403, '/inside' ], [ 403, '/outside' ],
    [ 413, '/small' ], [ 404, '/nowhere' ], [ 302, '/moved' ],
    [ 200, '/said' ], [ 421, '/app', 'Host: b.test' ],
    [ 413, '/app', 'Content-Length: 4097' ],
    [ 413, '/stream', 'Content-Length: 4097' ],
    [ 417, '/app', 'Expect: 100-continue, more' ],
    [ 417, '/app', 'Expect: more' ], [ 417, '/stream', 'Expect: more' ],
    [ 403, '/deny', 'Expect: 100-continue', 'Transfer-Encoding: chunked' ]) {
	my ($status, $path, @fields) = @$_;
	my $name = join ' ', $path, @fields;
	my $c = Client->new($at);

	push @fields, @waiting unless grep /^Expect/, @fields;
	push @fields, 'Content-Length: 2000'
	    unless grep /^(?:Content-Length|Transfer)/, @fields;
	$echo->clear;
	$c->send(request("POST $path", \@fields));
	my $r = $c->response(timeout => 3);
	is $r && $r->{status}, $status, "$name: $status, no 100";
	like $r && field($r, 'Connection') // '', qr/close/, 'says the end';
	$c->send("GET /app HTTP/1.1\r\nHost: a.test\r\n\r\n");
	is $c->ending(4), 'closed', 'which comes';
	is $c->rest, '', 'what follows is no request';
	is join('', $echo->received), '', 'nothing reached the backend';
}

# And what is not refused has its 100, from us, before a byte is sent.
for (
    [ '/app', 4096 ], [ '/small', 1024 ], [ '/large', 10240 ],
    [ '/stream', 1000 ]) {
	my ($path, $n) = @$_;
	my $body = 'x' x $n;

	for my $coding ("Content-Length: $n", 'Transfer-Encoding: chunked') {
		my $c = Client->new($at);

		$c->send(request("POST $path", [ @waiting, $coding ]));
		my $r = $c->response(timeout => 3);
		is $r && $r->{status}, 100, "$path, $coding: 100";
		$c->send($coding =~ /chunked/ ?
		    sprintf("%x\r\n%s\r\n0\r\n\r\n", $n, $body) : $body);
		$r = $c->response;
		is $r && $r->{status}, 200, 'then the answer, no second 100';
		my $seen = echoed($r);
		ok $seen->{body} eq $body, 'to the whole body';
		is field($seen, 'Expect'), undef, 'Expect stays here';
		$c->send(request('GET /app'));
		is $c->final->{status}, 200, 'the connection stays usable';
	}
}

# A length that nobody told is checked as it comes.
my $c = Client->new($at);
$c->send(request('POST /small', [ @waiting, 'Transfer-Encoding: chunked' ]));
is $c->response(timeout => 3)->{status}, 100, 'chunks: 100';
$c->send("401\r\n" . 'x' x 1025 . "\r\n0\r\n\r\n");
is $c->response->{status}, 413, 'then 413, with the first byte too many';
is $c->ending(4), 'closed', 'and the end';
done_testing;
