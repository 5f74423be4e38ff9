# SPDX-License-Identifier: BSD-2-Clause
# Web servers that do exactly what a test says, and record what they got.
package Backend;
use strict;
use warnings;
use Exporter 'import';
use Fcntl qw(O_WRONLY O_APPEND O_CREAT);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::IP;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER SOMAXCONN);
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(plain chunked echoed parsed);
my @living;

# script: a string (the answer to every request), 'echo' (the application
# below), a hash of target => string or code (called with connection and
# request; false ends the connection), or code that is called with a
# Backend::Connection, in a child of its own for each connection.
# at: "127.0.0.1:0" (default), "[::1]:0", "unix:/path". connection: a class
# below Backend::Connection.
sub new
{
	my ($class, $script, %opt) = @_;
	my $dir = tempdir(CLEANUP => 1);
	my $at = $opt{at} // '127.0.0.1:0';
	my $listener = listen_at($at);
	my $name = $opt{name} // 'backend';
	my $self = bless { dir => $dir, owner => $$, name => $name,
	    connection => $opt{connection} // 'Backend::Connection' }, $class;

	$self->{address} = $at =~ /^unix:/ ? $at :
	    $at =~ s/:\d+$/':' . $listener->sockport/er;
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		POSIX::setpgid(0, 0);
		open STDOUT, '>', '/dev/null';
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
		$SIG{CHLD} = 'IGNORE';
		eval { $self->accept_all($listener, $script) };
		warn $@ if $@;
		POSIX::_exit(0);
	}
	POSIX::setpgid($self->{pid}, 0);
	push @living, $self;
	return $self;
}

sub listen_at
{
	my ($at) = @_;

	if ($at =~ /^unix:(.*)/) {
		my $s = IO::Socket::UNIX->new(Local => $1, Listen => 128)
		    or die "$at: $!";
		chmod 0777, $1;
		return $s;
	}
	my ($host, $port) = $at =~ /^\[?(.*?)\]?:(\d+)$/;
	return IO::Socket::IP->new(LocalHost => $host, LocalPort => $port,
	    Listen => 512, ReuseAddr => 1) // die "$at: $@";
}

sub accept_all
{
	my ($self, $listener, $script) = @_;
	my $name = $self->{name};
	my $code = ref $script eq 'HASH' ? sub { by_target($_[0], $script) } :
	    ref $script ? $script :
	    $script eq 'echo' ? sub { echo($_[0], $name) } :
	    sub { always($_[0], $script) };

	my $parent = getppid;

	for (my $number = 1;; $number++) {
		until (IO::Select->new($listener)->can_read(2)) {
			return if getppid != $parent; # the test was killed
		}
		my $socket = $listener->accept or do { $number--; next };
		my $pid = fork // die "fork: $!";

		if ($pid == 0) {
			CORE::close $listener;
			my $c = $self->{connection}->new($socket, $number,
			    $self->{dir});
			eval { $code->($c) } if $c;
			warn $@ if $@;
			$c->end if $c;
			CORE::close $socket;
			POSIX::_exit(0);
		}
		CORE::close $socket;
	}
}

sub always
{
	my ($c, $answer) = @_;

	while (defined $c->request) {
		$c->send($answer) or return;
	}
	return;
}

sub by_target
{
	my ($c, $answers) = @_;

	while (defined(my $r = $c->request)) {
		my ($target) = $r =~ /^\S+ (\S+)/;
		my $answer = $answers->{$target} //
		    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

		(ref $answer ? $answer->($c, $r) : $c->send($answer))
		    or return;
	}
	return;
}

# Answers with the request itself as text, with a field X-Backend.
sub echo
{
	my ($c, $name) = @_;

	while (defined(my $r = $c->request)) {
		my ($head, $body) = split /\r\n\r\n/, $r, 2;
		$head =~ s/\r\n/\n/g;
		my $text = "$head\n\n$c->{body}";
		$c->send(plain($head =~ /^HEAD / ? \$text : $text,
		    "X-Backend: $name")) or return;
	}
	return;
}

# What the echo application saw: method, target, version, fields, body.
sub echoed
{
	my ($r) = @_;
	my ($head, $body) = split /\n\n/, $r->{body}, 2;
	my ($line, @lines) = split /\n/, $head // '';
	my ($method, $target, $version) = split / /, $line // '';
	my %fields;

	for (@lines) {
		my ($name, $value) = /^(.*?): ?(.*)$/ or next;
		push @{ $fields{lc $name} }, $value;
	}
	return { method => $method, target => $target, version => $version,
	    fields => \%fields, body => $body, head => $head };
}

# A 200 with a length; a reference to a body gives its length alone.
sub plain
{
	my ($body, @fields) = @_;
	my $text = ref $body ? $$body : $body;

	return join("\r\n", 'HTTP/1.1 200 OK',
	    'Content-Length: ' . length $text, @fields) . "\r\n\r\n" .
	    (ref $body ? '' : $text);
}

# A 200 with each part as a chunk.
sub chunked
{
	return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .
	    join('', map { sprintf "%x\r\n%s\r\n", length, $_ } @_) .
	    "0\r\n\r\n";
}

sub address { my ($self) = @_; return $self->{address} }
sub port { my ($self) = @_; return $self->{address} =~ /:(\d+)$/ ? $1 : 0 }

sub slurp
{
	my ($path) = @_;

	open my $f, '<:raw', $path or return '';
	local $/;
	return <$f> // '';
}

