# SPDX-License-Identifier: BSD-2-Clause
# RFC 9111, 3: which responses are stored, and which of their fields.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch send_request reused not_reused warm status_of address);
use Client qw(field fields request);

my $fresh = 'Cache-Control: max-age=3600';
my $p = start_cases();

# ---- 3: what may be stored ----

reused('3: GET with a lifetime', [ $fresh ]);
not_reused("3: the method $_ is not understood", [ $fresh ], method => $_)
    for qw(FOO PROPFIND REPORT);
for my $method (qw(POST PUT DELETE PATCH)) {
	not_reused("3: the answer to $method is not one to GET", [ $fresh ],
	    method => $method, content => 'x');
}
not_reused('3: a GET with a body may mean something else', [ $fresh ],
    content => 'x');
not_reused('3: OPTIONS', [ $fresh ], method => 'OPTIONS');

my $path = new_path();
answers($path, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" .
    reply(200, 'final', $fresh), reply(200, 'second'));
for (1, 2) {
	is fetch($path)->{body}, 'final', '3: the final response is stored';
}
is times_asked($path), 1, '3: and no interim one';
$path = new_path();
answers($path, "HTTP/1.1 102 Processing\r\nCache-Control: no-store\r\n\r\n" .
    reply(200, 'final', $fresh), reply(200, 'second'));
is fetch($path)->{body}, 'final', '3: what an interim response says'
    for 1, 2;
is times_asked($path), 1, '3: does not matter';

not_reused('3: no-store', [ 'Cache-Control: no-store' ]);
not_reused('3: no-store beside a lifetime',
    [ 'Cache-Control: max-age=3600, no-store', 'Expires: ' . date(1000) ]);
not_reused('3: no-store in another line',
    [ $fresh, 'Cache-Control: no-store' ]);
not_reused('3: No-StOrE', [ 'Cache-Control: max-age=3600, No-StOrE' ]);
not_reused('3: private', [ 'Cache-Control: private, max-age=3600' ]);
not_reused('3: PRIVATE', [ 'Cache-Control: max-age=3600, PRIVATE' ]);
not_reused('3: nothing says that it may be', []);
not_reused('3: a status without a default lifetime', [ 'Last-Modified: ' .
    date(-100000) ], status => $_) for 201, 202, 302, 307, 403, 500, 502,
    503, 504, 599;
reused("3: $_ with Last-Modified is stored by heuristics", [
    'Last-Modified: ' . date(-100000) ], status => $_)
    for 200, 203, 204, 300, 301, 308;
reused('3: public makes a final status storable', [ 'Cache-Control: public',
    'Last-Modified: ' . date(-100000) ], status => $_) for 302, 303, 307;
$path = new_path();
answers($path, { if => '^Range:', then => reply(206, 'part', $fresh,
    'Content-Range: bytes 0-3/10'), else => reply(200, 'part and ', $fresh) });
fetch($path, 'Range: bytes=0-3');
is fetch($path)->{status}, 200, '3: 206 is for who asked for a range';
not_reused('3: 206 without having been asked for', [ $fresh,
    'Content-Range: bytes 0-3/10' ], body => 'part', status => 206);

# The request's no-store (5.2.1.5) is for its response, too.
not_reused('3: no-store of the request', [ $fresh ],
    first => [ 'Cache-Control: no-store' ]);
reused('3: a Cookie in the request does not matter', [ $fresh ],
    first => [ 'Cookie: a=b' ], second => [ 'Cookie: c=d' ]);
not_reused('3: Set-Cookie is for one client alone', [ $fresh,
    'Set-Cookie: a=b' ]);

# ---- 3: older and newer ----

$path = new_path();
answers($path, reply(200, 'old', $fresh), reply(200, 'new',
    'Cache-Control: no-store'), reply(200, 'newest'));
fetch($path);
is fetch($path, 'Cache-Control: no-cache')->{body}, 'new',
    '3: asked for anew by the client';
like fetch($path)->{body}, qr/^(?:old|newest)$/,
    '3: a newer one that is not stored is not used again';

# ---- 3.1: fields ----

my @all = ('Test-Header: one', 'X-Test-Header: two', 'Content-Foo: three',
    'X-Content-Foo: four', 'Content-Type: text/plain;charset=utf-8',
    'Content-Language: de', 'Content-Location: /elsewhere',
    'Content-Disposition: attachment; filename=a.txt',
    'Content-MD5: rL0Y20zC+Fzt72VPzMSk2A==', 'X-Frame-Options: deny',
    "Content-Security-Policy: default-src 'self'", 'X-XSS-Protection: 1',
    'Clear-Site-Data: "cookies"', 'Public-Key-Pins: a', 'Allow: GET, HEAD',
    'Link: </a>; rel=b', 'Retry-After: 10', 'WWW-Authenticate: Basic',
    'Referrer-Policy: no-referrer', 'Accept-Ranges: none', 'ETag: "e"',
    'Last-Modified: ' . date(-5000), 'Expires: ' . date(1000),
    'Permissions-Policy: a=()', 'Empty: ', 'Odd: a, "b, c" ; d');
reused('3.1: all fields of the response are stored', [ @all, $fresh ],
    wants => [ map { s/: $/:/r } @all ]);
