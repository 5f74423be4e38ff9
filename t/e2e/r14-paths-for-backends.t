# SPDX-License-Identifier: BSD-2-Clause
# strip_prefix, add_prefix and rewrite, in this order, change the path only.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(ask get request);
use Portico qw(one_site);

my $echo = Backend->new('echo');
my $p = Portico->start(one_site('
    { path = "/app"; strip_prefix = "/app"; pool = "app"; },
    { path_re = "^/ap"; strip_prefix = "/ap"; pool = "app"; },
    { path = "/add"; add_prefix = "/int"; pool = "app"; },
    { path = "/both"; strip_prefix = "/both"; add_prefix = "/int";
      pool = "app"; },
    { path = "/user"; rewrite = { re = "^/user/([0-9]+)$"; to = "/u?id={1}"; };
      pool = "app"; },
    { path = "/mixed"; rewrite = { re = "^/mixed/(.*)$";
      to = "/u?id={1}&{query}"; }; pool = "app"; },
    { path = "/p"; rewrite = { re = "^/p/(.*)$"; to = "/page/{1}"; };
      pool = "app"; },
    { path = "/swap"; rewrite = { re = "^/swap/([^/]*)/([^/]*)(/x)?$";
      to = "/{2}/{1}{3}"; }; pool = "app"; },
    { path = "/part"; rewrite = { re = "/old/"; to = "/new"; };
      pool = "app"; },
    { path = "/all"; strip_prefix = "/all"; add_prefix = "/int";
      rewrite = { re = "^/int/x/(.*)$"; to = "/y/{1}"; }; pool = "app"; },
    { path_re = "^/r"; rewrite = { re = "^/r(.*)$"; to = "/{1}"; };
      pool = "app"; },
    { pool = "app"; }', pools => { app => $echo->address }));
my $at = $p->address('http');

sub target
{
	my $r = get($at, $_[0]);

	return $r->{status} == 200 ? echoed($r)->{target} : $r->{status};
}

for (
    # nothing to change: every byte is as it was
    map({ [ $_, $_ ] } '/', '/x', '/a%2fb/%7Euser/;p=1', '/a%2Fb', '//x',
	'/x//y', '/x?', '/x?a=%zz&b', "/x!\$&'()*+,;=:@", '/%C3%A9', '/x?a?b/c'),
    [ '/app/x', '/x' ], [ '/app', '/' ], [ '/app/', '/' ], [ '/app?q', '/?q' ],
    [ '/app/a%2Fb%20c?x=%20', '/a%2Fb%20c?x=%20' ], [ '/app/%41', '/%41' ],
    [ '/app/app/x', '/app/x' ], [ '/%61pp/x', '/x' ],
    [ '/%61pp/%41%20?q', qr{^/(?:%41|A)%20\?q$} ],
    # a prefix ends where a segment ends
    [ '/apple', '/apple' ], [ '/ap/x', '/x' ],
    [ '/add', '/int/add' ], [ '/add/x%2F?q', '/int/add/x%2F?q' ],
    [ '/both', '/int' ], [ '/both/x?q', '/int/x?q' ],
    [ '/both?q', '/int?q' ], [ '/both/', '/int/' ],
    [ '/user/7', '/u?id=7' ], [ '/user/7?a=b', '/u?id=7' ],
    [ '/user/x', '/user/x' ], [ '/user/x%2F?q', '/user/x%2F?q' ],
    [ '/mixed/a?b=c', '/u?id=a&b=c' ],
    [ '/mixed/a', qr{^/u\?id=a&?$} ],
    [ '/p/x', '/page/x' ], [ '/p/x?a=b&c', '/page/x?a=b&c' ],
    [ '/p/a%20b', '/page/a%20b' ], [ '/p/%C3%A9', qr{^/page/%c3%a9$}i ],
    # what was encoded in the path stays a part of the path
    [ '/p/a%3Fb', '/page/a%3Fb' ], [ '/p/a%23b', '/page/a%23b' ],
    [ '/p/100%25', '/page/100%25' ], [ '/p/%2541', '/page/%2541' ],
    [ '/p/%0d%0aX: 1', 400 ], [ '/p/%0d%0aX:1', qr{^/page/%0d%0ax:1$}i ],
    [ '/p/a%2Fb', qr{^/page/a(?:%2F|/)b$} ], [ '/p/%ff', qr{^/page/%ff$}i ],
    [ '/mixed/a%26b%20c%23?x', qr{^/u\?id=a(?:%26|&)b(?:%20|\+)c%23&x$} ],
    [ '/swap/a/b', '/b/a' ], [ '/swap/a/b/x', '/b/a/x' ],
    [ '/swap/%2Bx/b', qr{^/b/(?:%2B|\+)x$} ],
    [ '/all/x/1?q', '/y/1?q' ], [ '/all/z', '/int/z' ],
    [ '/part/x', '/part/x' ]) {
	my ($target, $expected) = @$_;

	ref $expected ? like target($target), $expected, $target :
	    is target($target), $expected, $target;
}
for my $target ('/rhttp://evil.test/', '/r@evil.test', '/r', '/rx', '/r*',
    '/r%20HTTP/1.1', '/r//evil') {
	like target($target), qr{^/[^ ]*$}, "$target: a path";
}
my $seen = echoed(ask($at, "GET http://a.test/app/x?q HTTP/1.1\r\n" .
    "Host: a.test\r\n\r\n"));
is $seen->{target}, '/x?q', 'an absolute form';
my $long = '/p/' . '%20' x 2000;
is target($long), '/page/' . '%20' x 2000, 'a long path';
is target('/p/' . 'x' x 8000), '/page/' . 'x' x 8000, 'of 8 KB';
done_testing;