# Raw bytes of each connection, in the order in which they were accepted.
sub received
{
	my ($self) = @_;

	return map { slurp($_->[1]) } sort { $a->[0] <=> $b->[0] }
	    map { [ /(\d+)$/, $_ ] } glob "$self->{dir}/raw.*";
}

# The fields of a raw request, as Client::field wants them.
sub parsed
{
	my ($raw) = @_;
	my ($line, @lines) = split /\r\n/, $raw =~ s/\r\n\r\n.*//sr;
	my ($method, $target, $version) = split / /, $line // '';
	my %fields;

	/^(.*?): ?(.*)$/ and push @{ $fields{lc $1} }, $2 for @lines;
	return { method => $method, target => $target, version => $version,
	    fields => \%fields, head => join "\n", $line // '', @lines };
}

sub connections { my ($self) = @_; return scalar(() = $self->received) }

# The complete requests of all connections, in the order of their ends.
sub requests
{
	my ($self) = @_;
	my $all = slurp("$self->{dir}/requests");
	my @requests;

	while ($all =~ s/^(\d+)\n//) {
		push @requests, substr $all, 0, $1, '';
	}
	return @requests;
}

# Forgets what was recorded until now.
sub clear
{
	my ($self) = @_;

	unlink glob("$self->{dir}/raw.*"), "$self->{dir}/requests";
	return;
}

sub stop
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{owner} != $$;
	kill 'KILL', -$self->{pid};
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
	return;
}

END {
	local $?;
	$_->stop for @living;
}

package Backend::Connection;
use IO::Select;

sub new
{
	my ($class, $socket, $number, $dir) = @_;
	my $self = bless { socket => $socket, number => $number,
	    dir => $dir, in => '' }, $class;

	setsockopt($socket, Socket::IPPROTO_TCP(), Socket::TCP_NODELAY(), 1);
	$self->record("raw.$number", '');
	return $self;
}

sub number { my ($self) = @_; return $self->{number} }
sub end { return }

sub record
{
	my ($self, $file, $bytes) = @_;

	sysopen my $f, "$self->{dir}/$file",
	    Fcntl::O_WRONLY() | Fcntl::O_APPEND() | Fcntl::O_CREAT()
	    or die "$file: $!";
	syswrite $f, $bytes;
	return;
}

# Reads once and records; false at the end or after 60 s.
sub more
{
	my ($self) = @_;

	IO::Select->new($self->{socket})->can_read(60) or return 0;
	my $n = sysread $self->{socket}, my $part, 65536 or return 0;
	$self->record("raw.$self->{number}", $part);
	$self->{in} .= $part;
	return 1;
}

# The raw head of the next request, or undef at the end.
sub head
{
	my ($self) = @_;

	return $self->cut(qr/^.*?\r\n\r\n/s);
}

# The next request, raw; its body, out of its chunks, is in {body}, and the
# lines of its trailer section in {trailers}.
sub request
{
	my ($self) = @_;
	my $head = $self->head // return undef;
	my $raw = '';

	$self->{body} = '';
	$self->{trailers} = [];
	if ($head =~ /^Transfer-Encoding:.*chunked/mi) {
		for (;;) {
			my $size = $self->cut(qr/^.*?\r\n/s) // return undef;
			$raw .= $size;
			my $n = $size =~ /^([0-9a-f]{1,8})\b/i ? hex $1 : 0;
			last if $n == 0;
			$raw .= $self->cut(undef, $n + 2)
			    // return undef;
			$self->{body} .= substr $raw, -$n - 2, $n;
		}
		my $end = $self->cut(qr/^(?:\r\n|.*?\r\n\r\n)/s)
		    // return undef;
		$self->{trailers} = [ split /\r\n/, $end ];
		$raw .= $end;
	} elsif ($head =~ /^Content-Length: *(\d+)/mi) {
		while (length $self->{in} < $1) {
			$self->more or return undef;
		}
		$raw = $self->{body} = substr $self->{in}, 0, $1, '';
	}
	$self->record('requests', length($head . $raw) . "\n$head$raw");
	return $head . $raw;
}

sub cut
{
	my ($self, $pattern, $n) = @_;

	for (;;) {
		if (defined $n) {
			return substr $self->{in}, 0, $n, ''
			    if length $self->{in} >= $n;
		} elsif ($self->{in} =~ s/($pattern)//) {
			return $1;
		}
		$self->more or return undef;
	}
}

sub send
{
	my ($self, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';

	while (length $bytes) {
		my $n = syswrite $self->{socket}, $bytes or return 0;
		substr $bytes, 0, $n, '';
	}
	return 1;
}

sub drip
{
	my ($self, $bytes, $size, $pause) = @_;

	for (unpack '(a' . ($size || 1) . ')*', $bytes) {
		$self->send($_) or return 0;
		Time::HiRes::sleep($pause) if $pause;
	}
	return 1;
}

# Records whatever comes until the peer closes.
sub drain { my ($self) = @_; 1 while $self->more; return }
sub finish_sending { my ($self) = @_; shutdown $self->{socket}, 1; return }

sub reset
{
	my ($self) = @_;

	setsockopt($self->{socket}, Socket::SOL_SOCKET(),
	    Socket::SO_LINGER(), pack('ii', 1, 0));
	CORE::close $self->{socket};
	return;
}

1;
