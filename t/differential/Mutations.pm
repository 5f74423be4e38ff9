# SPDX-License-Identifier: BSD-2-Clause
# Turns lawful requests into doubtful ones; the same number, the same bytes.
package Mutations;
use strict;
use warnings;
no warnings qw(portable overflow digit); # sizes that no machine holds
use Exporter 'import';
use List::Util qw(sum);
use Seeds qw(seed bytes one_of field chunk content chunked);

our @EXPORT_OK = qw(make_case);

my @BLANKS = (' ', "\t", '  ', " \t", "\x0b", "\x0c", "\0", "\xa0", '');
my @ENDS = ("\n", "\r", "\r\r\n", "\n\r", "\r\n ", "\r\n\t", "\x85", "\0\r\n",
    "\x0b\r\n", " \r\n", "\t\r\n", "\r\n\r\n", "\n\n", '', "\r \n");
my @COLONS = (':', ":\t", ':  ', ": \t ", ' : ', "\t:", ' :', '::', '', '=',
    ":\r\n ", ":\n ", ":\x0b", ":\0", "\0:", ":\xa0", ": ,", ';');
my @METHODS = (qw(GET HEAD POST PUT DELETE OPTIONS TRACE CONNECT PATCH get
    Get PROPFIND M-SEARCH X_Y G!T G.T G@T PURGE BREW PRI 0 * GETGETGETGET),
    'GET GET', "GET\t", "\rGET", "\0GET", 'G' x 300, '', "G\xc3\x84T");
my @VERSIONS = ('HTTP/1.0', 'HTTP/1.1', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9',
    'HTTP/1.10', 'HTTP/01.1', 'http/1.1', 'HTTP/1,1', 'HTTP/1.1 ', '',
    'HTTP/+1.1', 'HTTP/1.', 'HTTPS/1.1', 'HTTP /1.1', 'HTTP/11', 'HTTP/1.1x',
    "HTTP/1.1\t", "HTTP/1.1\0", 'HTTP/1.1 HTTP/1.1', 'HTTP/-1.1', 'HTTP/1.9');
my @TARGETS = ('/', '//', '//a.test/x', '/a//b', '/%41', '/%2e%2e/x', '/..',
    '/a/../b', '/a/..', '/a/./b', '/...', '/%00', '/%zz', '/%', '/%4',
    '/%C3%A4', '/a%2fb', '/a%2Fb%5cc', '/a%0d%0aX:y', '/%25%34%31', '/a;b=c',
    '/a|b', '/"<>', '/^`{}', '\\', '/\\..\\x', '/a#b', '/?', '/?a?b', '/?%',
    '/?%00', '/?http://b.test/', '*', 'a', '?', '/*', "/\xff", '/a b',
    "/a\tb", "/a\0b", "/a\x0bb", "/\xc3\xa4", 'http://a.test/x',
    'HTTP://A.TEST', 'https://a.test:443/x', 'http://a.test?x',
    'http://u@a.test/', 'http://b.test/', 'http://', 'http:///x',
    'http://a.test:80/', 'http://a.test:/x', 'http://a.test#x', 'ftp://a.test/',
    'http:a.test', 'http://a.test/..', 'http://[::1]/', 'http://a.test\\x',
    'a.test:80', '/' . 'x' x 5000, '/' . 'x' x 9000, '/?' . 'y' x 8000,
    '/' . '%41' x 700, '/' . 'a/' x 900, '', '/a,b', "/a'b", '/~', '/$&+');
my @HOSTS = ('a.test', 'A.TEST', 'b.test', 'a.test:80', 'a.test:',
    'a.test:0', 'a.test:65535', 'a.test:65536', 'a.test:080', 'a.test:8a',
    '[::1]', '[::1]:80', '[::1', '::1', '[::ffff:1.2.3.4]', '[v1.a]', '[]',
    'a_b.test', 'a~b.test', 'a..test', 'a.test.', '.a.test', '.', '',
    'a.test, b.test', 'a.test b.test', 'a.test/x', 'u@a.test', 'a%41',
    '127.0.0.1', '127.1', 'xn--a-0ga.test', '-a.test', 'a.test:80:80',
    'http://a.test', "\xc3\xa4.test", "a.test\0", "a.test\t", "a\x0b.test",
    'a!b', "a'b", 'a,b', 'a;b', 'a(b)', '"a.test"', '*', '_', '0', '1.2.3',
    'a' x 255, 'a' x 256, 'a.' x 100, "a.test\r\nHost: b.test",
    "a.test\r\n b.test", "a.test\nHost: b.test", '1.2.3.4:99999');