reused('3.1: fields of one name, all of them, in their order',
    [ $fresh, 'Link: <1>', 'X-More: a', 'Link: <2>', 'X-More: b' ],
    wants => [ 'Link: <1>', 'Link: <2>', 'X-More: a', 'X-More: b' ]);
is join('|', fields(reused('3.1: once more', [ $fresh, 'Link: 1', 'Link: 2',
    'Link: 3' ]), 'Link')), '1|2|3', '3.1: in their order';
reused('3.1: bytes beyond ASCII in a value', [ $fresh, "X-Name: \xfc\xe4" ],
    wants => [ "X-Name: \xfc\xe4" ]);
reused("3.1: not $_, which is for one connection", [ $fresh, "$_: a" ],
    wants_not => [ $_ ]) for qw(Proxy-Connection Keep-Alive TE Upgrade
    Proxy-Authenticate Proxy-Authentication-Info Proxy-Authorization);
reused('3.1: nor those that Connection names', [ $fresh,
    'Connection: a, b', 'A: 1', 'B: 2', 'C: 3' ], wants => [ 'C: 3' ],
    wants_not => [ 'A', 'B' ]);
reused('3.1: no Transfer-Encoding, but what it carried',
    [ $fresh, 'Transfer-Encoding: chunked' ], body => "5\r\nhello\r\n0\r\n\r\n");
my $with = "HTTP/1.1 200 OK\r\n$fresh\r\nTransfer-Encoding: chunked\r\n" .
    "Trailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n$fresh\r\n\r\n";
reused('3.1: fields of a trailer section do not get into the head', [],
    answer => $with, wants_not => [ 'X-Sum' ]);
not_reused('3.1: what a trailer section says is no lifetime', [], answer =>
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" .
    "0\r\n$fresh\r\n\r\n");

# ---- 3.3, 3.4: incomplete responses ----

sub broken_first
{
	my ($name, @pieces) = @_;
	my $way = new_path();

	answers($way, [ @pieces ], reply(200, 'whole', $fresh));
	my $c = Client->new(address());
	$c->send(request("GET $way"));
	my $r = $c->final;
	ok !$r || $r->{broken} || $r->{status} >= 500 ||
	    $r->{body} eq 'whole', "3.3: $name: who asked is told, or asked for";
	$c->close;
	$r = fetch($way);
	is $r->{body}, 'whole', "3.3: $name: not stored";
}

my $begin = "HTTP/1.1 200 OK\r\n$fresh\r\nETag: \"x\"\r\n";
broken_first('a body that is shorter than its length', $begin .
    "Content-Length: 100\r\n\r\nhalf", [ 'close' ]);
broken_first('a body that ends with a reset', $begin .
    "Content-Length: 100\r\n\r\nhalf", [ 'pause', 0.05 ], [ 'reset' ]);
broken_first('chunks without the last one', $begin .
    "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", [ 'close' ]);
broken_first('half a chunk', $begin .
    "Transfer-Encoding: chunked\r\n\r\n8\r\nhalf", [ 'close' ]);
broken_first('the last chunk, and no end of the trailer section', $begin .
    "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n", [ 'close' ]);
broken_first('a chunk that is none', $begin .
    "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n", [ 'close' ]);

# Nothing says whether all of it came, so whether it is stored is ours to say.
$path = new_path();
answers($path, [ "HTTP/1.1 200 OK\r\n$fresh\r\n\r\nuntil the end",
    [ 'close' ] ]);
is fetch($path)->{body}, 'until the end',
    '3.3: a body that ends with its connection' for 1, 2;

$path = new_path();
answers($path, reply(206, '01234', $fresh, 'Content-Range: bytes 0-4/10',
    'ETag: "x"'), reply(206, '56789', $fresh, 'Content-Range: bytes 5-9/10',
    'ETag: "x"'), reply(200, '0123456789', $fresh, 'ETag: "x"'));
fetch($path, 'Range: bytes=0-4');
fetch($path, 'Range: bytes=5-9');
my $r = fetch($path);
is "$r->{status} $r->{body}", '200 0123456789',
    '3.3, 3.4: parts are no complete response';

# ---- 3.5: Authorization ----

my @who = (first => [ 'Authorization: Basic YTpi' ]);
not_reused('3.5: a request with Authorization', [ $fresh ], @who);
not_reused('3.5: with Expires', [ 'Expires: ' . date(1000) ], @who);
not_reused('3.5: for the same one', [ $fresh ], @who,
    second => [ 'Authorization: Basic YTpi' ]);
not_reused('3.5: proxy-revalidate does not allow it', [
    'Cache-Control: max-age=3600, proxy-revalidate' ], @who);
reused("3.5: but with $_", [ "Cache-Control: max-age=3600, $_" ], @who)
    for 'public', 'must-revalidate', 's-maxage=60';
reused('3.5: s-maxage alone', [ 'Cache-Control: s-maxage=3600' ], @who);
not_reused('3.5: private wins over public', [
    'Cache-Control: public, private, max-age=3600' ], @who);
reused('3.5: what was stored without may be used for one with it', [ $fresh ],
    second => [ 'Authorization: Basic YTpi' ]);
$path = new_path();
answers($path, reply(200, 'mine', $fresh), reply(200, 'yours', $fresh));
fetch($path, 'Authorization: Basic YTpi');
is fetch($path, 'Authorization: Basic Yzpk')->{body}, 'yours',
    '3.5: nobody gets what is for somebody else';
done_testing;
