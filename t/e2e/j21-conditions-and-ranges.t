# SPDX-License-Identifier: BSD-2-Clause
# Conditions and ranges are answered from what is stored.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(ask get request fields);
use Portico qw(one_site);

my $body = join '', map { sprintf '%09d ', $_ } 0 .. 99; # 1000 bytes
my $large = join '', map { sprintf '%09d ', $_ } 0 .. 49999;
my $modified = 'Sun, 06 Nov 1994 08:49:37 GMT';
my @fresh = ('Cache-Control: max-age=600', "Last-Modified: $modified",
    'Content-Type: text/x', 'Content-Language: de', 'X-Kept: 1');
my $b = Backend->new({
	'/strong' => plain($body, @fresh, 'ETag: "1"'),
	'/weak' => plain($body, @fresh, 'ETag: W/"1"'),
	'/dated' => plain($body, @fresh),
	'/large' => plain($large, @fresh, 'ETag: "1"'),
	'/404' => "HTTP/1.1 404 No\r\nContent-Length: 3\r\nETag: \"1\"\r\n" .
	    "Cache-Control: max-age=9\r\n\r\nabc",
});
my $p = Portico->start(one_site('{ pool = "app"; cache = true; }',
    pools => { app => $b->address }));
my $at = $p->address('http');

sub one { my ($r, $name) = @_; return join '|', fields($r, $name) }
sub with { my ($path, @f) = @_; return ask($at, request("GET $path", [ @f ])) }

get($at, $_) for qw(/strong /weak /dated /large /404);
my $asked = () = $b->requests;

for (
    [ '/strong', 304, 'If-None-Match: "1"' ],
    [ '/strong', 304, 'If-None-Match: W/"1"' ],
    [ '/strong', 304, 'If-None-Match: "x", "1"' ],
    [ '/strong', 304, 'If-None-Match: *' ],
    [ '/strong', 200, 'If-None-Match: "2"' ],
    [ '/strong', 200, 'If-None-Match: "2"', "If-Modified-Since: $modified" ],
    [ '/strong', 304, "If-Modified-Since: $modified" ],
    [ '/strong', 200, 'If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT' ],
    [ '/strong', 200, 'If-Modified-Since: yesterday' ],
    [ '/weak', 304, 'If-None-Match: "1"' ],
    [ '/404', 404, 'If-None-Match: "1"' ]) {
	my ($path, $status, @fields) = @$_;
	my $r = with($path, @fields);

	is $r->{status}, $status, "$path: @fields: $status";
}
my $r = with('/strong', 'If-None-Match: "1"');
is one($r, 'ETag'), '"1"', '304: its tag';
is one($r, 'Cache-Control'), 'max-age=600', 'how long';
isnt one($r, 'Date'), '', 'when';
isnt one($r, 'Age'), '', 'how old';
is one($r, 'X-Kept'), 1, 'what is no word about the body';
is one($r, $_), '', "no $_" for qw(Content-Length Content-Type
    Content-Language Last-Modified);
is one(with('/dated', "If-Modified-Since: $modified"), 'Last-Modified'),
    $modified, 'the date where there is no tag';

sub range
{
	my ($path, $range, $status, $said, $want, @more) = @_;
	my $r = with($path, "Range: $range", @more);

	is $r->{status}, $status, "$path: $range: $status";
	is one($r, 'Content-Range'), $said, 'Content-Range';
	is $r->{body}, $want, 'its bytes';
	return $r;
}

range('/strong', 'bytes=0-9', 206, 'bytes 0-9/1000', '000000000 ');
range('/strong', 'bytes=10-19', 206, 'bytes 10-19/1000', '000000001 ');
range('/strong', 'bytes=990-', 206, 'bytes 990-999/1000', '000000099 ');
range('/strong', 'bytes=-10', 206, 'bytes 990-999/1000', '000000099 ');
range('/strong', 'bytes=990-2000', 206, 'bytes 990-999/1000', '000000099 ');
range('/strong', 'bytes=-2000', 206, 'bytes 0-999/1000', $body);
range('/strong', 'bytes=1000-', 416, 'bytes */1000', '');
range('/strong', 'bytes=-0', 416, 'bytes */1000', '');
range('/strong', 'lines=1-2', 200, '', $body);
range('/strong', 'bytes=9-1', 200, '', $body);
range('/strong', 'bytes=0-9', 206, 'bytes 0-9/1000', '000000000 ',
    'If-Range: "1"');
range('/strong', 'bytes=0-9', 200, '', $body, 'If-Range: "2"');
range('/weak', 'bytes=0-9', 200, '', $body, 'If-Range: W/"1"');
range('/404', 'bytes=0-1', 404, '', 'abc');
range('/large', 'bytes=20000-419999', 206, 'bytes 20000-419999/500000',
    substr $large, 20000, 400000);
range('/large', 'bytes=65530-65550', 206, 'bytes 65530-65550/500000',
    substr $large, 65530, 21);
is with('/strong', 'Range: bytes=0-9', 'If-None-Match: "1"')->{status}, 304,
    'conditions come first';
$r = ask($at, request('HEAD /strong', [ 'Range: bytes=0-9' ]),
    head_only => 1);
is $r->{status}, 200, 'HEAD has no ranges';
is one($r, 'Content-Length'), 1000, 'but the length of all';

sub parts
{
	my ($r) = @_;
	my ($mark) = one($r, 'Content-Type') =~
	    m{^multipart/byteranges; boundary=(\S+)$} or return;
	my @parts = split /\r\n--\Q$mark\E/, $r->{body}, -1;

	is pop @parts, "--\r\n", 'the last line';
	is shift @parts, '', 'nothing before the first';
	return map { [ m/^\r\nContent-Type:[ ](.*)\r\n
	    Content-Range:[ ](.*)\r\n\r\n(.*)\z/xs ] } @parts;
}

$r = with('/strong', 'Range: bytes=0-9, 20-29,-10');
is $r->{status}, 206, 'several ranges';
is_deeply [ parts($r) ], [
    [ 'text/x', 'bytes 0-9/1000', '000000000 ' ],
    [ 'text/x', 'bytes 20-29/1000', '000000002 ' ],
    [ 'text/x', 'bytes 990-999/1000', '000000099 ' ] ], 'in parts';
is one($r, 'Content-Range'), '', 'which say where they are';
$r = with('/large', 'Range: bytes=0-29999, 60000-89999');
is_deeply [ map { $_->[2] } parts($r) ], [ substr($large, 0, 30000),
    substr $large, 60000, 30000 ], 'larger parts';
is with('/large', 'Range: bytes=0-199999,250000-399999')->{body}, $large,
    'for too much of it the whole is the answer';
is with('/strong', 'Range: bytes=' . join ',', map { 50 * $_ . '-' .
    (50 * $_ + 1) } 0 .. 19)->{status}, 200, 'or for too many';
is with('/strong', 'Range: bytes=0-99,50-149')->{status}, 200,
    'or where they overlap';
$r = with('/strong', 'Range: bytes=0-1,5000-5001');
is one($r, 'Content-Range'), 'bytes 0-1/1000', 'those that are not there do not count';
is scalar(() = $b->requests), $asked, 'no backend has seen any of it';
is $p->quit, 0, 'quit';
done_testing;
