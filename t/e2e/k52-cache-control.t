# SPDX-License-Identifier: BSD-2-Clause
# RFC 9111, 5.2: the directives of Cache-Control, in requests and in responses.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch send_request reused not_reused validated warm is_between);
use Client qw(field fields);

start_cases();
my $fresh = 'Cache-Control: max-age=3600';
sub cc { return "Cache-Control: $_[0]" }

# ---- 5.2.1: of requests ----

not_reused("5.2.1.1: $_", [ $fresh, 'Age: 100' ], second => [ cc($_) ])
    for 'max-age=0', 'max-age=1', 'max-age=99', 'MAX-AGE=0', 'foo, max-age=0',
    'max-age="0"';
reused("5.2.1.1: $_", [ $fresh, 'Age: 100' ], second => [ cc($_) ])
    for 'max-age=1000', 'max-age=99999999999', 'foo="max-age=0"';
not_reused('5.2.1.1: a longer one does not make it fresh', [ cc('max-age=60'),
    'Age: 100' ], second => [ cc('max-age=1000') ]);
validated('5.2.1.1: it is asked for by its validator', [ $fresh, 'Age: 100',
    'ETag: "a"' ], 'If-None-Match: "a"', second => [ cc('max-age=50') ]);

my @stale = (cc('max-age=60'), 'Age: 100');
reused("5.2.1.2: $_", [ @stale, 'ETag: "a"' ], second => [ cc($_) ])
    for 'max-stale', 'max-stale=1000', 'MAX-STALE=50', 'max-stale="1000"';
validated("5.2.1.2: $_ is less than that", [ @stale, 'ETag: "a"' ],
    'If-None-Match: "a"', second => [ cc($_) ])
    for 'max-stale=30', 'max-stale=0', 'max-stale=x';
is_between(field(reused('5.2.1.2: stale', [ @stale, 'ETag: "a"' ],
    second => [ cc('max-stale') ]), 'Age'), 100, 102,
    '5.2.1.2: its Age says so');
validated("5.2.1.2: not where $_ forbids it", [ cc("max-age=60, $_"),
    'Age: 100', 'ETag: "a"' ], 'If-None-Match: "a"',
    second => [ cc('max-stale=1000') ])
    for 'must-revalidate', 'proxy-revalidate', 's-maxage=60', 'no-cache';

not_reused("5.2.1.3: $_", [ cc('max-age=1500'), 'Age: 1000' ],
    second => [ cc($_) ]) for 'min-fresh=1000', 'min-fresh=2000',
    'min-fresh=501', 'Min-Fresh=600';
reused("5.2.1.3: $_", [ cc('max-age=1500'), 'Age: 1000' ],
    second => [ cc($_) ]) for 'min-fresh=0', 'min-fresh=400';

not_reused("5.2.1.4: $_", [ $fresh ], second => [ cc($_) ])
    for 'no-cache', 'No-Cache', 'foo, no-cache';
validated('5.2.1.4: by ETag', [ $fresh, 'ETag: "a"' ], 'If-None-Match: "a"',
    second => [ cc('no-cache') ]);
my $then = date(-10000);
validated('5.2.1.4: by Last-Modified', [ $fresh, "Last-Modified: $then" ],
    "If-Modified-Since: $then", second => [ cc('no-cache') ]);
my $path = new_path();
warm($path, reply(200, 'one', $fresh), reply(200, 'two', $fresh),
    reply(200, 'never'));
fetch($path, cc('no-cache'));
is fetch($path)->{body}, 'two', '5.2.1.4: what comes is stored for others';

not_reused('5.2.1.5: no-store', [ $fresh ], first => [ cc('no-store') ]);
not_reused('5.2.1.5: beside others', [ $fresh ],
    first => [ cc('max-age=100, no-store') ]);
reused('5.2.1.6: no-transform', [ $fresh ], second => [ cc('no-transform') ]);

$path = new_path();
answers($path, reply(200, 'the origin', $fresh));
is fetch($path, cc('only-if-cached'))->{status}, 504,
    '5.2.1.7: only-if-cached, and nothing is stored';
is times_asked($path), 0, '5.2.1.7: nobody was asked';
fetch($path);
is fetch($path, cc('only-if-cached'))->{body}, 'the origin',
    '5.2.1.7: what is stored';
$path = new_path();
warm($path, reply(200, 'stale', @stale, 'ETag: "a"'), reply(200, 'new'));
is fetch($path, cc('only-if-cached'))->{status}, 504,
    '5.2.1.7: what is stale is none';
is times_asked($path), 1, '5.2.1.7: nobody was asked';
is fetch($path, cc('only-if-cached, max-stale'))->{body}, 'stale',
    '5.2.1.7: unless it may be';
is fetch($path, cc('ONLY-IF-CACHED, no-cache'))->{status}, 504,
    '5.2.1.7: with no-cache nothing can answer';
