# SPDX-License-Identifier: BSD-2-Clause
# What is stored is the answer, and no backend sees the request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX qw(strftime);
use Test::More;
use Backend qw(plain);
use Client qw(ask get request field fields until_true);
use Portico qw(one_site);

my $date = strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime(time - 20));
my @fresh = ('Cache-Control: max-age=600', "Date: $date");
my $b;
$b = Backend->new({
	'/a' => plain('a body', @fresh, 'ETag: "1"', 'Content-Type: text/x',
	    'Server: a/1', 'X-Own: 1', 'Surrogate-Key: k'),
	'/empty' => plain('', @fresh),
	'/204' => "HTTP/1.1 204 No Content\r\nCache-Control: max-age=9\r\n\r\n",
	'/404' => "HTTP/1.1 404 Not Found\r\nCache-Control: max-age=9\r\n" .
	    "Content-Length: 4\r\n\r\nnone",
	'/undated' => plain('u', 'Cache-Control: max-age=600'),
	'/moved' => sub {
		my ($c, $r) = @_;
		my ($port) = ($c->{socket}->sockport);
		return $c->send("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n" .
		    "Cache-Control: max-age=600\r\n" .
		    "Location: http://127.0.0.1:$port/there\r\n\r\n");
	},
	'/chunked' => Backend::chunked('one', 'two') =~
	    s/\r\n/\r\nCache-Control: max-age=9\r\n/r,
	'/q?a=1' => plain('q1', @fresh), '/q?a=2' => plain('q2', @fresh),
	'/vary' => sub {
		my ($c, $r) = @_;
		my ($l) = $r =~ /^Accept-Language: (.*?)\r$/mi;
		return $c->send(plain('in ' . ($l // 'none'), @fresh,
		    'Vary: Accept-Language'));
	},
	'/private' => plain('p', 'Cache-Control: private'),
});
my $p = Portico->start(one_site(q(
    { path = "/edited"; strip_prefix = "/edited"; pool = "app"; cache = true;
      headers = { response = { set = { X-Own = "2"; };
        remove = [ "ETag", "Age" ]; }; }; },
    { path = "/quiet"; strip_prefix = "/quiet"; pool = "app";
      cache = { status_header = false; }; },
    { path = "/none"; strip_prefix = "/none"; pool = "app"; },
    { pool = "app"; cache = true; }),
    pools => { app => $b->address },
    top => 'access_log = { to = "@dir@/access.log";
        format = "{target} {status} {cache}"; };'));
my $at = $p->address('http');

# How many requests the backend has seen since it was asked before.
my $seen = 0;
sub seen
{
	my $n = () = $b->requests;
	my $new = $n - $seen;

	$seen = $n;
	return $new;
}

sub one { my ($r, $name) = @_; return join '|', fields($r, $name) }

my $r = get($at, '/a');
is $r->{body}, 'a body', 'a miss';
is seen(), 1, 'is fetched';
like one($r, 'Cache-Status'), qr/^cache; fwd=uri-miss/, 'and said';
is one($r, 'Surrogate-Key'), '', 'tags are for the cache';
for my $n (1 .. 3) {
	$r = get($at, '/a');
	is $r->{status}, 200, 'a hit';
	is $r->{body}, 'a body', 'its body';
}
is seen(), 0, 'no backend was asked';
like one($r, 'Cache-Status'), qr/^cache; hit; ttl=(\d+)$/, 'a hit says so';
like one($r, 'Age'), qr/^2\d$/, 'and its age';
is one($r, 'Date'), $date, 'the Date is its own';
is one($r, 'Content-Length'), 6, 'length';
is one($r, 'Content-Type'), 'text/x', 'type';
is one($r, 'ETag'), '"1"', 'tag';
is one($r, 'Server'), '', 'what is hidden is hidden';
is one($r, 'Surrogate-Key'), '', 'tags still are';

$r = ask($at, request('HEAD /a'), head_only => 1);
is $r->{status}, 200, 'HEAD is answered by what GET has stored';
is one($r, 'Content-Length'), 6, 'with its length';
is seen(), 0, 'without a backend';

$r = ask($at, "GET /a HTTP/1.0\r\nHost: a.test\r\n\r\n");
is $r->{body}, 'a body', 'HTTP/1.0';
is one($r, 'Connection'), 'close', 'ends its connection';
my $c = Client->new($at);
$c->send(request('GET /a') x 5);
is $c->final->{body}, 'a body', "pipelined $_" for 1 .. 5;
$c->send(request('GET /a', [ 'Connection: close' ]));
is one($c->final, 'Connection'), 'close', 'a client that closes';
is $c->ending, 'closed', 'is closed';
is seen(), 0, 'all of them hits';

get($at, '/edited/a');
seen();
$r = get($at, '/edited/a');
is seen(), 0, 'a route that edits: a hit';
is one($r, 'X-Own'), 2, 'is edited each time';
is one($r, 'ETag') . one($r, 'Age'), '', 'what is removed stays removed';
get($at, '/quiet/a');
$r = get($at, '/quiet/a');
is one($r, 'Cache-Status'), '', 'status_header = false';
like one($r, 'Age'), qr/^\d+$/, 'Age is said all the same';
get($at, '/none/a') for 1 .. 2;
is one(get($at, '/none/a'), 'Cache-Status'), '', 'a route without cache';

seen();
for my $path (qw(/empty /204 /404 /undated /chunked)) {
	my $first = get($at, $path);
	is seen(), 1, "$path: a miss";
	my $second = get($at, $path);
	is seen(), 0, 'a hit';
	is $second->{status}, $first->{status}, 'status';
	is $second->{body}, $first->{body}, 'body';
	is one($second, 'Transfer-Encoding'), '', 'of known length';
	is scalar(() = fields($second, 'Date')), 1, 'a Date';
}

for (1 .. 2) {
	$r = get($at, '/moved');
	is one($r, 'Location'), 'http://a.test/there',
	    'a Location is said in the terms of who asks';
}
$r = ask($at, "GET /moved HTTP/1.1\r\nHost: a.test:81\r\n\r\n");
seen();
$r = ask($at, "GET /moved HTTP/1.1\r\nHost: A.test:81\r\n\r\n");
is seen(), 0, 'a host in other letters is the same';
like one($r, 'Location'), qr{^http://a\.test:81/there$}i, 'remapped';

is get($at, '/q?a=1')->{body}, 'q1', 'a query';
is get($at, '/q?a=2')->{body}, 'q2', 'is a part of the key';
is get($at, '/q?a=1')->{body}, 'q1', 'of the first one still';

for my $l ('de', 'en', 'de', 'en') {
	is ask($at, request('GET /vary', [ "Accept-Language: $l" ]))->{body},
	    "in $l", "Vary: $l";
}
is get($at, '/vary')->{body}, 'in none', 'Vary: without';
is seen(), 5, 'each once';

get($at, '/private') for 1 .. 2;
is seen(), 2, 'what is private is not stored';

$r = ask($at, request('GET /new', [ 'Cache-Control: only-if-cached' ]));
is $r->{status}, 504, 'only-if-cached: it is not';
$r = ask($at, request('GET /a', [ 'Cache-Control: only-if-cached' ]));
is $r->{status}, 200, 'only-if-cached: it is';
is seen(), 0, 'neither asks a backend';

ask($at, request('GET /a', [], 'x'));
is seen(), 1, 'a GET with a body passes';
ask($at, request('POST /q?a=1', [], 'x'));
is seen(), 1, 'so does a POST';
get($at, '/private');

until_true(sub { Portico::slurp($p->dir . '/access.log') =~
    m{^/q\?a=1 .*\n/private .*\n\z}m });
my $log = Portico::slurp($p->dir . '/access.log');
like $log, qr{^/a 200 miss$}m, 'log: miss';
like $log, qr{^/a 200 hit$}m, 'log: hit';
like $log, qr{^/private 200 pass$}m, 'log: pass';
like $log, qr{^/none/a 200 -?$}m, 'log: nothing without a cache';
is $p->quit, 0, 'quit';
done_testing;
