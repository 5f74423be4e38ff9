# SPDX-License-Identifier: BSD-2-Clause
# RFC 9111, 4.2: how long a response is fresh, how old it is, and when a stale one is used.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch reused not_reused validated warm is_between address released
    status_of);
use Client qw(field fields request);

start_cases();

sub cc { return "Cache-Control: $_[0]" }
sub age { return scalar field($_[0], 'Age') }

# ---- 4.2.1: the lifetime ----

reused('4.2.1: max-age', [ cc('max-age=3600') ]);
not_reused('4.2.1: max-age=0', [ cc('max-age=0') ]);
reused('4.2.1: s-maxage', [ cc('s-maxage=3600') ]);
not_reused('4.2.1: s-maxage=0', [ cc('s-maxage=0') ]);
reused('4.2.1: Expires', [ 'Expires: ' . date(3600) ]);
not_reused('4.2.1: Expires in the past', [ 'Expires: ' . date(-3600) ]);
not_reused('4.2.1: Expires at the time of Date', [ 'Expires: ' . date(0) ]);
reused('4.2.1: s-maxage before a shorter max-age',
    [ cc('max-age=0, s-maxage=3600') ]);
not_reused('4.2.1: s-maxage before a longer max-age',
    [ cc('max-age=3600, s-maxage=0') ]);
not_reused('4.2.1: in the other order', [ cc('s-maxage=0, max-age=3600') ]);
not_reused('4.2.1: in several lines', [ cc('max-age=3600'),
    cc('s-maxage=0') ]);
reused('4.2.1: max-age before Expires in the past', [ cc('max-age=3600'),
    'Expires: ' . date(-10000) ]);
reused('4.2.1: max-age before an Expires that is none', [ cc('max-age=3600'),
    'Expires: 0' ]);
not_reused('4.2.1: max-age=0 before Expires to come', [ cc('max-age=0'),
    'Expires: ' . date(10000) ]);
reused('4.2.1: s-maxage before Expires', [ cc('s-maxage=3600'),
    'Expires: ' . date(-10000) ]);
not_reused('4.2.1: Expires counts from Date', [ 'Date: ' . date(400),
    'Expires: ' . date(300) ]);
reused('4.2.1: both clocks are wrong by a day', [ 'Date: ' . date(86400),
    'Expires: ' . date(86400 + 3600) ]);
reused('4.2.1: Expires without a Date', [ 'Date:', 'Expires: ' .
    date(3600) ]);
reused('4.2.1: Expires with a Date that is none', [ 'Date: foo',
    'Expires: ' . date(3600) ]);
not_reused('4.2.1: an Expires long ago, and no Date', [ 'Date:',
    'Expires: ' . date(-3600) ]);

# What is said twice, and what cannot be read.
not_reused('4.2.1: max-age=0 is the first of two', [
    cc('max-age=0, max-age=3600') ]);
not_reused('4.2.1: in two lines', [ cc('max-age=0'), cc('max-age=3600') ]);
not_reused('4.2.1: Expires twice, the first one is past', [
    'Expires: ' . date(-3600), 'Expires: ' . date(3600) ]);
not_reused("4.2.1: $_ is taken for stale", [ cc($_) ]) for 'max-age=a100',
    'max-age=100a', 'max-age=-100', "max-age='3600'", 'max-age=1.5e3',
    'max-age', 'max-age=', 'max-age=""', 'max-age =3600', 'max-age= 3600',
    's-maxage=x, max-age=3600', 'max-age=0x100';
reused("4.2.1: $_", [ cc($_) ]) for 'max-age=003600', 'max-age=2147483648',
    'max-age=99999999999', 'max-age=99999999999999999999999999',
    'MaX-aGe=3600', 'foobar, max-age=3600', 'foo=bar, max-age=3600',
    'max-age="3600"', ',, max-age=3600 ,,', "max-age=3600\t,\tfoo",
    'foo="a\"b", max-age=3600';
