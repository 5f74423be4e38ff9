# SPDX-License-Identifier: BSD-2-Clause
# Domain and Path of cookies are what the client sees; all else is untouched.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(request field fields);
use Portico;

my $b = Backend->new(sub {
	while (defined(my $r = $_[0]->request)) {
		my $fields = join '', map { "Set-Cookie: $_\r\n" }
		    $r =~ /^X-Say: (.*?)\r$/mg;

		$_[0]->send("HTTP/1.1 200 OK\r\n$fields" .
		    "Content-Length: 0\r\n\r\n") or return;
	}
});
my $inner = $b->address;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = {
  app = { backends = [ "$inner" ]; };
  named = { backends = [ "$inner" ]; host = "inner.test"; };
};
sites = {
  a = { hosts = [ "a.test" ]; routes = (
    { path = "/app"; strip_prefix = "/app"; pool = "app"; },
    { path = "/add"; add_prefix = "/int"; pool = "app"; },
    { path = "/both"; strip_prefix = "/both"; add_prefix = "/int";
      pool = "app"; },
    { path = "/off"; strip_prefix = "/off"; rewrite_cookies = false;
      pool = "app"; },
    { pool = "app"; } ); };
  n = { hosts = [ "n.test" ]; routes = ( { pool = "named"; } ); };
};
});
my $c = Client->new($p->address('http'));

sub become
{
	my ($target, $host, @cookies) = @_;

	$c->send(request("GET $target", [ "Host: $host",
	    map { "X-Say: $_" } @cookies ]));
	return [ fields($c->final, 'Set-Cookie') ];
}

my $date = 'Expires=Wed, 21 Oct 2065 07:28:00 GMT';
for (
    [ '/', 'a=b; Domain=127.0.0.1', 'a=b' ],
    [ '/', 'a=b; Domain=127.0.0.1; Secure', 'a=b; Secure' ],
    [ '/', 'a=b; domain=127.0.0.1; Path=/; HttpOnly',
	'a=b; Path=/; HttpOnly' ],
    map({ [ '/', $_, $_ ] } 'a=b', 'a', '=b', 'a=', '', 'a=b;', 'a=b;;Secure',
	'a=b; Domain=other.test', 'a=b; Domain=127.0.0.1.test',
	'a=b; Domain=a.test', 'a=b; Domain', 'a=b; Domain=', 'a=b;Path=/x',
	"a=b ;  $date;SameSite=Lax; Partitioned", 'a="x y"; Max-Age=5',
	'Domain=127.0.0.1', 'Path=/x', 'a=Domain=127.0.0.1',
	'a=b; XDomain=127.0.0.1', "a=\x{e9}; X=\x{ff}"),
    [ '/app/1', 'a=b; Path=/x', 'a=b; Path=/app/x' ],
    [ '/app/1', 'a=b;path=/x ;  HttpOnly', 'a=b;path=/app/x ;  HttpOnly' ],
    [ '/app/1', "a=path=/x; $date; Path=/y; Secure",
	"a=path=/x; $date; Path=/app/y; Secure" ],
    [ '/app/1', 'a=b; Domain=127.0.0.1; Path=/x', 'a=b; Path=/app/x' ],
    map({ [ '/app/1', $_, $_ ] } 'a=b', 'Path=/x', 'a=b; Path=',
	'a=b; Path', 'a=b; Path=x', 'a=b; XPath=/x'),
    [ '/add', 'a=b; Path=/int/x', 'a=b; Path=/x' ],
    [ '/add', 'a=b; Path=/int', 'a=b; Path=/' ],
    [ '/add', 'a=b; Path=/int/', 'a=b; Path=/' ],
    [ '/add', 'a=b; Path=/internal', 'a=b; Path=/internal' ],
    [ '/both/1', 'a=b; Path=/int/x', 'a=b; Path=/both/x' ],
    [ '/off/1', 'a=b; Domain=127.0.0.1; Path=/x',
	'a=b; Domain=127.0.0.1; Path=/x' ]) {
	my ($target, $cookie, $expected) = @$_;

	is become($target, 'a.test', $cookie)->[0], $expected,
	    "$target: '$cookie'";
}
is become('/app/1', 'a.test', 'a=b; Domain=a.test; Path=/x')->[0],
    'a=b; Domain=a.test; Path=/app/x', 'a Domain of the client\'s stays';
like become('/app/1', 'a.test', 'a=b; Path=/')->[0], qr{^a=b; Path=/app/?$},
    'the root is our prefix';
for my $domain ('inner.test', '.inner.test', 'INNER.test') {
	is become('/', 'n.test', "a=b; Domain=$domain; Secure")->[0],
	    'a=b; Secure', "the pool's host: $domain";
}
is become('/', 'n.test', "a=b; Domain=$_")->[0], "a=b; Domain=$_",
    "but not $_" for 'other.inner.test', 'xinner.test', 'test';
is_deeply become('/app/1', 'a.test', 'a=b; Path=/x', 'c=d',
    'e=f; Domain=127.0.0.1', 'g=h; Path=/y; Secure'),
    [ 'a=b; Path=/app/x', 'c=d', 'e=f', 'g=h; Path=/app/y; Secure' ],
    'each of several, in order';
my $long = 'a=' . 'x' x 4000;
is_deeply become('/app/1', 'a.test', "$long; Path=/x"),
    [ "$long; Path=/app/x" ], 'a long one';
done_testing;
