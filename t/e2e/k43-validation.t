# SPDX-License-Identifier: BSD-2-Clause
# RFC 9111, 4.3: stored responses are validated, and validate others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch send_request reused not_reused validated warm is_between);
use Client qw(field fields);

start_cases();
my $stale = 'Cache-Control: max-age=60';
my @aged = ($stale, 'Age: 100');
my $then = date(-3000);

# ---- 4.3.1: what is sent ----

validated('4.3.1: by ETag', [ @aged, 'ETag: "abc"' ],
    'If-None-Match: "abc"');
validated('4.3.1: by a weak ETag', [ @aged, 'ETag: W/"abc"' ],
    'If-None-Match: W/"abc"');
validated('4.3.1: by Last-Modified', [ @aged, "Last-Modified: $then" ],
    "If-Modified-Since: $then");
validated('4.3.1: by both, the ETag', [ @aged, 'ETag: "abc"',
    "Last-Modified: $then" ], 'If-None-Match: "abc"');
validated('4.3.1: by both, the date', [ @aged, 'ETag: "abc"',
    "Last-Modified: $then" ], "If-Modified-Since: $then");
validated('4.3.1: an ETag with bytes beyond ASCII', [ @aged,
    "ETag: \"a\xfcb\"" ], "If-None-Match: \"a\xfcb\"");
validated('4.3.1: no-cache is stored and validated', [
    'Cache-Control: no-cache', 'ETag: "abc"' ], 'If-None-Match: "abc"');
validated('4.3.1: also beside a lifetime', [ 'Cache-Control: max-age=60, ' .
    'no-cache', 'ETag: "abc"' ], 'If-None-Match: "abc"');
validated('4.3.1: and by Last-Modified', [ 'Cache-Control: no-cache',
    "Last-Modified: $then" ], "If-Modified-Since: $then");
validated('4.3.1: max-age=0 likewise', [ 'Cache-Control: max-age=0',
    'ETag: "abc"' ], 'If-None-Match: "abc"');
validated('4.3.1: fields of Vary are in the request', [ @aged, 'ETag: "a"',
    'Vary: Abc' ], 'Abc: 123', first => [ 'Abc: 123' ],
    second => [ 'Abc: 123' ]);
my $path = new_path();
warm($path, reply(200, 'stored', @aged), reply(200, 'new',
    'Cache-Control: no-store'));
is fetch($path)->{body}, 'new', '4.3.1: without a validator';
unlike +(asked($path))[1], qr/^If-/m, '4.3.1: nothing is asked for by it';
$path = new_path();
warm($path, reply(200, 'stored', @aged, 'ETag: "a"', 'Vary: Abc'),
    reply(200, 'new', 'Cache-Control: no-store'));

# ---- 4.3.2: conditions of clients ----

sub conditional
{
	my ($name, $fields, $conditions, $status) = @_;

	$path = new_path();
	warm($path, reply(200, 'the body', 'Cache-Control: max-age=3600',
	    @$fields), reply(200, 'never'));
	my $r = fetch($path, @$conditions);
	is $r->{status}, $status, "4.3.2: $name" or diag $r->{head};
	is $r->{body}, $status == 304 ? '' : 'the body', "4.3.2: $name: body";
	is times_asked($path), 1, "4.3.2: $name: by the cache";
	return $r;
}

my $r = conditional('If-None-Match', [ 'ETag: "a"', 'Test: b',
    'Content-Type: text/x', 'Content-Location: /x', 'Vary: Foo',
    'Expires: ' . date(60) ], [ 'If-None-Match: "a"' ], 304);
is field($r, 'ETag'), '"a"', '4.3.2: with the ETag';
ok defined field($r, $_), "4.3.2: with $_"
    for qw(Date Cache-Control Vary Content-Location Expires Age);
conditional('another one', [ 'ETag: "a"' ], [ 'If-None-Match: "b"' ], 200);
conditional("number $_ of several", [ 'ETag: "abc"' ], [ 'If-None-Match: ' .
    ('"abc", "1", "2"', '"1", "abc", "2"', '"1","2","abc"')[$_ - 1] ], 304)
    for 1 .. 3;
conditional('in several lines', [ 'ETag: "a"' ], [ 'If-None-Match: "x"',
    'If-None-Match: "a"' ], 304);
conditional('none of several', [ 'ETag: "a"' ],
    [ 'If-None-Match: "b", "c"' ], 200);
conditional('a weak one for a weak one', [ 'ETag: W/"a"' ],
    [ 'If-None-Match: W/"a"' ], 304);
conditional('a strong one for a weak one', [ 'ETag: W/"a"' ],
    [ 'If-None-Match: "a"' ], 304);
conditional('a weak one for a strong one', [ 'ETag: "a"' ],
    [ 'If-None-Match: W/"a"' ], 304);