not_reused("4.2.1: $_", [ cc($_) ]) for
    'extension="max-age=3600", max-age=0', 'max-age=0, extension="max-age=100"',
    'extension="max-age=100", max-age="0"', 'max-age=0, x="a, max-age=100, b"',
    'x="\", max-age=100", max-age=0', 'maxage=3600', 'x-max-age=3600',
    'max-age-x=3600', 'max_age=3600';

# ---- 4.2.2: heuristics ----

my $path = new_path();
reused('4.2.2: Last-Modified a day ago', [ 'Last-Modified: ' .
    date(-86400) ]);
not_reused('4.2.2: an age beyond a tenth of the time since then', [
    'Last-Modified: ' . date(-86400), 'Age: 9000' ]);
reused('4.2.2: an age within it', [ 'Last-Modified: ' . date(-86400),
    'Age: 8000' ]);
not_reused('4.2.2: a tenth of the time between Last-Modified and Date', [
    'Date: ' . date(-1000), 'Last-Modified: ' . date(-2000) ]);
not_reused('4.2.2: modified just now', [ 'Last-Modified: ' . date(0) ]);
not_reused('4.2.2: modified in the future', [ 'Last-Modified: ' .
    date(86400) ]);
not_reused('4.2.2: none where a lifetime is given', [ cc('max-age=0'),
    'Last-Modified: ' . date(-86400) ]);
not_reused('4.2.2: or an Expires that is past', [ 'Expires: ' . date(-1),
    'Last-Modified: ' . date(-86400) ]);
not_reused('4.2.2: or one that is none', [ 'Expires: 0', 'Last-Modified: ' .
    date(-86400) ]);
not_reused('4.2.2: or a max-age that is none', [ cc('max-age=x'),
    'Last-Modified: ' . date(-86400) ]);
not_reused('4.2.2: or an s-maxage', [ cc('s-maxage=0'),
    'Last-Modified: ' . date(-86400) ]);
reused('4.2.2: with a query, too', [ 'Last-Modified: ' . date(-86400) ],
    suffix => '?a=b');

# ---- 4.2.3: the age ----

is_between(age(reused('4.2.3: no Age, a Date of now', [
    cc('max-age=3600') ])), 0, 2, '4.2.3: begins at 0');
is_between(age(reused('4.2.3: Age', [ cc('max-age=3600'), 'Age: 30' ])), 30,
    32, '4.2.3: goes on from it');
is_between(age(reused('4.2.3: Age with Expires', [ 'Expires: ' . date(3600),
    'Age: 30' ])), 30, 32, '4.2.3: likewise');
is_between(age(reused('4.2.3: an old Date', [ cc('max-age=3600'),
    'Date: ' . date(-100) ])), 100, 102, '4.2.3: is an age');
is_between(age(reused('4.2.3: both, Age is more', [ cc('max-age=3600'),
    'Date: ' . date(-100), 'Age: 200' ])), 200, 202, '4.2.3: the greater');
is_between(age(reused('4.2.3: both, Date is more', [ cc('max-age=3600'),
    'Date: ' . date(-300), 'Age: 200' ])), 300, 302, '4.2.3: one counts');
is_between(age(reused('4.2.3: a Date to come', [ cc('max-age=3600'),
    'Date: ' . date(1000) ])), 0, 2, '4.2.3: is no age below 0');
is_between(age(reused('4.2.3: no Date', [ cc('max-age=3600'), 'Date:' ])), 0,
    2, '4.2.3: it was made when it came');
not_reused('4.2.3: an Age beyond max-age', [ cc('max-age=10'), 'Age: 15' ]);
not_reused('4.2.3: an Age equal to max-age', [ cc('max-age=10'), 'Age: 10' ]);
not_reused('4.2.3: a Date longer ago than max-age', [ cc('max-age=60'),
    'Date: ' . date(-100) ]);
