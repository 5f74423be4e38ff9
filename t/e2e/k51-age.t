# SPDX-License-Identifier: BSD-2-Clause
# RFC 9111, 5.1: Age, how it is read and what it says.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers times_asked reply date fetch
    send_request reused not_reused is_between);
use Client qw(field fields);

start_cases();
my $fresh = 'Cache-Control: max-age=3600';
my @now = ('Date: ' . date(0), $fresh);

reused("5.1: '$_' is no age, and is not looked at", [ @now, "Age: $_" ])
    for 'abc', '-7200', '7200.0', '', '"7200"', '7200s', '+7200', '7 200';
reused('5.1: 0', [ @now, 'Age: 0' ]);
reused('5.1: leading zeros', [ @now, 'Age: 000100' ]);
not_reused('5.1: 3600 of 3600', [ @now, 'Age: 3600' ]);
not_reused("5.1: $_ is not below 3600", [ @now, "Age: $_" ])
    for 7200, 2147483647, 2147483648, 4294967296, 99999999999,
    '18446744073709551616', '9' x 40;
not_reused("5.1: of a list the first counts: $_", [ @now, "Age: $_" ])
    for '7200,0', '7200, 0', '7200, 7200';
reused("5.1: of a list the first counts: $_", [ @now, "Age: $_" ])
    for '0,7200', '0, 0', '10, 7200';
not_reused('5.1: of several lines the first counts: 7200', [ @now,
    'Age: 7200', 'Age: 0' ]);
reused('5.1: of several lines the first counts: 0', [ @now, 'Age: 0',
    'Age: 7200' ]);

my $r = reused('5.1: on a stored response', [ @now, 'Age: 5' ]);
is_deeply [ map { /^[5-7]$/ ? 'right' : $_ } fields($r, 'Age') ],
    [ 'right' ], '5.1: there is one Age, a number';
$r = reused('5.1: on one with two', [ @now, 'Age: 5', 'Age: 6' ]);
is_deeply [ map { /^[5-7]$/ ? 'right' : $_ } fields($r, 'Age') ],
    [ 'right' ], '5.1: there is one Age, too';
my $path = new_path();
answers($path, reply(200, 'x', @now));
is field(fetch($path), 'Age'), undef, '5.1: none on what has just come';
ok defined field(fetch($path), 'Age'), '5.1: but on what is stored';
ok defined field(send_request("HEAD $path"), 'Age'), '5.1: for HEAD';
ok defined field(fetch($path, 'Range: bytes=0-0'), 'Age'), '5.1: for a part';
$path = new_path();
answers($path, reply(200, 'x', @now, 'Age: 17'));
is field(fetch($path), 'Age'), 17, '5.1: that of the origin is passed on';
is_between(field(fetch($path), 'Age'), 17, 19, '5.1: and goes on');
$path = new_path();
answers($path, reply(200, 'x', 'Cache-Control: no-store', 'Age: 17'));
is field(fetch($path), 'Age'), 17, '5.1: also where nothing is stored';
done_testing;