my @CODINGS = ('chunked', 'Chunked', 'CHUNKED', 'chunked ', "\tchunked",
    'chunked,', ',chunked', ', ,chunked', 'chunked, chunked', 'identity',
    'identity, chunked', 'chunked, identity', 'gzip, chunked',
    'chunked, gzip', 'xchunked', 'chunkedx', 'chunked;q=1', 'chunked;',
    '"chunked"', "'chunked'", "chunked\x0b", "\x0bchunked", "chunked\0",
    "chun\rked", "\r\n chunked", "chunked\r\n ", "\n chunked", 'cow', '',
    'chunk', "\xef\xbb\xbfchunked", "chunked\xa0", 'trailers, chunked',
    'chunked chunked', "chunked\r\n\tchunked", 'compress', "\x0cchunked");
my @CODING_NAMES = ('Transfer-Encoding', 'transfer-encoding',
    'TRANSFER-ENCODING', 'Transfer_Encoding', 'Transfer Encoding',
    'Transfer-Encoding ', "Transfer-Encoding\t", ' Transfer-Encoding',
    "Transfer-Encoding\0", "Transfer-Encoding\x0b", "\x0bTransfer-Encoding",
    'TransferEncoding', "Transfer-\r\nEncoding", "X: y\nTransfer-Encoding",
    "X: y\rTransfer-Encoding", "\xc2\xa0Transfer-Encoding", 'Transfer-Encodin',
    "Transfer\xe2\x80\x90Encoding", "\"Transfer-Encoding\"",
    'X-Transfer-Encoding');
my @LENGTH_NAMES = ('Content-Length', 'content-length', 'CONTENT-LENGTH',
    'Content_Length', 'Content Length', 'Content-Length ', "Content-Length\t",
    ' Content-Length', "\tContent-Length", "Content-Length\0",
    "Content-Length\x0b", 'ContentLength', 'Content-Lengt', 'Content-Lengthx',
    "X: y\nContent-Length", "X: y\rContent-Length", "X-\nContent-Length");
my @FIELDS = ([ 'Connection', 'close' ], [ 'Connection', 'keep-alive' ],
    [ 'Connection', 'Host' ], [ 'Connection', 'Content-Length' ],
    [ 'Connection', 'Transfer-Encoding' ], [ 'Connection', 'X-A, x-b' ],
    [ 'Connection', 'X-Forwarded-For, Cookie' ], [ 'Connection', ',' ],
    [ 'Connection', ', close ,' ], [ 'Connection', '"close"' ],
    [ 'Connection', join ',', map { "x$_" } 1 .. 40 ], [ 'Connection', '' ],
    [ 'Connection', "close\0" ], [ 'Connection', 'TE, Upgrade' ],
    [ 'Keep-Alive', 'timeout=5' ], [ 'Proxy-Connection', 'keep-alive' ],
    [ 'TE', 'trailers' ], [ 'TE', 'gzip;q=0.5' ], [ 'Trailer', 'X-A' ],
    [ 'Upgrade', 'websocket' ], [ 'Upgrade', 'h2c' ], [ 'Upgrade', '' ],
    [ 'Upgrade', 'HTTP/2.0, websocket' ], [ 'HTTP2-Settings', 'AAMAAABk' ],
    [ 'Expect', '100-continue' ], [ 'Expect', '100-Continue' ],
    [ 'Expect', 'x' ], [ 'Expect', '' ], [ 'Expect', '100-continue, x' ],
    [ 'X-Forwarded-For', '127.0.0.1' ], [ 'x-forwarded-for', '' ],
    [ 'X_Forwarded_For', '127.0.0.1' ], [ 'Forwarded', 'for=127.0.0.1' ],
    [ 'X-Forwarded-Host', 'b.test' ], [ 'X-Request-Id', 'mine' ],
    [ 'Range', 'bytes=0-1' ], [ 'If-Match', '*' ], [ 'Max-Forwards', '0' ],
    [ 'If-None-Match', '*' ], [ 'Cookie', 'a=b' ], [ 'Content-Type', '' ],
    [ 'Authorization', 'Basic YTpi' ], [ 'Content-Encoding', 'gzip' ],
    [ 'X-HTTP-Method-Override', 'PUT' ], [ 'Proxy', 'x' ], [ 'X-A', '' ],
    [ 'X-A', "b\tc" ], [ 'X-A', "\xff\x80" ], [ 'X-A', 'x' x 7000 ],
    [ 'X-A', 'x' x 17000 ], [ 'x' x 400, 'y' ], [ 'X-B', ': : :' ],
    [ 'X-A', "b\r\n c" ], [ 'X-A', "b\r\n\t" ], [ 'X-A', "b\n" ],
    [ 'X-A', "b\rX-B: c" ], [ 'X-A', "b\0c" ], [ 'X-A', "b\x7f" ],
    [ '', 'x' ], [ 'X A', 'b' ], [ 'X(A)', 'b' ], [ "X-\xc4", 'b' ],
    [ 'X.A!#$%&\'*+^`|~', 'b' ], [ 'GET / HTTP/1.1', '' ], [ 'HTTP/1.1', '' ],
    [ 'Host', 'a.test' ], [ 'Host', 'b.test' ], [ 'host', '' ]);
