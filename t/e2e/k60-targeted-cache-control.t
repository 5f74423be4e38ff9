# SPDX-License-Identifier: BSD-2-Clause
# RFC 9213: CDN-Cache-Control is for us, and counts before Cache-Control.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch reused not_reused validated warm is_between);
use Client qw(field fields);

start_cases();
sub cdn { return "CDN-Cache-Control: $_[0]" }
sub cc { return "Cache-Control: $_[0]" }
my @past = ('Expires: ' . date(-10000));
my @ahead = ('Expires: ' . date(10000));

reused("2.2: $_", [ cdn($_) ]) for 'max-age=3600', 'max-age=2147483648',
    'max-age=99999999999', 'foobar, max-age=3600', 'max-age=3600, foo="bar"',
    'max-age=3600;a=b', 's-maxage=3600', 'public, max-age=60',
    'max-age=60, x=(a b);c', 'max-age=60, y=:YQ==:', 'max-age=60, z=1.5',
    'max-age=60, must-revalidate', 'max-age=60, s-maxage=60',
    'max-age=3600,foo', "max-age=60 \t, foo", 'max-age=60, public=?1';
not_reused('2.2: max-age=0', [ cdn('max-age=0') ]);
not_reused('2.2: Age beyond it', [ cdn('max-age=3600'), 'Age: 7200' ]);
reused('2.2: Age within it', [ cdn('max-age=3600'), 'Age: 1200' ]);
reused('2.2: before Expires in the past', [ cdn('max-age=3600'), @past ]);
reused('2.2: before an Expires that is none', [ cdn('max-age=3600'),
    'Expires: 0' ]);
not_reused('2.2: 0 before Expires to come', [ cdn('max-age=0'), @ahead ]);
reused('2.2: a long one before a short max-age', [ cdn('max-age=3600'),
    cc('max-age=0') ]);
not_reused('2.2: a short one before a long max-age', [ cdn('max-age=0'),
    cc('max-age=3600') ]);
reused('2.2: before s-maxage', [ cdn('max-age=3600'), cc('s-maxage=0') ]);
not_reused('2.2: before s-maxage, too', [ cdn('max-age=0'),
    cc('s-maxage=3600') ]);
not_reused("2.2: $_ before max-age and Expires", [ cdn($_),
    cc('max-age=10000'), @ahead ]) for 'private', 'no-cache', 'no-store',
    'no-store, max-age=60', 'max-age=60, private', 'no-store=?1';
reused("2.2: max-age before $_ of Cache-Control", [ cdn('max-age=10000'),
    cc($_) ]) for 'no-store', 'private', 'no-cache', 'max-age=0',
    'no-store, max-age=0, private';
validated('2.2: no-cache is validated', [ cdn('no-cache'), cc('max-age=60'),
    'ETag: "a"' ], 'If-None-Match: "a"');
validated('2.2: stale by it is validated', [ cdn('max-age=60'), 'Age: 100',
    cc('max-age=1000'), 'ETag: "a"' ], 'If-None-Match: "a"');
reused('2.2: it is for a response to Authorization, too', [
    cdn('max-age=60, public') ], first => [ 'Authorization: Basic YTpi' ]);
not_reused('2.2: and so is that it does not say so', [ cdn('max-age=60'),
    cc('public') ], first => [ 'Authorization: Basic YTpi' ]);
not_reused('2.2: must-understand', [ cdn('must-understand, max-age=60') ],
    status => 599);
my $path = new_path();
warm($path, reply(200, 'x', cdn('max-age=60, stale-if-error=1000'),
    'Age: 100'), reply(503, 'error'));
is fetch($path)->{body}, 'x', '2.2: with stale-if-error';
$path = new_path();
warm($path, reply(200, 'x', cdn('max-age=60, must-revalidate'), 'Age: 100',
    cc('stale-if-error=1000, max-age=60')), reply(503, 'error'));
is fetch($path)->{status}, 503, '2.2: nothing of Cache-Control counts';

# What cannot be parsed says nothing: Cache-Control counts.
for my $bad ('max-age=10000, &&&&&', 'MaX-aGe=3600', 'max-age =3600',
    'max-age= 3600', 'max-age=3600,', ',max-age=3600', 'max-age=3600,,foo',
    'max-age=3600 foo', "max-age='3600'", 'max-age=3600, x="', '',
    'max-age=9999999999999999', 'max-age=3600, no-store=', '=3600',
    'max-age=3600, Foo') {
	not_reused("2.1: '$bad' says nothing, no-store counts", [ cdn($bad),
	    cc('no-store') ]);
	reused("2.1: '$bad' says nothing, max-age counts", [ cdn($bad),
	    cc('max-age=3600') ]);
}
not_reused("2.1: $_ has a wrong type", [ cdn($_), cc('no-store') ])
    for 'max-age="10000"', 'max-age=10000.5', 'max-age=?1', 'max-age',
    'max-age=abc', 'max-age=(1 2)', 'max-age=-1';
reused('2.1: of one that is said twice the last counts (RFC 8941, 4.2.2)', [
    cdn('max-age=0, max-age=3600') ]);
not_reused('2.1: in lines, too', [ cdn('max-age=3600'), cdn('max-age=0') ]);
reused('2.1: lines are one dictionary', [ cdn('foo'), cdn('max-age=3600'),
    cc('no-store') ]);
not_reused('2.1: one bad line spoils all', [ cdn('max-age=3600'), cdn('&'),
    cc('no-store') ]);

$path = new_path();
answers($path, reply(200, 'x', cdn('max-age=3600'), cc('max-age=5')));
fetch($path);
is field(fetch($path), 'Cache-Control'), 'max-age=5',
    '2.2: others get their Cache-Control as it was';
# A 304 says it anew.
$path = new_path();
answers($path, reply(200, 'x', cdn('max-age=60'), 'Age: 100', 'ETag: "a"'),
    reply(304, '', 'ETag: "a"', cdn('max-age=3600')), reply(200, 'never'));
fetch($path) for 1 .. 3;
is times_asked($path), 2, '2.2: that of a 304 counts from then on';
reused('3.1: other targets are not ours', [ cc('max-age=60'),
    'Example-Cache-Control: no-store', 'Surrogate-Control: no-store' ]);
done_testing;
