# SPDX-License-Identifier: BSD-2-Clause
# The backend that keeps every byte of what Portico writes to it.
package Recorder;
use strict;
use warnings;
use IO::Socket::INET;
use POSIX ();
use Portico ();
use Reader qw(read_request);

# Who reads these behind the body may decide anew (RFC 9110, 6.5.1).
my %FORBIDDEN = map { $_ => 1 } qw(host content-length transfer-encoding
    connection trailer te expect authorization x-forwarded-for forwarded);

# A child of its own. Records go to a file, read by records().
sub new
{
	my ($class) = @_;
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
	    LocalPort => 0, Listen => 512) or die "recorder: $!";
	my $self = bless { owner => $$, file => Portico::temporary() .
	    '/records', address => '127.0.0.1:' . $listener->sockport },
	    $class;

	$self->{pid} = fork // die "fork: $!";
	return $self if $self->{pid};
	$SIG{$_} = 'DEFAULT' for qw(INT HUP);
	$SIG{PIPE} = 'IGNORE';
	alarm 0;
	eval { record($listener, $self->{file}) };
	warn $@ if $@;
	POSIX::_exit($@ ? 1 : 0);
}

sub address { my ($self) = @_; return $self->{address} }

my ($out, %streams, $given, $ended);

sub record
{
	my ($listener, $file) = @_;
	my $parent = getppid;

	open $out, '>:raw', $file or die "$file: $!";
	$SIG{TERM} = sub { $ended = 1 };
	my $asked = '';
	vec($asked, fileno $listener, 1) = 1;
	until ($ended) {
		my $ready = $asked;
		my $n = select $ready, undef, undef, 0.5;
		return if getppid != $parent;
		next if $n <= 0;
		if (vec($ready, fileno $listener, 1)) {
			my $socket = $listener->accept or next;
			$streams{fileno $socket} = { socket => $socket,
			    in => '' };
			vec($asked, fileno $socket, 1) = 1;
		}
		for my $fd (grep { vec($ready, $_, 1) } keys %streams) {
			next if receive($streams{$fd});
			vec($asked, $fd, 1) = 0;
			cut_short(delete $streams{$fd});
		}
	}
	cut_short($_) for values %streams;
	close $out or die "$file: $!";
	return;
}

sub receive
{
	my ($s) = @_;

	return 0 if !sysread $s->{socket}, $s->{in}, 262144, length $s->{in};
	my ($at, $answers) = (0, '');
	while ($at < length $s->{in}) {
		my $r = read_request(\$s->{in}, $at);
		last if $r->{kind} eq 'more'
		    && length($s->{in}) - $at < 8e6;
		my $wrong = $r->{kind} eq 'whole' ? unlawful($r, $at) :
		    "cannot be read: $r->{why}";
		if (defined $wrong) {
			note('fault', 0, $wrong, substr $s->{in}, $at);
			return 0;
		}
		note('whole', ++$given, client_of($r),
		    substr $s->{in}, $at, $r->{next} - $at);
		$answers .= "HTTP/1.1 200 OK\r\nX-Reading: $given\r\n" .
		    "Content-Length: 0\r\n\r\n";
		$at = $r->{next};
	}
	substr($s->{in}, 0, $at) = '';
	return $answers eq '' ||
	    defined syswrite $s->{socket}, $answers;
}

sub client_of
{
	my ($r) = @_;

	return join ',', @{ $r->{fields}{'x-forwarded-for'} // [] };
}

# What a lawful proxy never sends, though it can be read.
sub unlawful
{
	my ($r, $at) = @_;

	return 'an empty line before it' if $r->{at} != $at;
	return 'HTTP/1.0' if $r->{minor} == 0;
	return 'absolute-form' if defined $r->{authority};
	return 'not one X-Forwarded-For of an address'
	    if client_of($r) !~ /^127\.\d+\.\d+\.\d+$/;
	my ($trailer) = grep { $FORBIDDEN{lc s/:.*//sr} }
	    @{ $r->{trailers} };
	return "a trailer that none may be: $trailer" if defined $trailer;
	return undef;
}

# Portico closed in the middle of a request.
sub cut_short
{
	my ($s) = @_;

	return if $s->{in} eq '';
	my ($client) = $s->{in} =~ /^X-Forwarded-For: ([\d.]+)\r$/m;
	note('cut', 0, $client // '', $s->{in});
	return;
}

sub note
{
	my ($kind, @fields) = @_;

	print $out pack 'N/a* N N/a* N/a*', $kind, @fields;
	return;
}

# Ends it, and calls code with each of its records: kind ("whole", "fault",
# "cut"), number of the reading, client's address (or what is wrong), bytes.
sub records
{
	my ($self, $code) = @_;

	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	die 'the recorder failed' if $? != 0;
	delete $self->{pid};
	open my $in, '<:raw', $self->{file} or die "$self->{file}: $!";
	my $next = sub {
		read($in, my $n, 4) == 4 or return undef;
		read $in, my $text, unpack('N', $n);
		return $text;
	};
	while (defined(my $kind = $next->())) {
		read $in, my $number, 4;
		my ($client, $bytes) = ($next->(), $next->());
		$code->($kind, unpack('N', $number), $client, $bytes);
	}
	return;
}

sub DESTROY
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{owner} != $$;
	local $?;
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

1;