my @SIZES = (sub { uc $_[0] }, sub { "0$_[0]" }, sub { '0' x 14 . $_[0] },
    sub { '0' x 17 . $_[0] }, sub { '0' x 300 . $_[0] }, sub { "0x$_[0]" },
    sub { "+$_[0]" }, sub { "-$_[0]" }, sub { " $_[0]" }, sub { "$_[0] " },
    sub { "$_[0]\t" }, sub { "$_[0]\x0b" }, sub { "$_[0]\0" }, sub { '' },
    sub { "1$_[0]" }, sub { sprintf '%x', 1 + hex $_[0] =~ s/\W.*//sr },
    sub { sprintf '%d', hex $_[0] =~ s/\W.*//sr }, sub { "$_[0].0" },
    sub { "$_[0],$_[0]" }, sub { 'g' },
    sub { 'ffffffffffffffff' }, sub { '7fffffffffffffff' }, sub { '_5' },
    sub { '1' . '0' x 15 . $_[0] }, sub { '1' . '0' x 7 . $_[0] },
    sub { "\xef\xbc\x95" }, sub { "$_[0]_0" }, sub { "\r\n$_[0]" });
my @EXTENSIONS = (';a', ';a=b', ' ;a=b', "\t; a = b", ';a="b;c"', ';',
    ';a="b\\"c"', ";a\n", ";a\r", ";a\0", ';a="' . 'x' x 500, ' a', ',a',
    ';' . 'x' x 4000, ";a=\"\r\n\"", ";\x7f", ";\xff", ';;;=', ' ', ";a\n0");
my @TRAILERS = ([ 'X-T', 'v' ], [ 'X-T', '' ], [ 'Content-Length', '5' ],
    [ 'Transfer-Encoding', 'chunked' ], [ 'Host', 'b.test' ],
    [ 'X-Forwarded-For', '127.0.0.1' ], [ 'Connection', 'close' ],
    [ 'Authorization', 'x' ], [ 'X-T', "v\r\n w" ], [ 'X-T', "v\nX-U: w" ],
    [ 'X-T', "v\0" ], [ 'X T', 'v' ], [ '', 'v' ], [ 'X-T', 'v' x 9000 ],
    [ 'Trailer', 'X-T' ], [ "X-T\0", 'v' ], [ 'Expect', '100-continue' ]);
my @GARBAGE = ("\r\n", "\r\n\r\n", "\n", "\0", 'x', 'hello', ' ',
    $Seeds::SMUGGLED, "0\r\n\r\n", "GET / HTTP/1.1\r\n", "\r\n$Seeds::SMUGGLED",
    "HTTP/1.1 200 OK\r\n\r\n", "\x16\x03\x01", "PRI * HTTP/2.0\r\n\r\n");

sub length_spelled
{
	my ($n) = @_;

	return one_of($n, "+$n", "-$n", "0$n", "000000$n", "$n ", "\t$n",
	    "$n,$n", "$n, $n", "$n;", "0x$n", "$n.0", "${n}e0", "\"$n\"", '',
	    "$n $n", "$n\x0b", "$n\0", "\x0b$n", $n + 1, $n + 7, $n - 1, 0,
	    '9' x 30, '18446744073709551616', '9223372036854775808',
	    '4294967296', "1_0", "\xd9\xa5", "$n\r\n ", "\r\n $n", "${n}x",
	    "0" x 400 . $n, sprintf('0%o', $n), "$n\xa0", int($n / 2));
}

# A field in any place, perhaps with a name in other letters.
sub add_field
{
	my ($r, $name, $value) = @_;
	my $f = field($name, $value);

	$f->{name} = one_of(uc $name, lc $name, $name, $name);
	splice @{ $r->{fields} }, rand(1 + @{ $r->{fields} }), 0, $f;
	return $f;
}

# Any field, or the line of a trailer.
sub any_field
{
	my ($r) = @_;
	my @all = (@{ $r->{fields} }, @{ $r->{trailers} || [] });

	return @all ? one_of(@all) : add_field($r, 'X-A', 'b');
}

sub named
{
	my ($r, $name) = @_;

	return grep { lc $_->{name} eq $name } @{ $r->{fields} };
}

sub body_size
{
	my ($r) = @_;
	my $size = length($r->{content} // '');

	$size += length for map { $_->{content} } @{ $r->{chunks} || [] };
	return $size;
}

sub change_length
{
	my ($r) = @_;
	my ($f) = named($r, 'content-length');

	$f //= add_field($r, 'Content-Length', '');
	$f->{value} = length_spelled(body_size($r));
	return;
}

sub change_coding
{
	my ($r) = @_;
	my ($f) = named($r, 'transfer-encoding');

	$f //= add_field($r, 'Transfer-Encoding', '');
	$f->{value} = one_of(@CODINGS);
	return;
}

sub second_framing
{
	my ($r) = @_;
	my $f = rand 2 < 1 ? add_field($r, 'Content-Length',
	    one_of(body_size($r), 0, 5, length_spelled(body_size($r)))) :
	    add_field($r, 'Transfer-Encoding', one_of('chunked', @CODINGS));

	$f->{name} = one_of($f->{name} =~ /^c/i ? @LENGTH_NAMES :
	    @CODING_NAMES) if rand 2 < 1;
	return;
}

sub rename_framing
{
	my ($r) = @_;

	$_->{name} = one_of(@LENGTH_NAMES) for named($r, 'content-length');
	$_->{name} = one_of(@CODING_NAMES) for named($r, 'transfer-encoding');
	return;
}

sub change_host
{
	my ($r) = @_;
	my ($f) = named($r, 'host');
	my $host = one_of(@HOSTS);

	return add_field($r, 'Host', $host) if !$f || rand 4 < 1;
	$f->{value} = $host;
	$r->{target} = "http://$host/x" if rand 6 < 1;
	return;
}

sub odd_name
{
	my ($r) = @_;
	my $f = any_field($r);

	substr($f->{name}, rand(1 + length $f->{name}), rand 2) =
	    chr int rand 256;
	return;
}

sub odd_value
{
	my ($r) = @_;
	my $f = any_field($r);

	substr($f->{value}, rand(1 + length $f->{value}), rand 2) =
	    one_of(map({ chr int rand 256 } 1 .. 4), "\r", "\n", "\0", ',');
	return;
}

# All lines alike: a client that knows no CR.
sub other_line_ends
{
	my ($r) = @_;
	my $eol = one_of("\n", "\r", "\r\r\n", "\n\r");

	$_->{eol} = $eol for $r, @{ $r->{fields} };
	$r->{end} = $eol;
	return;
}

sub chunk_of
{
	my ($r) = @_;

	chunked($r, 'hello') if !$r->{chunks};
	return one_of($r->{last}, @{ $r->{chunks} });
}

sub change_size
{
	my $c = chunk_of(@_);

	$c->{size} = one_of(@SIZES)->($c->{size});
	return;
}

sub change_chunk_end
{
	my $c = chunk_of(@_);

	$c->{one_of('eol', defined $c->{end} ? 'end' : ())} = one_of(@ENDS);
	return;
}

sub drop_part
{
	my ($r) = @_;
	my $fields = $r->{fields};

	return splice @$fields, rand @$fields, 1 if @$fields && rand 2 < 1;
	return $r->{content} = '' if !$r->{chunks};
	return pop @{ $r->{chunks} } if rand 2 < 1;
	@{ $r->{last} }{qw(size eol)} = ('', '');
	return;
}

sub any_of
{
	my ($most, @bytes) = @_;

	return join '', map { chr one_of(@bytes) } 0 .. rand $most;
}

my @VCHARS = (33, 34, 36 .. 126);
my @TCHARS = grep { chr =~ /[!#\$%&'*+.^`|~0-9A-Za-z-]/ } 33 .. 126;

# Lawful, though nobody writes so: these must come out right.
sub strange
{
	my ($r) = @_;
	my $way = int rand 5;

	if ($way == 0) {
		add_field($r, any_of(12, @TCHARS), any_of(40, 9, 32 .. 126,
		    128 .. 255));
	} elsif ($way == 1) {
		$r->{target} = '/' . any_of(30, @VCHARS);
		$r->{target} =~ s/%(?![0-9A-F][1-9A-F])/%2/g;
	} elsif ($way == 2) {
		add_field($r, 'Connection', any_of(3, @TCHARS) . ', X-Field-' .
		    int rand 9);
	} elsif ($way == 3 && defined $r->{content} && !$r->{chunks}) {
		$r->{content} = any_of(90, 0 .. 255);
		$_->{value} = length $r->{content}
		    for named($r, 'content-length');
	} elsif ($r->{chunks}) {
		splice @{ $r->{chunks} }, rand(1 + @{ $r->{chunks} }), 0,
		    chunk(any_of(90, 0 .. 255));
	}
	return;
}

# How often, and how: what a reader of grammar would try.
my @MUTATIONS = (
	[ 200, \&strange ],
	[ 90, \&change_length ],
	[ 70, \&change_coding ],
	[ 80, \&second_framing ],
	[ 30, \&rename_framing ],
	[ 60, \&change_host ],
	[ 70, sub { $_[0]{target} = one_of(@TARGETS) } ],
	[ 35, sub { $_[0]{method} = one_of(@METHODS) } ],
	[ 35, sub { $_[0]{version} = one_of(@VERSIONS) } ],
	[ 90, sub { add_field($_[0], @{ one_of(@FIELDS) }) } ],
	[ 30, sub { any_field($_[0])->{eol} = one_of(@ENDS) } ],
	[ 30, sub { any_field($_[0])->{colon} = one_of(@COLONS) } ],
	[ 35, \&odd_name ],
	[ 35, \&odd_value ],
	[ 15, sub { $_[0]{one_of(qw(gap gap2))} = one_of(@BLANKS) } ],
	[ 15, sub { $_[0]{one_of(qw(eol end))} = one_of(@ENDS) } ],
	[ 10, \&other_line_ends ],
	[ 15, sub { $_[0]{before} = one_of("\r\n", "\r\n\r\n", "\n", ' ',
	    "\0", "\xef\xbb\xbf", "\t", "\r") } ],
	[ 70, \&change_size ],
	[ 45, sub { chunk_of($_[0])->{extension} = one_of(@EXTENSIONS) } ],
	[ 30, \&change_chunk_end ],
	[ 45, sub { chunk_of($_[0]); push @{ $_[0]{trailers} },
	    field(@{ one_of(@TRAILERS) }) } ],
	[ 10, sub { chunk_of($_[0]);
	    $_[0]{trailers_end} = one_of(@ENDS) } ],
	[ 30, sub { $_[0]{after} = one_of(@GARBAGE) } ],
	[ 25, \&drop_part ],
);
my $MUTATIONS = sum(map { $_->[0] } @MUTATIONS);

sub mutate
{
	my ($r) = @_;
	my $at = rand $MUTATIONS;

	for (@MUTATIONS) {
		return $_->[1]->($r) if ($at -= $_->[0]) < 0;
	}
	return;
}

# What needs no grammar.
sub spoil
{
	my ($text) = @_;
	my $at = int rand length $text;
	my $way = int rand 6;

	return substr $text, 0, $at if $way == 0;
	substr($text, $at, 1) = chr int rand 256 if $way == 1;
	substr($text, $at, 0) = one_of("\r", "\n", "\0", ' ', "\t", ':', ',',
	    "\r\n", chr int rand 256) if $way == 2;
	substr($text, $at, 1 + rand 4) = '' if $way == 3;
	substr($text, $at, 0) = substr $text, rand length $text, rand 80
	    if $way == 4;
	substr($text, $at) = bytes(seed()) if $way == 5;
	return $text;
}

# Where the bytes are cut on their way: offsets, none for most.
sub pieces
{
	my ($text) = @_;

	return [] if rand 5 > 1;
	return [ sort { $a <=> $b } map { 1 + int rand length $text }
	    1 .. 1 + rand 3 ];
}

# Case `number` of a run: all bytes of one connection, and its pieces.
sub make_case
{
	my ($run, $number) = @_;

	srand(($run * 2654435761 + $number * 40503 + 12345) % 4294967291);
	rand for 1 .. 3;
	my @requests = map { seed() } 1 .. one_of(1, 1, 1, 1, 1, 2, 2, 3);
	my $times = one_of(0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4);
	mutate(one_of(@requests)) for 1 .. $times;
	my $text = join '', map { bytes($_) } @requests;
	$text = spoil($text) if rand 6 < 1;
	$text = 'x' if $text eq '';
	return ($text, pieces($text));
}

1;