not_reused('4.2.3: Age and Expires, a slow Date', [ 'Date: ' . date(-10),
    'Expires: ' . date(10), 'Age: 25' ]);
not_reused('4.2.3: Age and Expires, a fast Date', [ 'Date: ' . date(10),
    'Expires: ' . date(20), 'Age: 15' ]);

# The time that the origin takes is age as well: it may have made its answer
# at once.
answers($path, [ [ 'pause', 2.1 ], reply(200, 'slow', cc('max-age=60')) ]);
my $short = new_path();
answers($short, reply(200, 'one', cc('max-age=1')), reply(200, 'two',
    cc('max-age=3600')));
my $strict = new_path();
answers($strict, reply(200, 'one', cc('max-age=2, must-revalidate'),
    'ETag: "a"'), reply(304, '', 'ETag: "a"', cc('max-age=2')));
my $renewed = new_path();
answers($renewed, reply(200, 'one', cc('max-age=1'), 'ETag: "a"'),
    reply(304, '', 'ETag: "a"', cc('max-age=3600')));
my $aging = new_path();
answers($aging, reply(200, 'one', cc('max-age=3600'), 'Date: ' . date(0)));
my $shorter = new_path();
answers($shorter, reply(200, 'one', cc('max-age=100'), 'Age: 99'),
    reply(200, 'two', cc('max-age=100')));
fetch($_) for $short, $strict, $renewed, $aging, $shorter;
is fetch($strict)->{body}, 'one', '4.2: fresh for two seconds';
is times_asked($strict), 1, '4.2: nobody is asked';
fetch($path);
is_between(age(fetch($path)), 2, 4,
    '4.2.3: the response delay is part of the age');
is times_asked($path), 1, '4.2.3: it was stored';
is fetch($short)->{body}, 'two', '4.2: stale after max-age has passed';
is fetch($short)->{body}, 'two', '4.2: what came then is fresh';
is times_asked($short), 2, '4.2: nobody is asked';
is fetch($shorter)->{body}, 'two', '4.2: likewise by Age and time';
is fetch($strict)->{body}, 'one', '4.2: must-revalidate, stale now';
like +(asked($strict))[1], qr/^If-None-Match: "a"\r$/m, '4.2: validated';
is fetch($renewed)->{body}, 'one', '4.2: validated after its time';
is_between(age(fetch($renewed)), 0, 2, '4.2: fresh again');
is times_asked($renewed), 2, '4.2: nobody is asked once more';
my $r = fetch($aging);
is_between(age($r), 2, 6, '4.2.3: the age grows as time passes');
is field($r, 'Date'), field(fetch($aging), 'Date'), '4: Date stays';

# ---- 4.2.4: stale responses ----

sub after_the_end
{
	my ($name, $fields, $how, $want) = @_;

	$path = new_path();
	answers($path, reply(200, 'stored', @$fields), @$how);
	fetch($path);
	my $one = fetch($path);
	is $one->{status}, $want, "4.2.4: $name" or diag $one->{head};
	return $one;
}

for my $no ('must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=60') {
	my @fields = (cc("max-age=60, $no"), 'Age: 100', 'ETag: "x"');

	after_the_end("$no: never stale when the origin closes", \@fields,
	    [ [ [ 'close' ] ] ], $no eq 'no-cache' ? 502 : $_) for 502;
	after_the_end("$no: nor when it has an error", \@fields,
	    [ reply(503, 'error') ], 503);
	after_the_end("$no: nor where stale-if-error allows it",
	    [ @fields, cc('stale-if-error=1000') ], [ reply(503, 'error') ],
	    503) if $no ne 's-maxage=60';
}
after_the_end('an error of the origin is passed on', [ cc('max-age=60'),
    'Age: 100' ], [ reply(503, 'error') ], 503);
not_reused('4.2.4: stale from the start is not used', [ cc('max-age=60'),
    'Age: 100' ]);
done_testing;
