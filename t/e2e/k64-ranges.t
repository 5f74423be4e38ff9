# SPDX-License-Identifier: BSD-2-Clause
# RFC 9110, 13.1.5 and 14: ranges from the cache, byte for byte.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch send_request warm);
use Client qw(field fields);

start_cases(size => '64M');
srand 4711;
my $fresh = 'Cache-Control: max-age=3600';

sub bytes
{
	my ($n) = @_;

	return join '', map { chr int rand 256 } 1 .. $n;
}

# What a Range means for n bytes: a list of [first, last], empty for 416,
# undef if it is to be ignored.
sub oracle
{
	my ($value, $n) = @_;
	my @ranges;

	my ($set) = $value =~ /^bytes=(.+)$/i or return undef;
	for (split /[ \t]*,[ \t]*/, $set, -1) {
		if (/^(\d+)-(\d*)$/) {
			my ($first, $last) = ($1, $2);
			return undef if length $last && $last < $first;
			$last = $n - 1 if $last eq '' || $last >= $n;
			push @ranges, [ $first, $last ] if $first < $n;
		} elsif (/^-(\d+)$/) {
			push @ranges, [ $1 < $n ? $n - $1 : 0, $n - 1 ] if $1;
		} else {
			return undef;
		}
	}
	return \@ranges;
}

# The parts of a multipart/byteranges: [range, bytes], each.
sub parts
{
	my ($r) = @_;
	my ($boundary) = (field($r, 'Content-Type') // '') =~
	    m{^multipart/byteranges; *boundary="?([^";]{1,70})"?$}
	    or return 'no multipart/byteranges';
	my $rest = $r->{body} =~ /^\r\n/ ? $r->{body} : "\r\n$r->{body}";
	my @parts;

	while ($rest =~ s/^\r\n--\Q$boundary\E\r\n(.*?)\r\n\r\n//s) {
		my ($first, $last) = $1 =~
		    m{^Content-Range: bytes (\d+)-(\d+)/\d+\r?$}mi
		    or return 'no Content-Range';
		push @parts, [ $first, $last,
		    substr $rest, 0, $last - $first + 1, '' ];
	}
	return $rest =~ /^\r\n--\Q$boundary\E--(?:\r\n)?$/ ? @parts :
	    'no end: ' . substr $rest, 0, 100;
}

# Asks for it; is the answer right? A list that is long, overlaps, or is more
# than all may be answered by all.
sub check
{
	my ($path, $body, $range) = @_;
	my $n = length $body;
	my $want = oracle($range, $n);
	my $r = fetch($path, "Range: $range");
	my $whole = $r->{status} == 200 && $r->{body} eq $body;
	my $name = "14.2: $range of $n";

	return ok($whole, "$name is ignored") || diag $r->{head}
	    if !$want;
	if (!@$want) {
		return ok($r->{status} == 416 && field($r, 'Content-Range') eq
		    "bytes */$n", "$name: 416") || diag $r->{head};
	}
	my $exact;
	if (@$want == 1) {
		my ($first, $last) = @{ $want->[0] };
		$exact = (field($r, 'Content-Range') // '') eq
		    "bytes $first-$last/$n" &&
		    $r->{body} eq substr $body, $first, $last - $first + 1;
		return ok($r->{status} == 206 && $exact, "$name: 206") ||
		    diag $r->{head};
	}
	return ok(1, "$name: all of it") if $whole;
	my @parts = parts($r);
	$exact = $r->{status} == 206 && @parts == @$want;
	for (0 .. $#parts) {
		$exact &&= ref $parts[$_] && $parts[$_][0] == $want->[$_][0]
		    && $parts[$_][1] == $want->[$_][1] && $parts[$_][2] eq
		    substr $body, $parts[$_][0], $parts[$_][1] -
		    $parts[$_][0] + 1;
	}
	return ok($exact, "$name: 206, several parts") ||
	    diag "$r->{head}\n@{[ map { ref $_ ? qq($_->[0]-$_->[1]) : $_ }
		@parts ]}";
}

