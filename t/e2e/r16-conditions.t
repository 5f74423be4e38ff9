# SPDX-License-Identifier: BSD-2-Clause
# Conditions on fields, cookies, parameters and clients; and what is not so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(ask request);
use Portico;

sub route
{
	my ($name, $conditions) = @_;

	return qq({ $conditions respond = { status = 200; body = "$name"; }; });
}

my $private = 'path = "/not"; ';
my $routes = join ",\n",
    route('header', 'headers = { X-Kind = "^beta$"; };'),
    route('two', 'headers = { X-A = "1"; X-B = "2"; };'),
    route('cookie', 'cookies = { group = "^b$"; };'),
    route('query', 'query = { v = "^2$"; };'),
    route('text', 'query = { q = "^a b$"; };'),
    route('empty', 'query = { e = "^$"; };'),
    route('both', 'query = { x = "1"; }; cookies = { x = "1"; };
	path = "/both";'),
    route('ten', 'path = "/net"; clients = [ "10.0.0.0/8", "127.0.0.9" ];'),
    route('six', 'path = "/net"; clients = "::1";'),
    route('one', 'path = "/not/path"; not = { path = "/not/path/x"; };'),
    route('list', 'path = "/not/list"; not = ( { methods = "POST"; },
	{ path_re = "[.]php$"; }, { query = { a = "1"; };
	cookies = { b = "2"; }; } );'),
    route('header-not', 'path = "/not/header";
	not = { headers = { X-Bot = "."; }; };'),
    route('client-not', 'path = "/not/net"; not = { clients = "127.0.0.9"; };'),
    route('is-not', 'path = "/not/is"; not = { path_is = "/not/is"; };');
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; };
  outer = { address = "\@outer\@"; trusted_proxies = [ "127.0.0.0/8" ]; };
  local6 = { address = "\@local6\@"; }; };
sites = { x = { hosts = "*"; routes = ( $routes ); }; };
});

sub routed
{
	my ($line, @fields) = @_;
	my ($listener) = map { /^\@(\w+)/ } @fields;
	my ($from) = map { /^<(.*)/ } @fields;
	my $r = ask($p->address($listener // 'http'), request($line,
	    [ grep { !/^[\@<]/ } @fields ]), from => $from);

	return $r->{status} == 200 ? $r->{body} : $r->{status};
}

for (
    [ 'header', '/', 'X-Kind: beta' ], [ 'header', '/', 'x-kind:beta ' ],
    [ 404, '/', 'X-Kind: betamax' ], [ 404, '/', 'X-Kinds: beta' ],
    [ 404, '/', 'X-Kind: Beta' ], [ 404, '/' ],
    [ 'header', '/', 'X-Kind: alpha', 'X-Kind: beta' ],
    [ 'two', '/', 'X-A: 1', 'X-B: 2' ], [ 404, '/', 'X-A: 1' ],
    [ 404, '/', 'X-A: 1', 'X-B: 1' ],
    [ 'cookie', '/', 'Cookie: group=b' ],
    [ 'cookie', '/', 'Cookie: a=1; group=b; c=2' ],
    [ 'cookie', '/', 'Cookie: a=1;group=b' ],
    [ 'cookie', '/', 'Cookie: a=1', 'Cookie: group=b' ],
    [ 'cookie', '/', 'Cookie: group=a; group=b' ],
    [ 404, '/', 'Cookie: group=bb' ], [ 404, '/', 'Cookie: Group=b' ],
    [ 404, '/', 'Cookie: xgroup=b' ], [ 404, '/', 'Cookie: x=group=b' ],
    [ 404, '/', 'Cookie: group' ], [ 404, '/', 'Cookie: ' ],
    [ 404, '/', 'X: group=b' ],
    [ 'query', '/?v=2' ], [ 'query', '/?a=1&v=2' ], [ 'query', '/?v=%32' ],
    [ 'query', '/?v=1&v=2' ], [ 'query', '/x?v=2&a' ],
    [ 404, '/?xv=2' ], [ 404, '/?v=22' ], [ 404, '/?V=2' ], [ 404, '/?v' ],
    [ 404, '/?v=' ], [ 404, '/v=2' ], [ 404, '/?a=v=2' ], [ 404, '/?' ],
    [ 404, '/%3Fv=2' ],
    [ 'text', '/?q=a+b' ], [ 'text', '/?q=a%20b' ], [ 404, '/?q=a%2Bb' ],
    [ 404, '/?q=a%zzb' ], [ 404, '/?q=ab' ],
    [ 'empty', '/?e=' ], [ 404, '/?e=x' ], [ 404, '/?ee=' ],
    [ 'both', '/both?x=1', 'Cookie: x=1' ], [ 404, '/both?x=1' ],
    [ 404, '/both', 'Cookie: x=1' ], [ 404, '/?x=1', 'Cookie: x=1' ],
    # who asks
    [ 404, '/net' ], [ 'ten', '/net', '<127.0.0.9' ],
    [ 404, '/net', '<127.0.0.10' ], [ 'six', '/net', '@local6' ],
    [ 404, '/net', 'X-Forwarded-For: 10.1.2.3' ],
    [ 'ten', '/net', '@outer', 'X-Forwarded-For: 10.1.2.3' ],
    [ 404, '/net', '@outer', 'X-Forwarded-For: 10.1.2.3, 9.9.9.9' ],
    [ 'ten', '/net', '@outer', 'X-Forwarded-For: 9.9.9.9, 10.1.2.3' ],
    [ 404, '/net', '@outer', '<127.0.0.9',
	'X-Forwarded-For: 9.9.9.9' ],
    [ 'six', '/net', '@outer', 'X-Forwarded-For: ::1' ],
    # what is not so
    [ 'one', '/not/path' ], [ 'one', '/not/path/y' ],
    [ 404, '/not/path/x' ], [ 404, '/not/path/x/y' ],
    [ 404, '/not/path/%78' ], [ 'one', '/not/path/xx' ],
    [ 'list', '/not/list' ], [ 404, '/not/list/a.php' ],
    [ 'list', '/not/list?a=1' ],
    [ 'list', '/not/list', 'Cookie: b=2' ],
    [ 404, '/not/list?a=1', 'Cookie: b=2' ],
    [ 'header-not', '/not/header' ], [ 404, '/not/header', 'X-Bot: 1' ],
    [ 'client-not', '/not/net' ], [ 404, '/not/net', '<127.0.0.9' ],
    [ 404, '/not/is' ], [ 'is-not', '/not/is/x' ]) {
	my ($expected, $target, @fields) = @$_;

	is routed("GET $target", @fields), $expected,
	    join ' ', $target, @fields;
}
is routed('POST /not/list'), 404, 'a method that is not';
is routed('PUT /not/list'), 'list', 'and another';
my $many = join '&', map { "a$_=b" } 1 .. 900;
is routed("GET /?$many&v=2"), 'query', 'the last of many parameters';
is routed('GET /', 'Cookie: ' . join('; ', map { "a$_=b" } 1 .. 900) .
    '; group=b'), 'cookie', 'the last of many cookies';
is routed('GET /?v=' . '%32' x 2000), 404, 'a long value';
done_testing;
