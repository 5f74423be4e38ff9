# SPDX-License-Identifier: BSD-2-Clause
# A chat over WebSocket (RFC 6455): its page, and its server in one process.
package Chat;
use strict;
use warnings;
use Digest::SHA qw(sha1_base64);
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes ();
use Client ();
use Portico ();

# Opcodes.
use constant { MORE => 0, TEXT => 1, BYTES => 2, CLOSE => 8, PING => 9,
    PONG => 10 };
my @living;

my $PAGE = <<'END';
<!DOCTYPE html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>Chat</title>
<h1>Chat</h1>
<script>
const seen = [];
let socket, sent;

function brief(x)
{
	const bytes = typeof x == 'string' ? new TextEncoder().encode(x) :
	    new Uint8Array(x);
	let sum = 0;

	for (const byte of bytes)
		sum = (sum * 31 + byte) % 1000003;
	return bytes.length + ' ' + sum;
}

function came(x)
{
	if (typeof x != 'string')
		return 'bytes ' + brief(x);
	return x.length > 200 ? 'long text ' + brief(x) : 'text ' + x;
}

function join(name)
{
	socket = new WebSocket('ws://' + location.host + '/chat?' + name);
	socket.binaryType = 'arraybuffer';
	socket.onopen = () => seen.push('open');
	socket.onmessage = e => seen.push(came(e.data));
	socket.onclose = e => seen.push('close ' + e.code + ' ' + e.reason);
}

function sendBytes(n)
{
	const bytes = new Uint8Array(n);

	for (let i = 0, x = n; i < n; i++) {
		x = x * 1103515245 + 12345 & 0x7fffffff;
		bytes[i] = x >> 16;
	}
	socket.send(bytes);
	return 'bytes ' + brief(bytes);
}

function sendLong(n)
{
	const text = 'Gr\u00fc\u00dfe, \u6f22\u5b57! '.repeat(n);

	socket.send(text);
	return 'long text ' + brief(text);
}
</script>
END

# Starts it; what happens is written to a file of lines.
sub start
{
	my ($class) = @_;
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1:0',
	    Listen => 64) or die "listen: $!";
	my $self = bless { dir => Portico::temporary(), owner => $$,
	    port => $listener->sockport }, $class;

	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		$SIG{PIPE} = 'IGNORE';
		open $self->{notes}, '>>', "$self->{dir}/notes" or die $!;
		$self->{notes}->autoflush(1);
		eval { $self->serve($listener, getppid) };
		warn $@ if $@;
		POSIX::_exit(0);
	}
	push @living, $self;
	return $self;
}

sub address { my ($self) = @_; return "127.0.0.1:$self->{port}" }

# The lines of what has happened so far.
sub notes
{
	my ($self) = @_;

	return split /\n/, Portico::slurp("$self->{dir}/notes");
}

# True once something has happened.
sub noted
{
	my ($self, $pattern, $seconds) = @_;

	return Client::until_true(sub { grep { $_ =~ $pattern } $self->notes },
	    $seconds);
}

sub note { my ($self, $line) = @_; print { $self->{notes} } "$line\n" }

sub serve
{
	my ($self, $listener, $parent) = @_;
	my $select = IO::Select->new($listener);

	while (getppid == $parent) { # until the test is killed
		for my $socket ($select->can_read(1)) {
			if ($socket == $listener) {
				my $new = $listener->accept or next;
				$self->{members}{$new} = { socket => $new,
				    in => '', name => '' };
				$select->add($new);
				next;
			}
			my $m = $self->{members}{$socket};
			next if $self->carry($m);
			$self->note("gone $m->{name}") if $m->{name} ne '';
			delete $self->{members}{$socket};
			$select->remove($socket);
			close $socket;
		}
	}
	return;
}

# Reads once and answers whatever is complete; false at the end.
sub carry
{
	my ($self, $m) = @_;

	sysread $m->{socket}, $m->{in}, 262144, length $m->{in} or return 0;
	if ($m->{name} eq '') {
		$m->{in} =~ s/^(.*?\r\n\r\n)//s or return 1;
		$self->answer($m, $1) or return 0;
	}
	while ($m->{name} ne '' && defined(my $frame = cut_frame($m))) {
		$self->frame($m, $frame) or return 0;
	}
	return 1;
}

