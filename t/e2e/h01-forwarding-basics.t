# SPDX-License-Identifier: BSD-2-Clause
# Requests of every method reach the backend, and its answers come back.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(ask get request field);
use Portico qw(one_backend);

my $echo = Backend->new('echo');
my $p = Portico->start(one_backend($echo->address));
my $at = $p->address('http');

for my $method (qw(GET POST PUT DELETE PATCH OPTIONS REPORT)) {
	my $body = $method =~ /^(?:P|R)/ ? "body of $method\0\r\n" : undef;
	my $r = ask($at, request("$method /a/b?c=d%20e", [], $body));
	my $seen = echoed($r);

	is $r->{status}, 200, "$method: answered";
	is $seen->{method}, $method, "$method: method";
	is $seen->{target}, '/a/b?c=d%20e', "$method: target as sent";
	is $seen->{version}, 'HTTP/1.1', "$method: version";
	is $seen->{body}, $body // '', "$method: body";
	is field($seen, 'Host'), 'a.test', "$method: Host preserved";
}

for my $target ('/', '/?', '//a//b', '/a/%2e%2E/b', '/%C3%A4?x=%00y',
    "/a;b=c,d&e='f'", '/a|b', '/' . 'x' x 2000) {
	is echoed(get($at, $target))->{target}, $target,
	    'target unchanged: ' . substr $target, 0, 20;
}
is echoed(ask($at, request('OPTIONS *')))->{target}, '*', 'OPTIONS *';

my $r = get($at, '/', 'X-One: 1', 'X-Two:  a b ', 'x-one: 2', 'Cookie: a=b',
    'Authorization: Basic eDp5', "X-Eight: \xe4\xf6", 'X-Empty:');
my $seen = echoed($r);
is_deeply $seen->{fields}{'x-one'}, [ 1, 2 ], 'repeated fields, in order';
is field($seen, 'X-Two'), 'a b', 'white space round a value is none of it';
is field($seen, 'Cookie'), 'a=b', 'Cookie';
is field($seen, 'Authorization'), 'Basic eDp5', 'Authorization';
is field($seen, 'X-Eight'), "\xe4\xf6", 'bytes above 127';
is field($seen, 'X-Empty'), '', 'empty value';
is field($r, 'X-Backend'), 'backend', 'fields of the response';

$r = ask($at, request('HEAD /head'));
is $r->{status}, 200, 'HEAD';
cmp_ok field($r, 'Content-Length'), '>', 20, 'HEAD keeps Content-Length';

my %answers = (
	'/204' => "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
	'/304' => "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n" .
	    "Content-Length: 1234\r\n\r\n",
	'/404' => "HTTP/1.1 404 Nothing Here\r\nContent-Length: 3\r\n\r\nno\n",
	'/500' => "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
	'/200' => "HTTP/1.1 200 \r\nContent-Length: 2\r\n" .
	    "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nok",
	'/206' => "HTTP/1.1 206 Part\r\nContent-Range: bytes 0-0/5\r\n" .
	    "Content-Length: 1\r\n\r\nx",
	'/299' => "HTTP/1.1 299 Own\r\nContent-Length: 0\r\n\r\n",
	'/chunked' => Backend::chunked('a', 'bc', 'd' x 300),
);
my $table = Backend->new(\%answers);
my $q = Portico->start(one_backend($table->address));
my $c = Client->new($q->address('http'));

for my $target (sort keys %answers) {
	$c->send(request("GET $target"));
	my $r = $c->final or last;
	my ($status) = $answers{$target} =~ /^\S+ (\d+)/;

	is $r->{status}, $status, "status of $target, one connection for all";
	ok !$r->{broken}, 'complete';
	is_deeply $r->{fields}{'set-cookie'}, [ 'a=1', 'b=2' ],
	    'two Set-Cookie stay two' if $target eq '/200';
	is field($r, 'Content-Length'), 1234, '304 keeps its length'
	    if $target eq '/304';
	is field($r, 'Content-Length'), undef, '204 has no length'
	    if $target eq '/204';
	is $r->{body}, 'abc' . 'd' x 300, 'chunked body'
	    if $target eq '/chunked';
	is $r->{body}, "no\n", 'the body of a 404' if $target eq '/404';
}
$c->send(request('HEAD /200'));
is $c->final(head_only => 1)->{status}, 200, 'HEAD among them';
ok defined field(get($q->address('http'), '/200'), 'Date'),
    'an answer has a Date';
done_testing;
