# SPDX-License-Identifier: BSD-2-Clause
# Requests that two readers could frame in two ways are refused.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(ask request);
use Portico qw(one_backend);

my $b = Backend->new(plain('reached'));
my $p = Portico->start(one_backend($b->address));
my $at = $p->address('http');
my $next = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n";
my $chunks = "5\r\nhello\r\n0\r\n\r\n";

# name, status, head (a Host is added unless it has one), body
sub refused
{
	my ($name, $status, $head, $body) = @_;
	my ($line, @fields) = split /\r\n/, $head;

	push @fields, 'Host: a.test' unless $head =~ /\bhost *:/i;
	sent($name, $status, join("\r\n", $line, @fields) . "\r\n\r\n" .
	    ($body // ''));
	return;
}

sub sent
{
	my ($name, $status, $bytes) = @_;
	my $c = Client->new($at);

	$b->clear;
	$c->send($bytes . $next);
	my $r = eval { $c->final(timeout => 5) };
	my $end = $c->ending(5);
	my $got = join '', $b->received;
	my $wrong = !$r ? 'no answer' :
	    $r->{status} !~ /^(?:$status)$/ ? "status $r->{status}" :
	    $end eq 'open' ? 'connection left open' :
	    $c->rest ne '' ? 'more than one answer' :
	    $got ne '' ? "reached the backend: $got" : '';

	is $wrong, '', $name;
	return;
}

my $post = "POST / HTTP/1.1\r\n";
my $te = 'Transfer-Encoding';
my $cl = 'Content-Length';

refused('TE and CL', 400, "$post$te: chunked\r\n$cl: 5", $chunks);
refused('CL and TE', 400, "$post$cl: 5\r\n$te: chunked", $chunks);
refused('TE twice', '400|501', "$post$te: chunked\r\n$te: chunked", $chunks);
refused("TE $_->[0]", $_->[1], "$post$te: $_->[0]", $chunks) for
    ([ 'gzip', 501 ], [ 'gzip, chunked', 501 ], [ 'xchunked', 501 ],
    [ 'chunked, gzip', '400|501' ], [ 'chunked, identity', '400|501' ],
    [ 'identity', '400|501' ], [ 'chunked, chunked', '400|501' ],
    [ '', '400|501' ], [ '"chunked"', '400|501' ],
    [ "chunked\x0b", '400|501' ], [ "\x0cchunked", '400|501' ],
    [ 'chunked;q=1', '400|501' ], [ 'chunke', 501 ],
    [ "chunked\0", '400|501' ], [ 'chunked chunked', '400|501' ],
    [ "\xef\xbb\xbfchunked", '400|501' ]);
refused("field name '$_'", 400, "$post$_: chunked", $chunks) for
    "$te ", "$te\t", " $te", "\x0b$te", "$te\0", "Transfer Encoding",
    "$te\x7f", "($te)", "\xff$te", '';
refused('folded TE', 400, "$post$te:\r\n chunked", $chunks);
refused('folded value', 400, "${post}X-A: b\r\n\tc");
refused('TE in HTTP/1.0', 400, "POST / HTTP/1.0\r\n$te: chunked", $chunks);
refused("CL '$_'", 400, "$post$cl: $_", 'hello') for '+5', '-5', '0x5',
    '5 5', '5a', '', '5,5', '5, 5', '5;', '"5"', '5.0', '1e1', "5\x0b",
    "\xd9\xa5", '18446744073709551621', '9' x 40;
refused('CL too great to hold', '400|413', "$post$cl: 9223372036854775808");
refused('CL twice', 400, "$post$cl: 5\r\n$cl: 5", 'hello');
refused('unequal CL', 400, "$post$cl: 5\r\n$cl: 6", 'hello!');
refused('CL with a space', 400, "$post$cl : 5", 'hello');
refused('a line without colon', 400, "${post}Nothing");
refused('a control byte', 400, "${post}X-A: a\x01b");
refused('NUL in a value', 400, "${post}X-A: a\0b");
refused('bare CR in a value', 400, "${post}X-A: a\rX-B: b");
refused('bare CR before LF', 400, "${post}X-A: a\r");
refused('a bare LF ends a field', 400, "${post}X-A: a\nX-B: b");
sent('bare LF everywhere', 400, "GET / HTTP/1.1\nHost: a.test\n\n");
sent('a folded first line', 400, "GET / HTTP/1.1\r\n Host: a.test\r\n\r\n");

refused("request line '$_->[0]'", $_->[1], $_->[0]) for
    [ 'GET /', 400 ], [ 'GET  / HTTP/1.1', 400 ], [ 'GET / HTTP/1.1 ', 400 ],
    [ "GET\t/ HTTP/1.1", 400 ], [ 'GET /  HTTP/1.1', 400 ],
    [ 'GET / HTTP/2.0', '400|505' ], [ 'GET / http/1.1', 400 ],
    [ 'GET / HTTP/1.10', '400|505' ], [ 'GET / HTTP/11', 400 ],
    [ 'GET / HTTP/+1.1', 400 ], [ "GET /\0 HTTP/1.1", 400 ],
    [ 'G@T / HTTP/1.1', 400 ], [ 'GET a HTTP/1.1', 400 ],
    [ 'GET /a b HTTP/1.1', 400 ], [ 'GET /a#b HTTP/1.1', 400 ],
    [ ' GET / HTTP/1.1', 400 ], [ 'GET HTTP/1.1', 400 ],
    [ "GET /\x01 HTTP/1.1", 400 ], [ '/ HTTP/1.1', 400 ],
    [ 'CONNECT a.test:80 HTTP/1.1', '400|405|501' ],
    [ "GET / HTTP/1.1\rX: y", 400 ], [ 'GET * HTTP/1.1', 400 ];
sent('no HTTP at all', 400, "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n");
sent('HTTP/2 preface', '400|505', "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

# The head may have gone ahead of these, but never a whole request.
sub bad_chunks
{
	my ($name, $chunks) = @_;
	my $c = Client->new($at);

	$b->clear;
	$c->send(request('POST /', ["$te: chunked"], $chunks) . $next);
	my $r = eval { $c->final(timeout => 5) };
	my $end = $c->ending(5);
	my $got = join '', $b->requests;

	is !$r ? 'no answer' : $r->{status} !~ /^4(?:00|31)$/ ?
	    "status $r->{status}" :
	    $end eq 'open' ? 'connection left open' :
	    $got ne '' ? "reached the backend: $got" : '', '', $name;
	return;
}

bad_chunks("chunk '$_'", "$_\r\nhello\r\n0\r\n\r\n") for '0x5', '+5', '-5',
    ' 5', '5 x', 'g', '', '5,', "5\0", "5\x0b",
    '10000000000000005', 'ffffffffffffffff', '8000000000000000',
    "5;a=\n", "5;a\rb", "5\r", '5;' . 'e' x 20000;
bad_chunks('bare LF after a size', "5\nhello\r\n0\r\n\r\n");
bad_chunks('longer than its size', "5\r\nhello!\r\n0\r\n\r\n");
bad_chunks('bare LF after the content', "5\r\nhello\n0\r\n\r\n");
bad_chunks('bare CR after the content', "5\r\nhello\r0\r\n\r\n");
bad_chunks('bare LF after the last', "5\r\nhello\r\n0\n\n");
bad_chunks('a trailer without colon', "0\r\nnothing\r\n\r\n");
bad_chunks('a bare LF in the trailers', "0\r\nA: b\nC: d\r\n\r\n");
bad_chunks('a folded trailer', "0\r\nA: b\r\n c\r\n\r\n");
is ask($at, request('GET /'))->{body}, 'reached', 'a lawful request passes';
done_testing;
