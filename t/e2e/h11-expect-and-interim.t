# SPDX-License-Identifier: BSD-2-Clause
# 100 Continue is ours to say; what the backend says before its answer is not.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain echoed);
use Client qw(ask get request field);
use Portico;

my $interim = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
my $echo = Backend->new('echo');
my $b = Backend->new({
	'/100' => "HTTP/1.1 100 Continue\r\n\r\n" . plain('after 100'),
	'/102' => "HTTP/1.1 102 Processing\r\n\r\n" . plain('after 102'),
	'/103' => $interim . plain('after 103'),
	'/many' => $interim x 20 . plain('after many'),
	'/drip' => sub { $_[0]->drip($interim . plain('after drip'), 1,
	    0.002) },
	'/post' => sub { $_[0]->send("HTTP/1.1 100 Continue\r\n\r\n" .
	    plain($_[0]{body})) },
});
my ($app, $inner) = ($echo->address, $b->address);
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; max_body = "1k"; }; };
pools = { app = { backends = [ "$app" ]; };
          inner = { backends = [ "$inner" ]; }; };
sites = { a = { hosts = "*"; routes = ( { path = "/deny"; deny = 403; },
    { path = "/in"; pool = "app"; }, { path_re = "^/[a-z0-9]+\$";
    pool = "inner"; }, { pool = "app"; } ); }; };
});
my $at = $p->address('http');
my @expect = ('Expect: 100-continue');

my $c = Client->new($at);
$c->send(request('POST /in/x', [ @expect, 'Content-Length: 5' ]));
my $r = $c->response(timeout => 3);
is $r && $r->{status}, 100, '100 without a byte of the body';
$c->send('hello');
$r = $c->response;
is $r->{status}, 200, 'and the answer after it';
my $seen = echoed($r);
is $seen->{body}, 'hello', 'with the body';
is field($seen, 'Expect'), undef, 'Expect is not sent on';

$c->send(request('POST /in/y', [ 'expect: 100-Continue',
    'Transfer-Encoding: chunked' ]));
$r = $c->response(timeout => 3);
is $r && $r->{status}, 100, 'the same for chunks, on the same connection';
$c->send("5\r\nhello\r\n0\r\n\r\n");
is echoed($c->response)->{body}, 'hello', 'with the body';

$c->send(request('POST /in/z', \@expect, 'hello'));
is echoed($c->final)->{body}, 'hello', 'a body that does not wait';

for ([ 413, 'POST /in/big', 'Content-Length: 5000' ],
    [ 403, 'POST /deny', 'Content-Length: 5' ]) {
	my ($status, $line, @fields) = @$_;
	my $c = Client->new($at);

	$echo->clear;
	$c->send(request($line, [ @expect, @fields ]));
	my $r = $c->response(timeout => 3);
	is $r && $r->{status}, $status, "$status instead of 100";
	is join('', $echo->received), '', 'nothing reached the backend';
}

$r = ask($at, request('POST /in/u', [ 'Expect: wonders' ], 'hello'));
is $r->{status}, 417, 'another expectation: 417';
$r = ask($at, request('GET /in/none', \@expect));
is $r->{status}, 200, 'nothing to wait for';
$c = Client->new($at);
$c->send("POST /in/x HTTP/1.0\r\nExpect: 100-continue\r\n" .
    "Content-Length: 5\r\n\r\n");
is $c->response(timeout => 0.5), undef, 'no 100 for HTTP/1.0';
$c->send('hello');
is $c->response->{status}, 200, 'but an answer';

# 100 is ours to say; all others are passed on as they come.
my %passed = (100 => 0, 102 => 1, 103 => 1, many => 20, drip => 1);

for my $name (sort keys %passed) {
	my $r = get($at, "/$name");

	is $r->{status}, 200, "$name: the final answer";
	is $r->{body}, "after $name", 'its body';
	is scalar @{ $r->{interim} || [] }, $passed{$name},
	    'what was before it';
	is field($r, 'Link'), undef, 'nor merged into it';
}
$c = Client->new($at);
$c->send(request('POST /post', \@expect, 'hello'));
$r = $c->final;
is $r->{body}, 'hello', 'our 100 and the backend\'s';
cmp_ok scalar @{ $r->{interim} }, '<=', 1, 'are one at most';
done_testing;
