# SPDX-License-Identifier: BSD-2-Clause
# A backend is not asked for a path that it may read as another one than that
# for which the route was found.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(ask request);
use Portico;

my $backend = Backend->new('echo');
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "$backend->{address}" ]; }; };
sites = { x = { hosts = "*"; routes = (
	{ path = "/admin"; deny = 403; },
	{ path_is = "/exact/one"; deny = 403; },
	{ path = "/v/%2F"; respond = { status = 200; body = "slash"; }; },
	{ path = "/public"; pool = "app"; },
	{ path = "/old"; strip_prefix = "/old"; pool = "app"; },
	{ path = "/jail"; rewrite = { re = "^/jail(.*)"; to = "/home{1}"; };
	  pool = "app"; },
	{ path_re = "^/cell"; rewrite = { re = "^/cell(.*)";
	    to = "/home/{1}?x"; }; pool = "app"; },
	{ path = "/gone"; redirect = { to = "/here{rest}"; }; },
	{ pool = "app"; } ); };
	plain = { hosts = "plain.test"; routes = ( { pool = "app"; } ); };
	cut = { hosts = "cut.test"; strip_prefix = "/cut";
	    routes = ( { pool = "app"; } ); }; };
});

sub response
{
	my ($target, $host) = @_;

	return ask($p->address('http'), request("GET $target",
	    [ 'Host: ' . ($host // 'a.test') ]));
}

# What the backend was asked for, or the status of our answer.
sub asked
{
	my $r = response(@_);

	return $r->{body} =~ m{^GET (\S+) HTTP/}m ? $1 : $r->{status};
}

for my $dots ('/public/..;/admin', '/public/..%2fadmin', '/public/..%5cadmin',
    '/public\\..\\admin', '/public%2F..%2fadmin', '/public/..;x=y/admin',
    '/old/..%2fadmin', '/jail/..%2fetc', '/jail/..%5Cetc', '/public/x/..%2f',
    '/public/%2e%2e%2fadmin', '/public/%2e%2e;/admin') {
	is asked($dots), 400, "$dots: dots that a backend may see";
}
for my $fine ('/public/a..b', '/public/...', '/public/a%2fb', '/a;b=..c',
    '/public/%2fx', '/x?a=/..%2f/..;/', '/public/..a', '/public/x;y=1/z') {
	is asked($fine), $fine, "$fine is what it looks like";
}
for (
    [ '/admin/../public/x', '/public/x' ], [ '/a/b/../../c', '/c' ],
    [ '/admin/%2e%2e/public/%41', '/public/A' ], [ '/admin/..', '/' ],
    [ '/admin/./../public/a%2fb', '/public/a%2Fb' ],
    [ '/admin/../x%3fy?z=/../', '/x%3Fy?z=/../' ],
    [ '/old/a/../b%20c', '/b%20c' ], [ '/x/../old/%61', '/a' ],
    [ '/x/../jail/y', '/home/y' ], [ '/public/../admin/x', 403 ],
    [ '/admin/../..', 400 ], [ '/public//../x', '/public/x' ]) {
	my ($target, $expected) = @$_;

	is asked($target), $expected, "$target: $expected";
}
for my $plain ('/%70ublic/a', '/x%2e', '//x//y', '/public/.', '/public/%2E') {
	is asked($plain), $plain, "$plain stays as it is";
}
for my $slash ('/admin%2fsecret', '/admin%2F', '/%61dmin%2f%2fx',
    '/exact%2fone', '/x%2f../../admin%2fx') {
	is asked($slash), 403, "$slash: some backends decode the slash";
}
is asked($_), $_, "$_ is none of these"
    for '/admins%2fsecret', '/exact%2fone%2f', '/a%2fadmin', '/x%252fy';
is response('/v/%2f')->{body}, 'slash', 'a route may ask for an encoded one';
is asked('/old%2fx'), '/old%2fx', 'no prefix is cut at an encoded slash';
is asked($_->[0]), $_->[1], "rewrite of $_->[0]: $_->[1]"
    for [ '/cell../etc', 400 ], [ '/cell..', 400 ], [ '/cell..;/etc', 400 ],
    [ '/cell.', '/home/.?x' ], [ '/cell/a', '/home//a?x' ],
    [ '/cella', '/home/a?x' ],
    [ '/cell...', '/home/...?x' ], [ '/cell/..', '/' ];
is asked('/a/%2e%2E/b', 'plain.test'), '/a/%2e%2E/b',
    'where no route asks for a path it is not touched';
is asked('/cut/%2e%2e/cut/x', 'cut.test'), '/x', 'but what is cut is cut';
is response('/gone/x/../y')->{fields}{location}[0], '/here/y',
    'nor does a redirect have dots';
done_testing;