# A request: for the page, or to become a member.
sub answer
{
	my ($self, $m, $head) = @_;
	my ($target) = $head =~ /^GET (\S+) HTTP/;
	my ($name) = ($target // '') =~ m{^/chat\?(\w+)$};
	my ($key) = $head =~ /^Sec-WebSocket-Key: *(\S+)/mi;

	if (!defined $name) {
		return put($m, "HTTP/1.1 200 OK\r\n" .
		    "Content-Type: text/html\r\n" .
		    'Content-Length: ' . length($PAGE) . "\r\n\r\n$PAGE");
	}
	if (!defined $key || $head !~ /^Upgrade: *websocket\r$/mi ||
	    $head !~ /^Connection:.*\bupgrade\b/mi ||
	    $head !~ /^Sec-WebSocket-Version: *13\r$/mi) {
		$self->note("refused $name");
		return put($m, "HTTP/1.1 400 Bad Request\r\n" .
		    "Content-Length: 0\r\n\r\n");
	}
	$m->{name} = $name;
	$self->note("joined $name");
	return put($m, "HTTP/1.1 101 Switching Protocols\r\n" .
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n" .
	    'Sec-WebSocket-Accept: ' .
	    sha1_base64("${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11") .
	    "=\r\n\r\n");
}

# The next whole frame, unmasked: opcode, last, text. undef: not yet there.
sub cut_frame
{
	my ($m) = @_;

	return undef if length $m->{in} < 2;
	my ($first, $n) = unpack 'CC', $m->{in};
	my $masked = $n & 128;
	my $at = 2;
	$n &= 127;
	if ($n >= 126) {
		$at = $n == 126 ? 4 : 10;
		return undef if length $m->{in} < $at;
		$n = unpack $at == 4 ? 'x2n' : 'x2Q>', $m->{in};
	}
	die 'a frame too long' if $n > 1 << 24;
	return undef if length $m->{in} < $at + ($masked ? 4 : 0) + $n;
	substr $m->{in}, 0, $at, '';
	my $mask = $masked ? substr $m->{in}, 0, 4, '' : '';
	my $text = substr $m->{in}, 0, $n, '';
	$text ^= substr $mask x ($n / 4 + 1), 0, $n if $masked;
	return { opcode => $first & 15, last => $first & 128,
	    masked => $masked, text => $text };
}

sub frame
{
	my ($self, $m, $f) = @_;
	my $opcode = $f->{opcode};

	if (!$f->{masked}) {
		$self->note("unmasked $m->{name}");
		return 0;
	}
	if ($opcode == CLOSE) {
		$self->note(join ' ', 'closed', $m->{name},
		    unpack 'na*', $f->{text});
		put_frame($m, CLOSE, $f->{text}) if !$m->{closing};
		return 0;
	}
	return put_frame($m, PONG, $f->{text}) if $opcode == PING;
	if ($opcode == PONG) {
		$self->note("pong $m->{name} $f->{text}");
		return 1;
	}
	$m->{kind} = $opcode if $opcode != MORE;
	$m->{message} .= $f->{text};
	return 1 if !$f->{last};
	return $self->message($m, $m->{kind}, delete $m->{message});
}

# Bytes go back to who sent them, text to everybody; but a text that begins
# with "/" is an order.
sub message
{
	my ($self, $m, $kind, $text) = @_;

	$self->note("message $m->{name} " . length $text);
	return put_frame($m, BYTES, $text) if $kind == BYTES;
	return $self->obey($m, $1, $2) if $text =~ m{^/(\w+) ?(.*)};
	put_frame($_, TEXT, $text) for grep { $_->{name} ne '' }
	    values %{ $self->{members} };
	return 1;
}

sub obey
{
	my ($self, $m, $order, $what) = @_;

	return put_frame($m, PING, $what) if $order eq 'ping';
	if ($order eq 'leave') {
		$m->{closing} = 1;
		return put_frame($m, CLOSE, pack 'na*', 4001, $what);
	}
	return 0 if $order eq 'vanish';
	my ($n, $size) = split / /, $what; # fragments
	for my $i (1 .. $n) {
		put_frame($m, $i == 1 ? TEXT : MORE,
		    substr("part $i " x $size, 0, $size), $i < $n);
		put_frame($m, PING, "between $i") if $i % 5 == 0;
	}
	return 1;
}

sub put_frame
{
	my ($m, $opcode, $text, $more) = @_;
	my $n = length $text;
	my $head = pack 'C', $opcode | ($more ? 0 : 128);

	$head .= $n < 126 ? pack 'C', $n : $n < 65536 ? pack 'Cn', 126, $n :
	    pack 'CQ>', 127, $n;
	return put($m, $head . $text);
}

# Writes all of it, however long that takes.
sub put
{
	my ($m, $bytes) = @_;

	for (my $at = 0; $at < length $bytes;) {
		my $n = syswrite $m->{socket}, $bytes, length($bytes) - $at, $at;

		return 0 if !$n;
		$at += $n;
	}
	return 1;
}

sub stop
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{owner} != $$;
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
	return;
}

# A second signal must not end the cleaning up.
END {
	local $?;
	local @SIG{qw(INT TERM HUP ALRM)} = ('IGNORE') x 4;
	$_->stop for @living;
}

1;