conditional('tags know case', [ 'ETag: "a"' ], [ 'If-None-Match: "A"' ], 200);
conditional('a comma in a tag', [ 'ETag: "a,b"' ],
    [ 'If-None-Match: "x", "a,b"' ], 304);
conditional('part of a tag', [ 'ETag: "a"' ], [ 'If-None-Match: "xa", "ax"' ],
    200);
conditional('bytes beyond ASCII', [ "ETag: \"a\xfc\"" ],
    [ "If-None-Match: \"a\xfc\"" ], 304);
conditional('If-None-Match wins over If-Modified-Since', [ 'ETag: "a"',
    'Last-Modified: ' . date(-5000) ], [ 'If-None-Match: "a"',
    'If-Modified-Since: ' . date(-9000) ], 304);
conditional('also where it does not match', [ 'ETag: "a"',
    'Last-Modified: ' . date(-5000) ], [ 'If-None-Match: "b"',
    'If-Modified-Since: ' . date(-1000) ], 200);
conditional('no ETag is stored', [ "Last-Modified: $then" ],
    [ 'If-None-Match: "b"', "If-Modified-Since: $then" ], 200);
conditional('If-Modified-Since', [ "Last-Modified: $then" ],
    [ "If-Modified-Since: $then" ], 304);
conditional('a later one', [ "Last-Modified: $then" ],
    [ 'If-Modified-Since: ' . date(-2000) ], 304);
conditional('an earlier one', [ "Last-Modified: $then" ],
    [ 'If-Modified-Since: ' . date(-4000) ], 200);
conditional('one that is no date', [ "Last-Modified: $then" ],
    [ 'If-Modified-Since: yesterday' ], 200);
conditional('without Last-Modified, Date counts', [ 'Date: ' . date(-10) ],
    [ 'If-Modified-Since: ' . date(-10) ], 304);
conditional('a date before it', [ 'Date: ' . date(-10) ],
    [ 'If-Modified-Since: ' . date(-3000) ], 200);
conditional('an obsolete form of a date', [ "Last-Modified: $then" ],
    [ 'If-Modified-Since: ' . date(-3000, '%A, %d-%b-%y %H:%M:%S GMT') ],
    304);
conditional('that of asctime', [ "Last-Modified: $then" ],
    [ 'If-Modified-Since: ' . date(-3000, '%a %b %e %H:%M:%S %Y') ], 304);

$path = new_path();
warm($path, reply(200, 'the body', 'Cache-Control: max-age=3600',
    'ETag: "a"'), reply(200, 'never'));
$r = send_request("HEAD $path", [ 'If-None-Match: "a"' ]);
is $r->{status}, 304, '4.3.2: HEAD, too';
$path = new_path();
warm($path, reply(404, 'not here', 'Cache-Control: max-age=3600',
    'ETag: "a"'), reply(200, 'never'));
is fetch($path, 'If-None-Match: "a"')->{status}, 404,
    '4.3.2: conditions are for what would be 200';

# If-Match and If-Unmodified-Since are for the origin alone.
for my $field ('If-Match: "b"', 'If-Unmodified-Since: ' . date(-9000)) {
	$path = new_path();
	my $fails = { if => '^If-(?:Match|Unmodified-Since):',
	    then => reply(412, 'no'), else => reply(200, 'new') };
	warm($path, reply(200, 'stored', 'Cache-Control: max-age=3600',
	    'ETag: "a"', "Last-Modified: $then"), $fails);
	my ($name) = $field =~ /^(\S+):/;
	$r = fetch($path, $field);
	ok $r->{status} == 412 || $r->{body} eq 'stored',
	    "4.3.2: $name: asked of the origin, or not looked at";
}

# A client's condition, and ours.
$path = new_path();
answers($path, reply(200, 'one', @aged, 'ETag: "a"'),
    reply(304, '', 'ETag: "a"', 'Cache-Control: max-age=3600'));
fetch($path);
$r = fetch($path, 'If-None-Match: "a"');
is $r->{status}, 304, '4.3.2: stale, validated, and 304 for who has it';
is fetch($path)->{body}, 'one', '4.3.2: and 200 for who has not';
is times_asked($path), 2, '4.3.2: both by one validation';
$path = new_path();
answers($path, reply(200, 'one', @aged, "Last-Modified: $then"),
    reply(304, '', "Last-Modified: $then", 'Cache-Control: max-age=3600'));
fetch($path);
is fetch($path, "If-Modified-Since: $then")->{status}, 304,
    '4.3.2: likewise with If-Modified-Since';
$path = new_path();
answers($path, reply(200, 'one', @aged, 'ETag: "a"'), { if => '"a"',
    then => reply(304, '', 'ETag: "a"', 'Cache-Control: max-age=3600'),
    else => reply(200, 'wrong') });
