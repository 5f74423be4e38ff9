# SPDX-License-Identifier: BSD-2-Clause
# A web server for tests of caches: what it answers, and when, is said path by
# path while it runs, and it knows what it was asked for.
package CacheOrigin;
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC IPPROTO_TCP TCP_NODELAY
    SOL_SOCKET SO_LINGER);
use Storable qw(freeze thaw);
use Time::HiRes qw(time);

my @living;

# One process carries all connections, so its answers come in the order in
# which it was asked.
sub new
{
	my ($class) = @_;
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
	    LocalPort => 0, Listen => 1024, ReuseAddr => 1) or die "$!";

	socketpair(my $ours, my $its, AF_UNIX, SOCK_STREAM, PF_UNSPEC)
	    or die "$!";
	my $self = bless { owner => $$, control => $ours,
	    port => $listener->sockport }, $class;
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		CORE::close $ours;
		open STDOUT, '>', '/dev/null';
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
		$SIG{PIPE} = 'IGNORE';
		eval { serve({ listener => $listener, control => $its,
		    answers => {}, asked => {}, released => {},
		    connections => {} }) };
		warn $@ if $@;
		POSIX::_exit(0);
	}
	CORE::close $its;
	CORE::close $listener;
	push @living, $self;
	return $self;
}

sub address { my ($self) = @_; return "127.0.0.1:$self->{port}" }

# What is answered to requests for the path (or target) from now on: one after
# the other, the last one again and again. An answer is a string, or a list of
# strings and of [ 'hold', NAME ] (until release), [ 'pause', seconds ],
# [ 'close' ], [ 'reset' ]; or { if => pattern of a request, then => answer,
# else => answer }.
sub answers { my ($self, $path, @answers) = @_;
	return $self->order('answers', $path, @answers) }

# The heads of the requests for the path until now.
sub asked { my ($self, $path) = @_;
	return @{ $self->order('asked', $path) } }

# Lets all answers go on that are held by that name, now and later.
sub release { my ($self, $name) = @_; return $self->order('release', $name) }

# No connection is taken any more, those that there are are cut; up ends it.
sub down { my ($self) = @_; return $self->order('down') }
sub up { my ($self) = @_; return $self->order('up') }

sub order
{
	my ($self, @order) = @_;

	die 'not from a child' if $self->{owner} != $$;
	put($self->{control}, \@order);
	my $said = take($self->{control}) // die 'the origin has ended';
	return $said->[0];
}

sub put
{
	my ($to, $what) = @_;
	my $bytes = freeze($what);

	$bytes = pack('N', length $bytes) . $bytes;
	while (length $bytes) {
		my $n = syswrite $to, $bytes or return;
		substr $bytes, 0, $n, '';
	}
	return;
}

sub take
{
	my ($from) = @_;
	my $head = exactly($from, 4) // return undef;

	return thaw(exactly($from, unpack 'N', $head) // return undef);
}

sub exactly
{
	my ($from, $n) = @_;
	my $bytes = '';

	while (length $bytes < $n) {
		sysread $from, $bytes, $n - length $bytes, length $bytes
		    or return undef;
	}
	return $bytes;
}

# ---- In its process ----

sub serve
{
	my ($s) = @_;

	for (;;) {
		my @all = values %{ $s->{connections} };
		my @soon = sort { $a <=> $b } grep { defined }
		    map { $_->{until} } @all;
		my ($r, $w) = IO::Select::select(
		    IO::Select->new($s->{control},
			$s->{listener} // (), map { $_->{socket} } @all),
		    IO::Select->new(map { $_->{socket} }
			grep { length $_->{out} } @all), undef,
		    @soon ? ($soon[0] > time ? $soon[0] - time : 0) : 30);
		for my $fh (@{ $r || [] }) {
			if ($fh == $s->{control}) {
				obey($s) or return;
			} elsif ($s->{listener} && $fh == $s->{listener}) {
				greet($s);
			} elsif (my $c = $s->{connections}{$fh}) {
				hear($s, $c);
			}
		}
		go_on($s, $_) for values %{ $s->{connections} };
	}
}

sub obey
{
	my ($s) = @_;
	my ($what, $name, @more) = @{ take($s->{control}) // return 0 };
	my $said = 1;

	if ($what eq 'answers') {
		$s->{answers}{$name} = \@more;
	} elsif ($what eq 'asked') {
		$said = $s->{asked}{$name} || [];
	} elsif ($what eq 'release') {
		$s->{released}{$name} = 1;
	} elsif ($what eq 'down') {
		$s->{port} //= $s->{listener}->sockport;
		CORE::close delete $s->{listener} if $s->{listener};
		end($s, $_) for values %{ $s->{connections} };
	} else {
		$s->{listener} //= IO::Socket::INET->new(
		    LocalAddr => '127.0.0.1', LocalPort => $s->{port},
		    Listen => 1024, ReuseAddr => 1) // die "listen: $!";
	}
	put($s->{control}, [ $said ]);
	return 1;
}

sub greet
{
	my ($s) = @_;
	my $socket = $s->{listener}->accept or return;

	$socket->blocking(0);
	setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);
	$s->{connections}{$socket} = { socket => $socket, in => '',
	    out => '', left => [] };
	return;
}

sub end
{
	my ($s, $c, $reset) = @_;

	setsockopt($c->{socket}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0))
	    if $reset;
	delete $s->{connections}{ $c->{socket} };
	CORE::close $c->{socket};
	return;
}

