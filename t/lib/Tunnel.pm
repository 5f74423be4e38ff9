# SPDX-License-Identifier: BSD-2-Clause
# Both ends of a tunnel after 101: numbered bytes out, numbered bytes in.
package Tunnel;
use strict;
use warnings;
use Errno ();
use Exporter 'import';
use IO::Select;
use Time::HiRes qw(sleep time);
use Client qw(request);

our @EXPORT_OK = qw(switching accept_tunnel open_tunnel numbers pump);
our @ASKING = ('Connection: Upgrade', 'Upgrade: websocket',
    'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGVzdA==');
my $numbers = join '', map { sprintf "%015d\n", $_ } 1 .. 1 << 16;
my $all = length $numbers;

# The head of a 101, with more fields.
sub switching
{
	return join("\r\n", 'HTTP/1.1 101 Switching Protocols',
	    'Upgrade: websocket', 'Connection: Upgrade', @_) . "\r\n\r\n";
}

# A backend's side: the request's head, once it was answered by 101 (and
# bytes behind it, in the same write). undef at the end of the connection.
sub accept_tunnel
{
	my ($c, $bytes, @fields) = @_;
	my $head = $c->head // return undef;

	$c->send(switching(@fields) . ($bytes // '')) or return undef;
	return $head;
}

# A client's side: the connection, once 101 has come; and what came.
sub open_tunnel
{
	my ($address, $target, %opt) = @_;
	my $c = Client->new($address, rcvbuf => $opt{rcvbuf});

	$c->send(request("GET $target", [ @ASKING, @{ $opt{fields} || [] } ]) .
	    ($opt{bytes} // ''));
	my $r = $c->final_or_101(timeout => $opt{timeout});
	return ($c, $r);
}

# n bytes of the endless row of numbers, from byte `at`.
sub numbers
{
	my ($at, $n) = @_;
	my $part = substr $numbers, $at % $all, $n;

	$part .= substr $numbers, 0, $n - length $part
	    while length $part < $n;
	return $part;
}

# One end: sends `size` numbered bytes in pieces of all lengths, at `rate`
# bytes a second, and compares what comes; stops when all was sent and the
# other's `size` bytes have come, at the end, or after `seconds`. in: what
# has been read already. Returns "sent N, got N, VERDICT": the verdict is
# "right", or what is wrong.
sub pump
{
	my ($socket, %opt) = @_;
	my ($sent, $got) = (0, 0);
	my $in = $opt{in} // '';
	my $began = time;
	my $verdict = '';
	my $both = IO::Select->new($socket);
	local $SIG{PIPE} = 'IGNORE';

	$socket->blocking(0);
	until ($verdict) {
		if (length $in) {
			$verdict = "wrong byte after $got"
			    if $in ne numbers($got, length $in);
			$got += length $in;
			$in = '';
		}
		last if $sent >= $opt{size} && $got >= $opt{size};
		if (time - $began > $opt{seconds}) {
			$verdict = 'no end';
			last;
		}
		my $may = $opt{rate} ? (time - $began) * $opt{rate} : 9**20;
		my $n = $opt{size} - $sent;
		my $piece = 1 + int rand 2 ** (1 + rand 14);
		$n = $piece if $n > $piece;
		if ($n && $sent < $may) {
			my $done = syswrite $socket, numbers($sent, $n);
			if ($done) {
				$sent += $done;
			} elsif (!$!{EAGAIN}) {
				$verdict = "cannot send: $!";
			}
		}
		$both->can_read($sent < $may && $n ? 0 : 0.01) or next;
		my $read = sysread $socket, $in, 65536;
		$in //= '';
		next if $read || !defined $read && $!{EAGAIN};
		last if $sent >= $opt{size} && $got >= $opt{size};
		$verdict ||= defined $read ? 'the end' : "cannot read: $!";
	}
	$verdict ||= $got > $opt{size} ? 'too much' : 'right';
	return "sent $sent, got $got, $verdict";
}

1;
