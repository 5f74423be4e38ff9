# SPDX-License-Identifier: BSD-2-Clause
# RFC 9111, 3.2 and 4.3.4: a 304 changes what is stored.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch send_request is_between status_of);
use Client qw(field fields);

start_cases();

# Stored with one value and stale; a 304 has another value, or none.
sub renewed
{
	my ($name, $first, $second, %more) = @_;
	my $path = new_path();
	my @kept = $more{validator} // 'ETag: "one"';

	answers($path, reply(200, 'the body', 'Cache-Control: max-age=60',
	    'Age: 100', @kept, @$first),
	    reply(304, '', 'Cache-Control: max-age=3600', @kept, @$second),
	    reply(200, 'never', 'Cache-Control: no-store'));
	my @r = map { fetch($path) } 1 .. 3;
	my ($request) = (asked($path))[1];

	is times_asked($path), 2, "3.2: $name: asked once whether it holds";
	is "$_->{status} $_->{body}", '200 the body', "3.2: $name: whole"
	    for @r;
	return (@r, $request);
}

my $then = date(-86400);
for (
    [ 'Test-Header', 'a', 'b' ], [ 'X-Test-Header', 'a', 'b' ],
    [ 'Content-Foo', 'a', 'b' ], [ 'X-Content-Foo', 'a', 'b' ],
    [ 'Content-Type', 'text/plain', 'text/plain;charset=utf-8' ],
    [ 'Content-MD5', 'rL0Y20zC+Fzt72VPzMSk2A==', 'N7UdGUp1E+RbVvZSTy1R8g==' ],
    [ 'Content-Location', '/foo', '/bar' ],
    [ 'Content-Security-Policy', "default-src 'self'", "default-src a.test" ],
    [ 'X-Frame-Options', 'deny', 'sameorigin' ],
    [ 'X-XSS-Protection', '1', '1; mode=block' ],
    [ 'Clear-Site-Data', 'cache', 'cookies' ], [ 'Public-Key-Pins', 1, 2 ],
    [ 'Expires', date(1), date(3600) ]) {
	my ($field, $before, $after) = @$_;

	for my $validator ('ETag: "one"', "Last-Modified: $then") {
		my $by = $validator =~ /^(\S+):/ ? $1 : '';
		my ($one, $two, $three) = renewed("$field by $by",
		    [ "$field: $before" ], [ "$field: $after" ],
		    validator => $validator);

		is field($one, $field), $before, "3.2: $field as it was";
		is_deeply [ fields($two, $field) ], [ $after ],
		    "3.2: $field of the 304 is what its client gets";
		is_deeply [ fields($three, $field) ], [ $after ],
		    "3.2: and what is stored";
	}
}

my ($one, $two, $three) = renewed('a field that the 304 does not have',
    [ 'Test-Header: a', 'Link: 1', 'Link: 2' ], [ 'Link: 3' ]);
for ($two, $three) {
	is field($_, 'Test-Header'), 'a', '3.2: others stay';
	is_deeply [ fields($_, 'Link') ], [ '3' ],
	    '3.2: all lines of a name are replaced';
}
($one, $two, $three) = renewed('a field that was not there', [],
    [ 'New: a', 'New: b' ]);
is_deeply [ fields($_, 'New') ], [ 'a', 'b' ], '3.2: is added'
    for $two, $three;
($one, $two, $three) = renewed('Content-Length', [], [ 'Content-Length: 99' ]);
is field($_, 'Content-Length'), 8, '3.2: a length is never changed'
    for $two, $three;
($one, $two, $three) = renewed('Content-Encoding', [
    'Content-Encoding: gzip' ], [ 'Content-Encoding: br' ]);
is field($three, 'Content-Encoding'), 'gzip',
    '3.2: nor what tells how the stored body is to be read';
($one, $two, $three) = renewed('Content-Range', [],
    [ 'Content-Range: bytes 0-3/8' ]);
is field($three, 'Content-Range'), undef, '3.2: nor which part it is';
for my $field (qw(Keep-Alive Proxy-Authenticate Upgrade TE)) {
	($one, $two, $three) = renewed($field, [], [ "$field: a" ]);
	is field($three, $field), undef, "3.2: $field is not stored (3.1)";
}
($one, $two, $three) = renewed('what Connection names', [ 'Test: a' ],
    [ 'Connection: close, Other', 'Other: b' ]);