sub hear
{
	my ($s, $c) = @_;
	my $n = sysread $c->{socket}, $c->{in}, 65536, length $c->{in};

	end($s, $c) if defined $n ? !$n : !$!{EAGAIN};
	return;
}

# Writes, goes on with the answer, takes the next request; as far as it can.
sub go_on
{
	my ($s, $c) = @_;

	while ($s->{connections}{ $c->{socket} }) {
		if (length $c->{out}) {
			my $n = syswrite $c->{socket}, $c->{out};

			return end($s, $c) if !$n && !$!{EAGAIN};
			substr $c->{out}, 0, $n // 0, '';
			return if length $c->{out};
		}
		if (@{ $c->{left} }) {
			step($s, $c) or return;
		} elsif (defined(my $request = request_of($c))) {
			choose($s, $c, $request);
		} else {
			return;
		}
	}
	return;
}

# One piece of the answer; false: not yet, or it was the end.
sub step
{
	my ($s, $c) = @_;
	my ($what, $more) = ref $c->{left}[0] ? @{ $c->{left}[0] } :
	    ('send', $c->{left}[0]);

	if ($what eq 'send') {
		$c->{out} .= $more;
	} elsif ($what eq 'hold') {
		return 0 if !$s->{released}{$more};
	} elsif ($what eq 'pause') {
		$c->{until} //= time + $more;
		return 0 if time < $c->{until};
		delete $c->{until};
	} else {
		end($s, $c, $what eq 'reset');
		return 0;
	}
	shift @{ $c->{left} };
	return 1;
}

# The head of the next request that has come whole, or undef.
sub request_of
{
	my ($c) = @_;
	my $at = index $c->{in}, "\r\n\r\n";
	my $n = $at + 4;

	return undef if $at < 0;
	my $head = substr $c->{in}, 0, $n;
	if ($head =~ /^Content-Length: *(\d+)/mi) {
		$n += $1;
		return undef if length $c->{in} < $n;
	} elsif ($head =~ /^Transfer-Encoding:/mi) {
		my $end = index $c->{in}, "\r\n0\r\n\r\n", $at;

		return undef if $end < 0;
		$n = $end + 7;
	}
	substr $c->{in}, 0, $n, '';
	return $head;
}

sub choose
{
	my ($s, $c, $request) = @_;
	my ($method, $path) = $request =~ /^(\S+) (\S+)/;
	my $answers = $s->{answers}{$path} || [
	    "HTTP/1.1 404 Not Found\r\nCache-Control: no-store\r\n" .
	    "Content-Length: 0\r\n\r\n" ];
	my $answer = @$answers > 1 ? shift @$answers : $answers->[0];

	push @{ $s->{asked}{$path} }, $request;
	while (ref $answer eq 'HASH') {
		$answer = $answer->{ $request =~ /$answer->{if}/mi ?
		    'then' : 'else' };
	}
	my @pieces = ref $answer ? @$answer : $answer;
	@pieces = map { ref $_ ? $_ : s/\r\n\r\n.*/\r\n\r\n/sr } @pieces
	    if $method eq 'HEAD';
	$c->{left} = \@pieces;
	return;
}

END {
	local $?;
	for my $o (grep { $_->{owner} == $$ } @living) {
		kill 'KILL', $o->{pid};
		waitpid $o->{pid}, 0;
	}
}

1;
