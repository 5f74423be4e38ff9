# SPDX-License-Identifier: BSD-2-Clause
# A raw HTTP client: exact bytes out, one response after the other in.
package Client;
use strict;
use warnings;
use Errno ();
use Exporter 'import';
use IO::Select;
use IO::Socket::INET;
use IO::Socket::IP;
use Socket qw(IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(ask get request field fields until_true);
our $TIMEOUT = 10;

# Connects to "address:port"; rcvbuf => bytes makes a slow reader, from => an
# address of ours to connect from. Dies if nobody listens.
sub new
{
	my ($class, $address, %opt) = @_;
	my ($host, $port) = $address =~ /^\[?(.*?)\]?:(\d+)$/
	    or die "$address: not an address";
	my $socket = IO::Socket::IP->new(PeerHost => $host,
	    PeerPort => $port, Timeout => $TIMEOUT,
	    $opt{from} ? (LocalHost => $opt{from}) : ())
	    or die "connect $address: $@";

	setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);
	setsockopt($socket, SOL_SOCKET, Socket::SO_RCVBUF(), $opt{rcvbuf})
	    if $opt{rcvbuf};
	binmode $socket;
	$socket->blocking(0);
	return bless { socket => $socket, in => '', raw => '' }, $class;
}

# True if all of it was taken by the kernel, in time.
sub send
{
	my ($self, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';

	while (length $bytes) {
		IO::Select->new($self->{socket})->can_write($TIMEOUT)
		    or return 0;
		my $n = syswrite($self->{socket}, $bytes);
		next if !defined $n && $!{EAGAIN};
		return 0 if !$n;
		substr($bytes, 0, $n, '');
	}
	return 1;
}

# Sends pieces of `size` bytes with a pause (seconds) after each.
sub drip
{
	my ($self, $bytes, $size, $pause) = @_;

	for my $piece (unpack '(a' . ($size || 1) . ')*', $bytes) {
		$self->send($piece) or return 0;
		sleep $pause if $pause;
	}
	return 1;
}

# Reads once; 1 for bytes, 0 for the end, undef for none in time.
sub more
{
	my ($self, $timeout) = @_;

	return 0 if $self->{end};
	IO::Select->new($self->{socket})->can_read($timeout // $TIMEOUT)
	    or return undef;
	my $n = sysread($self->{socket}, my $part, 65536);
	return undef if !defined $n && $!{EAGAIN};
	if (!$n) {
		$self->{end} = defined $n ? 'closed' : 'reset';
		return 0;
	}
	$self->{in} .= $part;
	$self->{raw} .= $part;
	return 1;
}

sub parse_head
{
	my ($head) = @_;
	my ($line, @lines) = split /\r\n/, $head;
	my ($version, $status, $reason) =
	    $line =~ m{^HTTP/(\d\.\d) (\d{3}) ([^\r\n\0]*)$}
	    or die "not a status line: '$line'";
	my %fields;

	for (@lines) {
		/^([!#\$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*$/
		    or die "not a field: '$_'";
		push @{ $fields{lc $1} }, $2;
	}
	return { version => $version, status => $status, reason => $reason,
	    head => $head, fields => \%fields, body => '' };
}

# True once the pattern has come, anywhere in all that was received.
sub has_come
{
	my ($self, $pattern, $timeout) = @_;
	my $until = time + ($timeout // $TIMEOUT);

	until ($self->{raw} =~ $pattern) {
		my $left = $until - time;
		return 0 if $left <= 0 || defined $self->{end};
		$self->more($left);
	}
	return 1;
}

# The next n bytes, or what came of them before the end.
sub take
{
	my ($self, $n) = @_;

	$self->fill($n);
	return substr $self->{in}, 0, $n, '';
}

# True once the buffer begins with n bytes.
sub fill
{
	my ($self, $n) = @_;

	while (length $self->{in} < $n) {
		$self->more or return 0;
	}
	return 1;
}

# What stands before the mark, which is taken too.
sub up_to
{
	my ($self, $mark) = @_;
	my $at;

	while (($at = index $self->{in}, $mark) < 0) {
		$self->more or return undef;
	}
	return substr(substr($self->{in}, 0, $at + length $mark, ''), 0, $at);
}

sub line
{
	my ($self) = @_;

	return $self->up_to("\r\n");
}

sub chunks
{
	my ($self, $r) = @_;

	for (;;) {
		my $size = $self->line;
		defined $size && $size =~ /^([0-9A-Fa-f]{1,15})(?:;.*)?$/
		    or return 0;
		my $n = hex $1;
		last if $n == 0;
		$self->fill($n + 2) or do {
			$r->{body} .= $self->{in};
			return 0;
		};
		$r->{body} .= substr $self->{in}, 0, $n, '';
		$self->{in} =~ s/^\r\n// or return 0;
	}
	while (defined(my $line = $self->line)) {
		return 1 if $line eq '';
		push @{ $r->{trailers} }, $line;
	}
	return 0;
}

# The next response, 1xx included: a hash of version, status, reason, head,
# fields (lower case name => [values]), body, framing, and `broken` if it
# ended too early. undef if none came. head_only: it answers a HEAD. Lines
# of a trailer section are in {trailers}.
sub response
{
	my ($self, %opt) = @_;
	my $r;

	local $TIMEOUT = $opt{timeout} // $TIMEOUT;
	$r = parse_head($self->up_to("\r\n\r\n") // return undef);
	my ($length) = @{ $r->{fields}{'content-length'} || [] };
	if ($opt{head_only} || $r->{status} =~ /^(?:1..|204|304)$/) {
		$r->{framing} = 'none';
	} elsif ($r->{fields}{'transfer-encoding'}) {
		$r->{framing} = 'chunked';
		$r->{broken} = 1 unless $self->chunks($r);
	} elsif (defined $length) {
		$r->{framing} = 'length';
		$r->{broken} = 1 unless $self->fill($length);
		$r->{body} = substr $self->{in}, 0, $length, '';
	} else {
		$r->{framing} = 'close';
		1 while $self->more;
		$r->{body} = $self->{in};
		$self->{in} = '';
		$r->{broken} = 1 if ($self->{end} // '') ne 'closed';
	}
	return $r;
}

# The next final response; the 1xx before it are in {interim}.
sub final
{
	my ($self, %opt) = @_;
	my @interim;

	while (my $r = $self->response(%opt)) {
		if ($r->{status} >= 200) {
			$r->{interim} = \@interim;
			return $r;
		}
		push @interim, $r;
	}
	return undef;
}

# The same, but 101 is final too.
sub final_or_101
{
	my ($self, %opt) = @_;

	while (my $r = $self->response(%opt)) {
		return $r if $r->{status} >= 200 || $r->{status} == 101;
	}
	return undef;
}

# Reads to the end; "closed", "reset", or "open" if it did not come in time.
sub ending
{
	my ($self, $timeout) = @_;
	my $until = time + ($timeout // $TIMEOUT);

	while (!$self->{end} && time < $until) {
		$self->more($until - time);
	}
	return $self->{end} // 'open';
}

sub rest { my ($self) = @_; return $self->{in} }
sub raw { my ($self) = @_; return $self->{raw} }
sub finish_sending { my ($self) = @_; shutdown $self->{socket}, 1; return }

sub close
{
	my ($self) = @_;

	CORE::close $self->{socket};
	return;
}

sub reset
{
	my ($self) = @_;

	setsockopt($self->{socket}, SOL_SOCKET, SO_LINGER,
	    pack('ii', 1, 0));
	return $self->close;
}

# "METHOD target" and fields, "Name: value" each, to a request; a Host and
# a length are added where there are none.
sub request
{
	my ($line, $fields, $body) = @_;
	my @fields = @{ $fields || [] };

	unshift @fields, 'Host: a.test' unless grep /^host:/i, @fields;
	push @fields, 'Content-Length: ' . length $body
	    if defined $body &&
	    !grep /^(?:content-length|transfer-encoding):/i, @fields;
	return join("\r\n", "$line HTTP/1.1", @fields) . "\r\n\r\n" .
	    ($body // '');
}

# One exchange of exact bytes on a connection of its own.
sub ask
{
	my ($address, $bytes, %opt) = @_;
	my $c = Client->new($address, from => $opt{from});

	$c->send($bytes);
	my $r = $c->final(head_only => !!($bytes =~ /^HEAD /), %opt);
	$c->close;
	return $r || { status => 0, head => '', body => '', fields => {},
	    broken => 1 };
}

sub get
{
	my ($address, $target, @fields) = @_;

	return ask($address, request("GET $target", \@fields));
}

# All values of a field in a response (or an echoed request); the first.
sub fields { my ($r, $name) = @_; return @{ $r->{fields}{lc $name} || [] } }
sub field { my ($r, $name) = @_; return (fields($r, $name))[0] }

# Asks `code` until it is true or the seconds are over; what it said last.
sub until_true
{
	my ($code, $seconds) = @_;
	my $until = time + ($seconds // 10);
	my $said;

	until ($said = $code->()) {
		last if time > $until;
		sleep 0.02;
	}
	return $said;
}

1;