is field($three, 'Other'), undef, '3.2: nor is that';
($one, $two, $three) = renewed('Date and Age', [ 'Date: ' . date(-500) ],
    [ 'Date: ' . date(0), 'Age: 7' ]);
is_between(field($three, 'Age'), 7, 9, '4.2.3: the age is that of the 304');
($one, $two, $three) = renewed('no Age', [ 'Date: ' . date(-500) ],
    [ 'Date: ' . date(0) ]);
is_between(field($three, 'Age'), 0, 2, '4.2.3: it begins anew');

# ---- 4.3.4: which stored response is meant ----

my $path = new_path();
answers($path, reply(200, 'old', 'Cache-Control: max-age=60', 'Age: 100',
    'ETag: "one"', 'Test: a'),
    { if => '^If-None-Match:', then => reply(304, '', 'ETag: "two"',
	'Cache-Control: max-age=60', 'Test: b'),
      else => reply(200, 'new', 'ETag: "two"', 'Test: c',
	'Cache-Control: max-age=60') });
fetch($path);
my $r = fetch($path);
isnt $r->{status}, 304, '4.3.4: no 304 for who did not ask for it';
is "$r->{body} " . (field($r, 'Test') // ''), 'new c',
    '4.3.4: a 304 for another strong validator renews nothing';

$path = new_path();
answers($path, reply(200, 'old', 'Cache-Control: max-age=60', 'Age: 100',
    'ETag: W/"one"'), reply(304, '', 'Cache-Control: max-age=600',
    'ETag: W/"one"', 'Test: b'), reply(200, 'never'));
fetch($path);
for (1, 2) {
	$r = fetch($path);
	is "$r->{body} " . field($r, 'Test'), 'old b',
	    '4.3.4: a weak validator does';
}
$path = new_path();
answers($path, reply(200, 'old', 'Cache-Control: max-age=60', 'Age: 100',
    'ETag: "one"'), reply(304, '', 'Cache-Control: max-age=600', 'Test: b'),
    reply(200, 'never'));
fetch($path);
for (1, 2) {
	$r = fetch($path);
	is "$r->{body} " . (field($r, 'Test') // ''), 'old b',
	    '4.3.4: so does a 304 without one';
	is field($r, 'ETag'), '"one"', '4.3.4: the validator stays';
}

# Only the variant that was asked about changes.
$path = new_path();
my $vary = 'Vary: Accept-Language';
answers($path, reply(200, 'german', 'Cache-Control: max-age=3600', $vary,
    'ETag: "de"'), reply(200, 'english', 'Cache-Control: max-age=60',
    'Age: 100', $vary, 'ETag: "en"'), reply(304, '', 'Test: b', $vary,
    'ETag: "en"', 'Cache-Control: max-age=3600'), reply(200, 'never'));
fetch($path, 'Accept-Language: de');
fetch($path, 'Accept-Language: en');
is field(fetch($path, 'Accept-Language: en'), 'Test'), 'b',
    '4.3.4: a variant is freshened';
$r = fetch($path, 'Accept-Language: de');
is $r->{body}, 'german', '4.3.4: the other one is there';
is field($r, 'Test'), undef, '4.3.4: as it was';
is times_asked($path), 3, '4.3.4: and fresh';

# A 304 may say that it is not to be kept any more.
$path = new_path();
answers($path, reply(200, 'old', 'Cache-Control: max-age=60', 'Age: 100',
    'ETag: "one"'), reply(304, '', 'ETag: "one"', 'Cache-Control: no-store'),
    reply(200, 'new', 'Cache-Control: no-store'));
fetch($path);
is fetch($path)->{body}, 'old', '4.3.4: a 304 with no-store';
is fetch($path)->{body}, 'new', '4.3.4: ends what was stored';
$path = new_path();
answers($path, reply(200, 'old', 'Cache-Control: max-age=60', 'Age: 100',
    'ETag: "one"'), reply(304, '', 'ETag: "one"',
    'Cache-Control: private, max-age=100'),
    reply(200, 'new', 'Cache-Control: no-store'));
fetch($path);
is fetch($path)->{body}, 'old', '4.3.4: one with private and a lifetime';
is fetch($path)->{body}, 'new', '4.3.4: too';
done_testing;
