# SPDX-License-Identifier: BSD-2-Clause
# Fields of responses are removed, set and added, on our own answers too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain chunked);
use Client qw(ask get request field fields);
use Portico qw(one_site);

my $b = Backend->new({
	'/app' => plain('app', 'ETag: "x"', 'Server: a/1', 'X-One: a',
	    'x-one: b', 'X-Two: c', 'Set-Cookie: a=b', 'Cache-Control: x'),
	'/app/chunks' => chunked('app') =~ s/\r\n/\r\nX-One: a\r\n/r,
	'/app/304' => "HTTP/1.1 304 Not Modified\r\nX-One: a\r\n\r\n",
	'/app/204' => "HTTP/1.1 204 No Content\r\nX-One: a\r\n\r\n",
	'/app/500' => "HTTP/1.1 500 Error\r\nX-One: a\r\n" .
	    "Content-Length: 0\r\n\r\n",
	'/plain' => plain('plain', 'X-One: a'),
});
my $gone = '127.0.0.1:' . Portico::free_port();
my $headers = 'headers = { response = { remove = [ "ETag", "X-Two" ];
    set = { X-One = "1"; Server = "shop"; X-Host = "{host}";
      X-Path = "{path}"; X-Query = "{query}"; X-Client = "{client}"; };
    add = { Set-Cookie = "c=d; Secure"; X-Two = "2"; }; }; };';
my $p = Portico->start(one_site(qq(
    { path = "/app"; $headers pool = "app"; },
    { path = "/move"; $headers redirect = { to = "/x"; }; },
    { path = "/say"; $headers respond = { status = 200; body = "hi"; }; },
    { path = "/deny"; $headers deny = 403; },
    { path = "/only"; $headers allow = "10.0.0.0/8"; pool = "app"; },
    { path = "/gone"; $headers pool = "gone"; },
    { path = "/small"; $headers max_body = "1k"; pool = "app"; },
    { path = "/plain"; pool = "app"; }), pools => {
    app => $b->address, gone => $gone }));
my $at = $p->address('http');

sub list { return join '|', fields(@_) }

for (
    [ 'GET /app?q=1', 200 ], [ 'HEAD /app?q=1', 200 ], [ 'GET /move?q=1', 302 ],
    [ 'GET /say?q=1', 200 ], [ 'HEAD /say?q=1', 200 ],
    [ 'GET /deny?q=1', 403 ], [ 'GET /only?q=1', 403 ],
    [ 'GET /gone?q=1', '50[23]' ], [ 'POST /small?q=1', 413 ],
    [ 'GET /app/chunks', 200 ], [ 'GET /app/304', 304 ],
    [ 'GET /app/204', 204 ], [ 'GET /app/500', 500 ]) {
	my ($line, $status) = @$_;
	my ($path, $query) = $line =~ m{ (/[^?]*)\??(.*)$};
	my $c = Client->new($at);

	$c->send(request($line =~ s/app\?q=1/app/r, [],
	    $line =~ /POST/ ? 'x' x 2000 : undef));
	$query = '' if $path eq '/app';
	my $r = $c->final(head_only => scalar($line =~ /^HEAD/));
	like $r->{status}, qr/^$status$/, "$line: $status";
	is list($r, 'X-One'), 1, 'set';
	is list($r, 'Server'), 'shop', 'though hidden by default';
	is list($r, 'X-Host'), 'a.test', '{host}';
	is list($r, 'X-Path'), $path, '{path}';
	is list($r, 'X-Query'), $query, '{query}';
	is list($r, 'X-Client'), '127.0.0.1', '{client}';
	is list($r, 'ETag'), '', 'removed';
	is list($r, 'X-Two'), 2, 'removed, then added';
	is list($r, 'Set-Cookie'), ($path eq '/app' ? 'a=b|' : '') .
	    'c=d; Secure', 'added';
}
is list(get($at, '/app'), 'Cache-Control'), 'x', 'others stay';
my $r = get($at, '/plain');
is list($r, 'X-One'), 'a', 'another route has its own';
is list($r, 'X-Host'), '', 'policy';
is list(get($at, '/nowhere'), 'X-Host'), '', 'no route: none';
is list(get($at, '/deny/%0d%0aX-Forged:%201'), 'X-Forged'), '',
    'no field comes out of a path';
done_testing;
