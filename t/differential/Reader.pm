# SPDX-License-Identifier: BSD-2-Clause
# Reads requests as RFC 9112 says and no other way: the measure for the rest.
package Reader;
use strict;
use warnings;
no warnings qw(portable); # chunks of 60 bits
use Digest::MD5 qw(md5_hex);
use Exporter 'import';

our @EXPORT_OK = qw(read_request read_all reading);

my $TCHAR = qr/[!#\$%&'*+.^_`|~0-9A-Za-z-]/;
my $VALUE = qr/[\t\x20-\x7e\x80-\xff]/;
my $LINE = qr/$TCHAR++:$VALUE*+\r\n/;
my $HEAD = qr/\G($TCHAR++)\ ([!"\$-~]++)\ HTTP\/1\.([01])\r\n
    ((?:$LINE)*+)\r\n/x;
my $LENGTH_MOST = '9223372036854775807';

# What can be no part of a head, however it goes on.
my $SPOILED = qr/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n|\z)|(?<!\r)\n/;

# The request at an offset of $$bytes: kind "whole" (and all that was read,
# {next} is the offset behind it), "more" (it is not all here), "bad".
sub read_request
{
	my ($bytes, $at) = @_;

	$at += 2 if substr($$bytes, $at, 2) eq "\r\n";
	my $end = index $$bytes, "\r\n\r\n", $at;
	return { kind => substr($$bytes, $at) =~ $SPOILED ? 'bad' : 'more',
	    why => 'no head' } if $end < 0;
	pos($$bytes) = $at;
	return bad('head') if $$bytes !~ /$HEAD/gc || pos $$bytes != $end + 4;
	my $r = { kind => 'whole', method => $1, target => $2, minor => $3,
	    at => $at, body_at => $end + 4, body => '', trailers => [] };
	my $lines = $4;
	for (split /\r\n/, $lines) {
		my ($name, $value) = /^(.*?):[ \t]*(.*?)[ \t]*$/s;
		push @{ $r->{fields}{lc $name} }, $value;
	}
	my $wrong = wrong_target($r) // wrong_host($r);
	return bad($wrong) if defined $wrong;
	$r->{last} = is_last($r);
	return read_body($bytes, $r);
}

sub bad { return { kind => 'bad', why => $_[0] } }

# Origin-form and the host that is meant come out of every form.
sub wrong_target
{
	my ($r) = @_;
	my $t = $r->{target};

	return 'CONNECT' if $r->{method} eq 'CONNECT';
	if ($t =~ m{^https?://([^/?]+)(.*)$}is) {
		$r->{authority} = $1;
		my $rest = $2;
		$rest = ($r->{method} eq 'OPTIONS' && $rest eq '' ? '*' : '/') .
		    $rest if $rest !~ m{^/};
		$r->{target} = $rest;
		return undef;
	}
	return undef if $t =~ m{^/} ||
	    ($t eq '*' && $r->{method} eq 'OPTIONS');
	return 'target form';
}

sub wrong_host
{
	my ($r) = @_;
	my $hosts = $r->{fields}{host} // [];

	return 'Host missing' if !@$hosts && $r->{minor} == 1;
	return 'Host twice' if @$hosts > 1;
	return 'Host empty' if @$hosts && $hosts->[0] eq '';
	$r->{host} = $r->{authority} // $hosts->[0] // '';
	return undef;
}

# Does the connection end behind it, by its own words?
sub is_last
{
	my ($r) = @_;
	my %option = map { lc() => 1 } map { split /[ \t]*,[ \t]*/ }
	    @{ $r->{fields}{connection} // [] };

	return 1 if $option{close};
	return $r->{minor} == 0 && !$option{'keep-alive'} ? 1 : 0;
}

sub read_body
{
	my ($bytes, $r) = @_;
	my ($length, $coding) = map { $r->{fields}{$_} }
	    'content-length', 'transfer-encoding';

	if ($coding) {
		return bad('length and coding') if $length;
		return bad('coding in HTTP/1.0') if $r->{minor} == 0;
		return bad('coding') if "@$coding" !~ /^chunked$/i;
		$r->{chunked} = 1;
		return read_chunks($bytes, $r);
	}
	$r->{next} = $r->{body_at};
	return $r if !$length;
	my $n = "@$length" =~ /^0*([0-9]+)$/ ? $1 : return bad('length');
	return bad('length') if length $n > length $LENGTH_MOST ||
	    (length $n == length $LENGTH_MOST && $n gt $LENGTH_MOST);
	return { kind => 'more', why => 'body' }
	    if length($$bytes) - $r->{body_at} < $n;
	$r->{next} = $r->{body_at} + $n;
	$r->{body} = substr $$bytes, $r->{body_at}, $n;
	return $r;
}

# Inside of an extension all is allowed that a field may have: nobody who
# ends it at CR LF can be misled by it.
my $SIZE = qr/\G0*([0-9A-Fa-f]*)(?<=[0-9A-Fa-f])(?:[ \t]*;$VALUE*+)?\r\n/;

sub read_chunks
{
	my ($bytes, $r) = @_;

	pos($$bytes) = $r->{body_at};
	for (;;) {
		my $at = pos $$bytes;
		return unfinished($bytes, $at) if $$bytes !~ /$SIZE/gc;
		return bad('chunk size') if length $1 > 15;
		my $n = hex $1;
		$at = pos $$bytes;
		last if $n == 0;
		return { kind => 'more', why => 'chunk' }
		    if length($$bytes) < $at + $n;
		$r->{body} .= substr $$bytes, $at, $n;
		pos($$bytes) = $at + $n;
		return unfinished($bytes, $at + $n)
		    if $$bytes !~ /\G\r\n/gc;
	}
	my $at = pos $$bytes;
	return unfinished($bytes, $at) if $$bytes !~ /\G((?:$LINE)*+)\r\n/gc;
	$r->{trailers} = [ split /\r\n/, $1 ];
	$r->{next} = pos $$bytes;
	return $r;
}

# A line of the coding that cannot be read: cut off, or wrong?
sub unfinished
{
	my ($bytes, $at) = @_;
	my $rest = substr $$bytes, $at, 20000;

	return bad('chunked coding') if $rest =~ /\n/ || $rest =~ $SPOILED;
	return { kind => 'more', why => 'chunked coding' };
}

# Everything that a client sent on one connection: the requests that are
# whole, and "whole", "more" or "bad" for how it ends.
sub read_all
{
	my ($bytes) = @_;
	my ($at, @requests) = (0);

	while ($at < length $$bytes) {
		return (\@requests, 'whole')
		    if @requests && $requests[-1]{last};
		my $r = read_request($bytes, $at);
		return (\@requests, $r->{kind}) if $r->{kind} ne 'whole';
		push @requests, $r;
		$at = $r->{next};
	}
	return (\@requests, 'whole');
}

# What must come out the same whoever reads: method, target, Host, body, and
# where it matters what X-Forwarded-For says. Of what is long there is a sum,
# so that it fits into a field.
sub reading
{
	my ($method, $target, $host, $body, $client) = @_;

	return join ' ', map({ length > 300 ? 'sum:' . md5_hex($_) :
	    length ? $_ : '-' } $method, $target, $host, $client // ''),
	    length($body) . ':' . md5_hex($body);
}

1;
