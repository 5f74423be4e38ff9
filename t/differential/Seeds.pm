# SPDX-License-Identifier: BSD-2-Clause
# Lawful requests, in parts that can be mutated one by one, and their bytes.
package Seeds;
use strict;
use warnings;
use Exporter 'import';
use List::Util qw(sum);

our @EXPORT_OK = qw(seed bytes one_of field chunk content chunked);

# What a smuggler would like to be read as a request of its own.
our $SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n" .
    "X-Forwarded-For: 127.0.0.1\r\n\r\n";

sub one_of { return $_[int rand @_] }

sub field
{
	my ($name, $value) = @_;

	return { name => $name, colon => ': ', value => $value,
	    eol => "\r\n" };
}

sub chunk
{
	my ($content) = @_;

	return { size => sprintf('%x', length $content), extension => '',
	    eol => "\r\n", content => $content, end => "\r\n" };
}

sub content
{
	return one_of('', 'x', 'hello', 'a=b&c=d', "\r\n", "\n", "0\r\n\r\n",
	    "5\r\nhello\r\n0\r\n\r\n", $SMUGGLED, "0\r\n\r\n$SMUGGLED",
	    join('', map { chr int rand 256 } 1 .. rand 60), 'z' x rand 9000,
	    "\0" x rand 40);
}

sub plain
{
	my ($method, $target, @fields) = @_;

	return { method => $method, gap => ' ', target => $target,
	    gap2 => ' ', version => 'HTTP/1.1', eol => "\r\n", before => '',
	    fields => [ field('Host', 'a.test'), @fields ],
	    end => "\r\n", after => '' };
}

sub with_length
{
	my ($r, $content) = @_;

	push @{ $r->{fields} }, field('Content-Length', length $content);
	$r->{content} = $content;
	return $r;
}

sub chunked
{
	my ($r, @contents) = @_;

	push @{ $r->{fields} }, field('Transfer-Encoding', 'chunked');
	$r->{chunks} = [ map { chunk($_) } grep { length } @contents ];
	$r->{last} = { size => '0', extension => '', eol => "\r\n" };
	$r->{trailers} = [];
	$r->{trailers_end} = "\r\n";
	return $r;
}

sub browser
{
	return plain('GET', one_of('/', '/a/b.html?c=d&e=f', '/%C3%A4/x;y=z'),
	    field('User-Agent', 'Mozilla/5.0 (X11; Linux x86_64)'),
	    field('Accept', 'text/html,*/*;q=0.8'),
	    field('Accept-Encoding', 'gzip, deflate'),
	    field('Cookie', 'a=b; c="d e"; f='),
	    field('Connection', one_of('keep-alive', 'close')));
}

sub trailers
{
	my $r = chunked(plain('POST', '/trailers', field('TE', 'trailers')),
	    'hello', content());

	push @{ $r->{fields} }, field('Trailer', 'X-Sum') if rand 2 < 1;
	push @{ $r->{trailers} }, field('X-Sum', 'abc'),
	    rand 2 < 1 ? field('X-More', '1, 2') : ();
	return $r;
}

sub expecting
{
	my $r = plain(one_of('POST', 'PUT'), '/expect',
	    field('Expect', '100-continue'));

	return rand 2 < 1 ? with_length($r, content()) :
	    chunked($r, content());
}

sub upgrade
{
	return plain('GET', '/socket', field('Connection', 'Upgrade'),
	    field('Upgrade', 'websocket'),
	    field('Sec-WebSocket-Version', '13'),
	    field('Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='));
}

# A browser's or a form's HTTP/1.0.
sub old
{
	my $r = rand 2 < 1 ? plain('GET', '/old') :
	    with_length(plain('POST', '/old'), content());

	$r->{version} = 'HTTP/1.0';
	$r->{fields} = [ grep { $_->{name} ne 'Host' } @{ $r->{fields} } ]
	    if rand 2 < 1;
	push @{ $r->{fields} }, field('Connection', 'keep-alive')
	    if rand 2 < 1;
	return $r;
}

sub many_fields
{
	return plain('GET', '/many',
	    map { field("X-Field-$_", 'v' x rand 30) } 1 .. 60 + rand 45);
}

# More than is buffered: the head goes ahead of the body's end.
sub large
{
	my @parts = map { chr(97 + $_ % 26) x (30000 + rand 9000) } 1 .. 7;

	return rand 2 < 1 ? with_length(plain('PUT', '/large'),
	    join '', @parts) : chunked(plain('PUT', '/large'), @parts);
}

# How often, and how.
my @SEEDS = (
	[ 150, sub { plain('GET', one_of('/', '/a?b=c', '/a/b/c')) } ],
	[ 80, \&browser ],
	[ 30, sub { plain(one_of('HEAD', 'DELETE', 'PATCH'), '/x') } ],
	[ 30, sub { plain('OPTIONS', one_of('*', '/', 'http://a.test')) } ],
	[ 190, sub { with_length(plain('POST', '/form', field('Content-Type',
	    'application/x-www-form-urlencoded')), content()) } ],
	[ 190, sub { chunked(plain('POST', '/chunked'),
	    map { content() } 1 .. rand 4) } ],
	[ 80, \&trailers ],
	[ 70, sub { plain('GET', one_of('http://a.test/x?y',
	    'http://a.test', 'HTTP://A.test:80/', 'http://a.test?x')) } ],
	[ 60, \&expecting ],
	[ 40, \&upgrade ],
	[ 60, \&old ],
	[ 16, \&many_fields ],
	[ 6, \&large ],
);
my $SEEDS = sum(map { $_->[0] } @SEEDS);

sub seed
{
	my $at = rand $SEEDS;

	for (@SEEDS) {
		return $_->[1]->() if ($at -= $_->[0]) < 0;
	}
	return $SEEDS[0][1]->();
}

sub field_bytes
{
	return join '', map { @$_{qw(name colon value eol)} } @_;
}

# On the wire.
sub bytes
{
	my ($r) = @_;
	my $text = join '', @$r{qw(before method gap target gap2 version eol)},
	    field_bytes(@{ $r->{fields} }), $r->{end};

	$text .= $r->{content} // '';
	if ($r->{chunks}) {
		$text .= join '', @$_{qw(size extension eol content end)}
		    for @{ $r->{chunks} };
		$text .= join '', @{ $r->{last} }{qw(size extension eol)},
		    field_bytes(@{ $r->{trailers} }), $r->{trailers_end};
	}
	return $text . $r->{after};
}

1;
