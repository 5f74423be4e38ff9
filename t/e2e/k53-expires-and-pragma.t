# SPDX-License-Identifier: BSD-2-Clause
# RFC 9111, 5.3 to 5.5: Expires, Pragma, Warning.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch reused not_reused validated warm);
use Client qw(field fields);

start_cases();
my $fresh = 'Cache-Control: max-age=3600';
my $ahead = 'Thu, 18 Aug 2050 02:01:18 GMT';

# ---- 5.3: Expires ----

reused('5.3: a date to come', [ "Expires: $ahead" ]);
reused('5.3: in the form of RFC 850', [ 'Expires: ' . date(3600,
    '%A, %d-%b-%y %H:%M:%S GMT') ]);
reused('5.3: in that of asctime', [ 'Expires: ' . date(3600,
    '%a %b %e %H:%M:%S %Y') ]);
reused("5.3, 4.2: dates do not know case: $_", [ "Expires: $_" ])
    for 'THU, 18 Aug 2050 02:01:18 GMT', 'Thu, 18 AUG 2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02:01:18 gMT';
not_reused("5.3: '$_' is in the past", [ "Expires: $_" ])
    for '0', '-1', '', 'never', '3600', 'Thu, 18 Aug 2050 02:01:18 UTC',
    'Thu, 18 Aug 2050 02:01:18 CET', 'Thu, 18 Aug 2050 02:01:18 +0100',
    'Thu, 18 Aug 50 02:01:18 GMT', 'Thu 18 Aug 2050 02:01:18 GMT',
    'Thu, 18  Aug  2050 02:01:18 GMT', 'Thu, 18-Aug-2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02.01.18 GMT', 'Thu, 18 Aug 2050 2:01:18 GMT',
    'Thu, 18 Aug 2050 25:01:18 GMT', 'Thu, 41 Aug 2050 02:01:18 GMT',
    'Thu, 18 Foo 2050 02:01:18 GMT', 'Thu, 18 Aug 2050', '2050-08-18',
    "$ahead, $ahead", 'Thu, 01 Jan 1970 00:00:00 GMT';
reused('5.3: max-age counts before it', [ $fresh, 'Expires: 0' ]);
reused('5.3: and s-maxage', [ 'Cache-Control: s-maxage=60', 'Expires: 0' ]);
not_reused('5.3: no-cache forbids what it allows', [ "Expires: $ahead",
    'Cache-Control: no-cache' ]);
reused('5.3: other directives leave it alone', [ "Expires: $ahead",
    'Cache-Control: public, foo=bar' ], wants => [ "Expires: $ahead" ]);
validated('5.3: past, with a validator', [ 'Expires: 0', 'ETag: "a"' ],
    'If-None-Match: "a"');

# ---- 5.4: Pragma ----

not_reused('5.4: of a request without Cache-Control', [ $fresh ],
    second => [ 'Pragma: no-cache' ]);
reused('5.4: of one with Cache-Control', [ $fresh ],
    second => [ 'Pragma: no-cache', 'Cache-Control: max-age=100' ]);
reused('5.4: other words', [ $fresh ], second => [ 'Pragma: foo' ]);
reused('5.4: no-cache of a response has no meaning', [ $fresh,
    'Pragma: no-cache' ]);
reused('5.4: also beside Expires', [ "Expires: $ahead", 'Pragma: no-cache' ]);
reused('5.4: nor have other words', [ $fresh, 'Pragma: foo' ]);

# ---- 5.5: Warning ----

my $path = new_path();
warm($path, reply(200, 'stale', 'Cache-Control: max-age=60', 'Age: 100',
    'ETag: "a"'), [ [ 'close' ] ]);
is field(fetch($path, 'Cache-Control: max-stale'), 'Warning'), undef,
    '5.5: is not made any more';
reused('5.5: nor does one matter', [ $fresh, 'Warning: 110 - "stale"' ]);
done_testing;