fetch($path);
$r = fetch($path, 'If-None-Match: "b"');
is "$r->{status} $r->{body}", '200 one',
    '4.3.2: who has another one gets what is stored';
$path = new_path();
answers($path, reply(200, 'one', @aged, 'ETag: "a"'), { if => '"b"',
    then => reply(304, '', 'ETag: "b"'),
    else => reply(200, 'two', 'ETag: "b"', 'Cache-Control: max-age=3600') });
fetch($path);
$r = fetch($path, 'If-None-Match: "b"');
ok $r->{status} == 304 || $r->{body} eq 'two',
    '4.3.2: who has the new one learns so, or gets it';
is fetch($path)->{body}, 'two', '4.3.2: others get it';

# Nothing is stored.
for my $field ('If-None-Match: "a"', "If-Modified-Since: $then") {
	$path = new_path();
	my ($name) = $field =~ /^(\S+):/;
	answers($path, { if => "^$name:", then => reply(304, '', 'ETag: "a"',
	    "Last-Modified: $then", 'Cache-Control: max-age=3600'),
	    else => reply(200, 'whole', 'ETag: "a"', "Last-Modified: $then",
	    'Cache-Control: max-age=3600') });
	is fetch($path, $field)->{status}, 304, "4.3.2: $name on a miss";
	$r = fetch($path);
	is "$r->{status} $r->{body}", '200 whole',
	    "4.3.2: $name: a 304 is never given to others";
}

# ---- 4.3.3: what comes back ----

$path = new_path();
answers($path, reply(200, 'one', @aged, 'ETag: "a"'), reply(200, 'two',
    'ETag: "b"', 'Cache-Control: max-age=3600'), reply(200, 'never'));
fetch($path);
is fetch($path)->{body}, 'two', '4.3.3: a full response is the answer'
    for 1, 2;
is times_asked($path), 2, '4.3.3: and stored instead';
$path = new_path();
answers($path, reply(200, 'one', @aged, 'ETag: "a"'), reply(404, 'gone',
    'Cache-Control: max-age=3600'), reply(200, 'never'));
fetch($path);
is fetch($path)->{status}, 404, '4.3.3: so is another status' for 1, 2;
is times_asked($path), 2, '4.3.3: if it may be stored';
my $failed = new_path();
answers($failed, reply(200, 'one', @aged, 'ETag: "a"'), reply(503, 'error'),
    { if => '^If-None-Match: "a"', then => reply(304, '', 'ETag: "a"',
      'Cache-Control: max-age=3600'), else => reply(200, 'two') });
fetch($failed);
is fetch($failed)->{status}, 503, '4.3.3: an error is passed on';
$path = new_path();
answers($path, reply(200, 'one', @aged, 'ETag: "a"'), reply(200, 'two',
    'ETag: "b"', 'Cache-Control: no-store'), { if => '"a"',
    then => reply(304, '', 'ETag: "a"'), else => reply(200, 'three') });
fetch($path);
is fetch($path)->{body}, 'two', '4.3.3: a new one that is not stored';
is fetch($path)->{body}, 'three', '4.3.3: ends the old one';

# ---- 4.3.5: by HEAD ----

$path = new_path();
answers($path, reply(200, 'one', @aged, 'ETag: "a"', 'Test: a'),
    { if => '^If-None-Match: *"a"', then => reply(304, '', 'ETag: "a"',
	'Test: b', 'Cache-Control: max-age=3600'),
      else => reply(200, 'one', 'ETag: "a"', 'Test: b',
	'Cache-Control: max-age=3600') });
fetch($path);
$r = send_request("HEAD $path");
is "$r->{status} $r->{body}", '200 ', '4.3.5: HEAD of a stale response';
is field($r, 'Content-Length'), 3, '4.3.5: with its length';
$r = fetch($path);
is $r->{body}, 'one', '4.3.5: GET after it';
is field($r, 'Test'), 'b', '4.3.5: with the newer fields';
$path = new_path();
answers($path, reply(200, 'one', @aged, 'ETag: "a"'),
    { if => '^If-None-Match: *"a"', then => reply(200, 'longer one',
	'ETag: "b"', 'Cache-Control: max-age=3600'),
      else => reply(200, 'longer one', 'ETag: "b"',
	'Cache-Control: max-age=3600') });
fetch($path);
$r = send_request("HEAD $path");
is field($r, 'Content-Length'), 10, '4.3.5: HEAD says that there is another';
is fetch($path)->{body}, 'longer one', '4.3.5: the stored one is stale';

# An error is remembered for a second; what was stored is there all the time.
sleep 2;
$r = fetch($failed);
is "$r->{status} $r->{body}", '200 one',
    '4.3.3: an error does not end what is stored: it can be validated later';
done_testing;