for my $n (1, 2, 100, 16383, 65536, 300_000) {
	my $path = new_path();
	my $body = bytes($n);
	my $end = $n - 1;
	my $half = int $n / 2;

	warm($path, reply(200, $body, $fresh, 'ETag: "a"',
	    'Content-Type: text/x'), reply(200, 'never'));
	check($path, $body, $_) for 'bytes=0-0', 'bytes=0-', 'bytes=-1',
	    "bytes=$end-", "bytes=$end-$end", "bytes=0-$end", "bytes=0-$n",
	    "bytes=-$n", "bytes=-99999999", "bytes=$half-", "bytes=-$half",
	    "bytes=$n-", "bytes=$n-99999999", 'bytes=-0',
	    'bytes=0-18446744073709551615', "BYTES=0-0",
	    'bytes=99999999999999999999-', 'bytes=0-99999999999999999999999';
	is times_asked($path), 1, "14.2: $n: all from the cache";
	next if $n < 100;
	check($path, $body, $_) for 'bytes=0-0,2-2', 'bytes=0-0, -1',
	    'bytes=10-19,30-39,50-59', 'bytes=50-59,10-19', 'bytes=-1,0-0',
	    'bytes=0-0,99999999-', 'bytes=99999999-,88888888-',
	    "bytes=0-4 ,\t6-9", 'bytes=1-1,3-3,5-5,7-7,9-9,11-11,13-13,15-15';
	for (1 .. 20) {
		my ($one, $two) = sort { $a <=> $b } map { int rand $n } 1, 2;
		check($path, $body, "bytes=$one-$two");
	}
	is times_asked($path), 1, "14.2: $n: still all from the cache";
}

# ---- what is not one ----

my $path = new_path();
my $body = bytes(1000);
warm($path, reply(200, $body, $fresh, 'ETag: "a"', 'Content-Type: text/x',
    'Last-Modified: ' . date(-5000), 'Expires: ' . date(500),
    'Content-Location: /x', 'Vary: Foo', 'Test: a'), reply(200, 'never'));
check($path, $body, $_) for 'bytes=', 'bytes=a-b', 'bytes=5-2', 'bytes 0-1',
    'items=0-1', 'bytes=0-1,x', 'bytes=0', 'bytes=--1', 'bytes=-', '0-1',
    'bytes=1-2-3', 'bytes=+1-2', 'bytes=0x1-2', 'bytes=0-1;2-3', 'bytes';
my $many = 'bytes=' . join ',', map { 2 * $_ . '-' . 2 * $_ } 0 .. 400;
my $r = fetch($path, "Range: $many");
is length $r->{body}, 1000, '17.15 (of 9110): hundreds of ranges get all';
$r = fetch($path, 'Range: bytes=0-,0-,0-,0-,0-');
is length $r->{body}, 1000, '17.15: so do ranges that overlap';
ok length fetch($path, 'Range: bytes=0-499,400-899,300-999')->{body} <= 2000,
    '17.15: no more than there is, but for heads of parts';
is send_request("HEAD $path", [ 'Range: bytes=0-1' ])->{status}, 200,
    '14.2: HEAD has no ranges';

# ---- 15.3.7: fields of a 206 ----

$r = fetch($path, 'Range: bytes=0-9');
is field($r, 'Content-Length'), 10, '15.3.7: the length of the part';
ok defined field($r, $_), "15.3.7: 206 has $_" for qw(Date Cache-Control ETag
    Expires Content-Location Vary Content-Type Last-Modified Age);
$r = fetch($path, 'Range: bytes=0-0,5-5');
is field($r, 'Content-Range'), undef,
    '15.3.7.2: none beside several parts' if $r->{status} == 206;
like $r->{body}, qr/^Content-Type: text\/x\r$/mi,
    '15.3.7.2: each has its type' if $r->{status} == 206;
