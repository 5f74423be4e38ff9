# SPDX-License-Identifier: BSD-2-Clause
# A FastCGI application that tells its web server what the server read.
package Application;
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX ();
use Reader qw(reading);

# Types of records.
my ($BEGIN, $END, $PARAMS, $IN, $OUT) = (1, 3, 4, 5, 6);

# At a path of the file system; a child for each connection.
sub new
{
	my ($class, $path) = @_;
	my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 128)
	    or die "$path: $!";
	my $parent = $$;
	my $self = bless { owner => $$ }, $class;

	chmod 0777, $path;
	$self->{pid} = fork // die "fork: $!";
	return $self if $self->{pid};
	POSIX::setpgid(0, 0);
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
	$SIG{CHLD} = $SIG{PIPE} = 'IGNORE';
	alarm 0;
	while (getppid == $parent) {
		my $ready = '';
		vec($ready, fileno $listener, 1) = 1;
		next if select($ready, undef, undef, 1) <= 0;
		my $socket = $listener->accept or next;
		next if fork;
		answer_all($socket);
		POSIX::_exit(0);
	}
	POSIX::_exit(0);
}

# Until the server hangs up or does not want the connection kept.
sub answer_all
{
	my ($socket) = @_;
	my ($params, $body, $keep) = ('', '', 0);

	while ((read($socket, my $head, 8) // 0) == 8) {
		my ($type, $id, $n, $padding) = unpack 'x C n n C', $head;
		my $content = '';

		read $socket, $content, $n if $n;
		read $socket, my $nothing, $padding if $padding;
		if ($type == $BEGIN) {
			($params, $body) = ('', '');
			$keep = unpack('x2 C', $content) & 1;
		} elsif ($type == $PARAMS) {
			$params .= $content;
		} elsif ($type == $IN && $n > 0) {
			$body .= $content;
		} elsif ($type == $IN) {
			syswrite $socket, answer($id, pairs($params), $body);
			return if !$keep;
		}
	}
	return;
}

sub pairs
{
	my ($bytes) = @_;
	my %pairs;

	while (length $bytes) {
		my @n;

		for my $i (0, 1) {
			$n[$i] = unpack 'C', $bytes;
			$n[$i] = unpack('N', $bytes) & 0x7fffffff
			    if $n[$i] > 127;
			substr($bytes, 0, $n[$i] > 127 ? 4 : 1) = '';
		}
		my $name = substr $bytes, 0, $n[0], '';
		$pairs{$name} = substr $bytes, 0, $n[1], '';
	}
	return \%pairs;
}

sub answer
{
	my ($id, $p, $body) = @_;
	my ($method, $target, $host, $client) = map { $_ // '' }
	    @$p{qw(REQUEST_METHOD REQUEST_URI HTTP_HOST
	    HTTP_X_FORWARDED_FOR)};
	my $text = "Status: 200 OK\r\nContent-Length: 0\r\nX-Reading: " .
	    reading($method, $target, $host, $body, $client) . "\r\n\r\n";

	return join '', map { pack 'C C n n C x a*', 1, $_->[0], $id,
	    length $_->[1], 0, $_->[1] } [ $OUT, $text ], [ $OUT, '' ],
	    [ $END, "\0" x 8 ];
}

sub DESTROY
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{owner} != $$;
	local $?;
	kill 'KILL', -$self->{pid}, $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

1;
