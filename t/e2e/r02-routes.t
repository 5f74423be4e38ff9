# SPDX-License-Identifier: BSD-2-Clause
# The first route whose conditions all hold decides.
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

my $routes = join ",\n",
    route('write', 'path = "/api"; methods = [ "POST", "PUT" ];'),
    route('api', 'path = "/api";'),
    route('inner', 'path = "/in"; listeners = [ "inner" ];'),
    route('static', 'path = "/static";'),
    route('slash', 'path = "/dir/";'),
    route('is', 'path_is = "/exact";'),
    route('re', 'path_re = "^/user/[0-9]+$";'),
    route('php', 'path_re = "\\\\.php$";'),
    route('both', 'path = "/img"; path_re = "\\\\.png$";'),
    route('late', 'path = "/api/late";'),
    route('encoded', 'path_is = "/a b";');
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; };
              inner = { address = "\@inner\@"; }; };
sites = { x = { hosts = "*"; routes = ( $routes ); }; };
});

sub routed
{
	my ($line, $listener) = @_;
	my $r = ask($p->address($listener // 'http'), request($line));

	return $r->{status} == 200 ? $r->{body} : $r->{status};
}

for (
    [ 'GET /api', 'api' ], [ 'GET /api/', 'api' ], [ 'GET /api/x?y', 'api' ],
    [ 'GET /api?x', 'api' ], [ 'GET /apis', 404 ], [ 'GET /ap', 404 ],
    [ 'POST /api/x', 'write' ], [ 'PUT /api', 'write' ],
    [ 'DELETE /api', 'api' ], [ 'GET /api/late', 'api' ],
    [ 'GET /static/a.css', 'static' ], [ 'GET /statics', 404 ],
    [ 'GET /STATIC', 404 ], [ 'GET /x/static', 404 ],
    [ 'GET /dir/x', 'slash' ], [ 'GET /dir/', 'slash' ],
    [ 'GET /exact', 'is' ], [ 'GET /exact?q=1', 'is' ],
    [ 'GET /exact/', 404 ], [ 'GET /exactly', 404 ],
    [ 'GET /user/12', 're' ], [ 'GET /user/12?x', 're' ],
    [ 'GET /user/12/x', 404 ], [ 'GET /user/x', 404 ],
    [ 'GET /a/b.php', 'php' ], [ 'GET /a/b.php?c=d', 'php' ],
    [ 'GET /a/b?c=d.php', 404 ], [ 'GET /img/a.png', 'both' ],
    [ 'GET /img/a.gif', 404 ], [ 'GET /', 404 ],
    [ 'GET /%73tatic/x', 'static' ], [ 'GET /a%20b', 'encoded' ],
    [ 'GET http://a.test/static', 'static' ]) {
	my ($line, $expected) = @$_;

	is routed($line), $expected, "$line: $expected";
}
is routed('GET /in', 'inner'), 'inner', 'a route of one listener';
is routed('GET /in'), 404, 'is none of another';
is routed('GET /static', 'inner'), 'static', 'others are of all';
for my $target ('/static/../in', '/static/%2e%2e/in', '/static/..') {
	like routed("GET $target"), qr/^(?:4\d\d|static)$/,
	    "$target does not get round a route";
}
is routed('GET /static/%00'), 400, 'no NUL in a path';
like routed('GET /static/%zz'), qr/^(?:400|static)$/, 'a broken escape';
done_testing;