$r = fetch($path, 'Range: bytes=2000-');
is $r->{status}, 416, '15.5.17: 416';
is field($r, 'Content-Range'), 'bytes */1000', '15.5.17: says the length';

# ---- 13.1.5: If-Range; 13.2.2: its place ----

my $modified = field(fetch($path), 'Last-Modified');
for (
    [ '"a"', 206, 'the ETag' ], [ '"b"', 200, 'another one' ],
    [ 'W/"a"', 200, 'a weak one' ], [ $modified, 206, 'the date' ],
    [ date(-5001), 200, 'an earlier date' ],
    [ date(-100), 200, 'a later date: it must be that one' ],
    [ '"a', 200, 'what is none' ]) {
	my ($value, $status, $name) = @$_;

	$r = fetch($path, 'Range: bytes=0-4', "If-Range: $value");
	is $r->{status}, $status, "13.1.5: $name";
	is $r->{body}, $status == 206 ? substr($body, 0, 5) : $body,
	    "13.1.5: $name: bytes";
}
is fetch($path, 'If-Range: "a"')->{status}, 200, '13.1.5: without a Range';
is fetch($path, 'Range: bytes=2000-', 'If-Range: "b"')->{status}, 200,
    '13.1.5: no 416 if it does not match';
is fetch($path, 'Range: bytes=0-4', 'If-None-Match: "a"')->{status}, 304,
    '13.2.2: If-None-Match comes before';
is fetch($path, 'Range: bytes=0-4', 'If-None-Match: "b"')->{status}, 206,
    '13.2.2: and if it holds, the Range';
is times_asked($path), 1, '13, 14: all from the cache';
$path = new_path();
warm($path, reply(200, $body, $fresh, 'ETag: W/"a"'));
is fetch($path, 'Range: bytes=0-4', 'If-Range: W/"a"')->{status}, 200,
    '13.1.5: a weak one never matches';
$path = new_path();
my $just = date(0);
warm($path, reply(200, $body, $fresh, "Last-Modified: $just",
    "Date: $just"));
is fetch($path, 'Range: bytes=0-4', "If-Range: $just")->{status}, 200,
    '8.8.2.2: nor does a date of the same second';

# ---- other statuses, empty bodies ----

$path = new_path();
warm($path, reply(404, 'not here', $fresh), reply(200, 'never'));
$r = fetch($path, 'Range: bytes=0-1');
is "$r->{status} $r->{body}", '404 not here', '14.2: only 200 has ranges';
$path = new_path();
warm($path, reply(200, '', $fresh), reply(200, 'never'));
for ('bytes=0-', 'bytes=0-0', 'bytes=-1') {
	$r = fetch($path, "Range: $_");
	like "$r->{status} $r->{body}", qr/^(?:416|200) /,
	    "14.1: $_ of nothing";
}

# ---- a miss ----

$path = new_path();
answers($path, { if => '^Range: bytes=5-9\r', then => reply(206,
    substr($body, 5, 5), $fresh, 'Content-Range: bytes 5-9/1000',
    'ETag: "a"'), else => reply(200, $body, $fresh, 'ETag: "a"') });
$r = fetch($path, 'Range: bytes=5-9');
is "$r->{status} $r->{body}", '206 ' . substr($body, 5, 5),
    '14: a Range, and nothing is stored';
is fetch($path)->{body}, $body, '14: then all of it';
check($path, $body, 'bytes=500-509');
$path = new_path();
answers($path, { if => '^Range:', then => reply(206, 'part',
    'Cache-Control: no-store', 'Content-Range: bytes 0-3/10'),
    else => reply(200, 'part and mo', 'Cache-Control: no-store') });
for (1, 2) {
	$r = fetch($path, 'Range: bytes=0-3');
	is $r->{body}, $r->{status} == 206 ? 'part' : 'part and mo',
	    '14: a Range of what is not stored is the origin\'s to answer';
}
done_testing;