reused('5.2.1: directives that nobody knows', [ $fresh ],
    second => [ cc('foo, bar=1, no-cache-please') ]);

# ---- 5.2.2: of responses ----

validated('5.2.2.2: must-revalidate, stale', [ cc('max-age=60, ' .
    'must-revalidate'), 'Age: 100', 'ETag: "a"' ], 'If-None-Match: "a"');
reused('5.2.2.2: must-revalidate, fresh', [ cc('max-age=3600, ' .
    'must-revalidate'), 'ETag: "a"' ]);
$path = new_path();
warm($path, reply(200, 'x', cc('max-age=60, must-revalidate'), 'Age: 100'),
    [ [ 'close' ] ]);
like fetch($path)->{status}, qr/^50[234]$/,
    '5.2.2.2: 504, or the like, if nobody can be asked';

not_reused("5.2.2.4: $_", [ cc("$_, max-age=3600"), 'Expires: ' .
    date(1000) ]) for 'no-cache', 'No-CaChE', 'foo, no-cache';
validated('5.2.2.4: no-cache with a validator', [ cc('no-cache'),
    'ETag: "a"' ], 'If-None-Match: "a"');
reused('5.2.2.4: no-cache="a": the others are used', [ cc('no-cache="a"'),
    $fresh, 'A: 1', 'B: 2' ], wants => [ 'B: 2' ], wants_not => [ 'A' ]);
reused('5.2.2.4: no-cache="a, b"', [ cc('no-cache="a, b", max-age=3600'),
    'A: 1', 'B: 2', 'C: 3' ], wants => [ 'C: 3' ], wants_not => [ 'A', 'B' ]);
reused('5.2.2.4: names do not know case', [ cc('no-cache="X-TEST"'), $fresh,
    'X-Test: 1' ], wants_not => [ 'X-Test' ]);
reused('5.2.2.4: no-cache="Set-Cookie" keeps a cookie for its client', [
    cc('no-cache="Set-Cookie"'), $fresh, 'Set-Cookie: a=b' ],
    wants_not => [ 'Set-Cookie' ]);
$path = new_path();
answers($path, reply(200, 'x', cc('no-cache="a"'), $fresh, 'A: 1'));
is field(fetch($path), 'A'), 1, '5.2.2.4: its first client gets all';

not_reused("5.2.2.5: $_", [ cc($_), 'Expires: ' . date(1000) ])
    for 'no-store', 'max-age=100, no-store', 'NO-STORE, public';
reused('5.2.2.5: a name that only begins so', [ cc('no-stores, max-age=60') ]);
reused('5.2.2.5: or in an argument', [ cc('foo="no-store", max-age=60') ]);

my $bytes = join '', map { chr } 0 .. 255;
is reused('5.2.2.6: no-transform', [ cc('no-transform, max-age=60') ],
    body => $bytes)->{body}, $bytes, '5.2.2.6: each byte as it was';

not_reused("5.2.2.7: $_", [ cc($_), 'Expires: ' . date(1000) ])
    for 'private', 'private, max-age=60', 'private, s-maxage=60',
    'public, private, max-age=60';
reused('5.2.2.7: private="a"', [ cc('private="a", max-age=3600'), 'A: 1',
    'B: 2' ], wants => [ 'B: 2' ], wants_not => [ 'A' ]);
reused('5.2.2.7: private="Set-Cookie"', [ cc('private="set-cookie"'), $fresh,
    'Set-Cookie: a=b' ], wants_not => [ 'Set-Cookie' ]);

validated('5.2.2.8: proxy-revalidate, stale', [ cc('max-age=60, ' .
    'proxy-revalidate'), 'Age: 100', 'ETag: "a"' ], 'If-None-Match: "a"');
reused('5.2.2.8: proxy-revalidate, fresh', [ cc('max-age=60, ' .
    'proxy-revalidate') ]);
reused('5.2.2.9: public', [ cc('public, max-age=60') ]);
not_reused('5.2.2.9: public alone is no lifetime', [ cc('public') ]);
reused('5.2.2.10: s-maxage', [ cc('s-maxage=60') ]);
not_reused('5.2.2.10: s-maxage=0', [ cc('s-maxage=0, max-age=60') ]);

# ---- 5.2.3: what nobody knows ----

reused("5.2.3: $_", [ cc("$_, max-age=3600") ]) for 'foo', 'foo=bar',
    'foo="no-store, private"', 'immutable', 'pre-check=0', 'community="x"';
not_reused('5.2.3: they do not make it fresh', [ cc('immutable') ]);
validated('5.2.3: immutable ends with its time', [ cc('max-age=60, ' .
    'immutable'), 'Age: 100', 'ETag: "a"' ], 'If-None-Match: "a"');
not_reused('5.2: the strictest counts', [ cc('max-age=3600'),
    cc('no-cache') ]);
done_testing;
