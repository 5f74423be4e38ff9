# SPDX-License-Identifier: BSD-2-Clause
# Sends each case on a connection of its own, and reads what is answered.
package Sender;
use strict;
use warnings;
use Errno ();
use Exporter 'import';
use Mutations qw(make_case);
use Reader qw(read_all reading);
use Socket qw(:DEFAULT IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

our @EXPORT_OK = qw(send_cases case_of);

my $AT_ONCE = 64;
our $LIMIT = 10;    # seconds without an answer, or an end
my $QUIET = 0.3;    # seconds after which a spoiled request may be given up

# A client address for each case, so that X-Forwarded-For tells whose a
# request is, whatever became of its bytes.
sub address_of
{
	my ($number) = @_;

	return pack 'N', 0x7f010000 + $number;
}

# The case of an address, undef if it is none's.
sub case_of
{
	my ($text) = @_;
	my $packed = $text =~ /^[\d.]+$/ ? inet_aton($text) : undef;
	my $number = defined $packed ? unpack('N', $packed) - 0x7f010000 : -1;

	return $number >= 0 ? $number : undef;
}

# Runs cases 0 .. count - 1 of a run against "host:port". For each: {sent}
# what was sent, [ reading, may a proxy answer it itself ] each, {end} how
# that ends, {answers} in order, numbers of readings or "=STATUS" of Portico's
# own, {close} "close", "reset" or "late", {odd} if one cannot be read.
sub send_cases
{
	my ($address, $run, $count) = @_;
	my ($host, $port) = $address =~ /^(.*):(\d+)$/;
	my $to = pack_sockaddr_in($port, inet_aton($host));
	my ($next, @outcomes, %active) = (0);
	local $SIG{PIPE} = 'IGNORE';

	while ($next < $count || %active) {
		while ($next < $count && keys %active < $AT_ONCE) {
			my $c = open_case($to, $run, $next++);
			$active{fileno $c->{socket}} = $c;
		}
		turn(\%active);
		for my $fd (grep { $active{$_}{close} } keys %active) {
			my $c = delete $active{$fd};
			$outcomes[$c->{number}] = outcome($c);
		}
	}
	return \@outcomes;
}

sub open_case
{
	my ($to, $run, $number) = @_;
	my ($bytes, $pieces) = make_case($run, $number);
	my ($requests, $end) = read_all(\$bytes);

	socket my $s, PF_INET, SOCK_STREAM, 0 or die "socket: $!";
	bind $s, pack_sockaddr_in(0, address_of($number)) or die "bind: $!";
	setsockopt $s, IPPROTO_TCP, TCP_NODELAY, 1;
	connect $s, $to or die "connect: $!";
	$s->blocking(0);
	return { number => $number, socket => $s, bytes => $bytes, at => 0,
	    stops => [ @$pieces, length $bytes ], in => '', since => time,
	    end => $end, answered => 0, sent => [ map {
	    [ reading(@$_{qw(method target host body)}), ends_here($_) ]
	    } @$requests ] };
}

# Is it a proxy's own to answer (RFC 9110, 7.6.2)?
sub ends_here
{
	my ($r) = @_;

	return $r->{method} =~ /^(?:OPTIONS|TRACE)$/ &&
	    join(',', @{ $r->{fields}{'max-forwards'} // [] }) =~ /^0+$/;
}

# One look at all connections.
sub turn
{
	my ($active) = @_;
	my ($read, $write) = ('', '');

	for my $c (values %$active) {
		vec($read, fileno $c->{socket}, 1) = 1;
		vec($write, fileno $c->{socket}, 1) = 1 if @{ $c->{stops} };
	}
	select $read, $write, undef, 0.05;
	my $now = time;
	for my $c (values %$active) {
		my $fd = fileno $c->{socket};

		send_piece($c) if vec($write, $fd, 1);
		receive($c, $now) if vec($read, $fd, 1);
		look_at_clock($c, $now) if !$c->{close};
	}
	return;
}

sub send_piece
{
	my ($c) = @_;
	my $n = syswrite $c->{socket}, $c->{bytes},
	    $c->{stops}[0] - $c->{at}, $c->{at};

	if (!defined $n) {
		$c->{stops} = [] if !$!{EAGAIN};
		return;
	}
	$c->{at} += $n;
	shift @{ $c->{stops} } while @{ $c->{stops} }
	    && $c->{stops}[0] <= $c->{at};
	return;
}

my $FINAL = qr/^HTTP\/1\.[01] (?!1\d\d)\d\d\d /m;

sub receive
{
	my ($c, $now) = @_;
	my $n = sysread $c->{socket}, $c->{in}, 65536, length $c->{in};

	return if !defined $n && $!{EAGAIN};
	$c->{since} = $now;
	$c->{close} = defined $n ? 'close' : 'reset' if !$n;
	$c->{answered} = () = $c->{in} =~ /$FINAL/g;
	return;
}

# The end of our sending is not told before all is answered that can be: it
# might be taken as a client who left.
sub look_at_clock
{
	my ($c, $now) = @_;

	if ($now - $c->{since} > $LIMIT) {
		$c->{close} = 'late';
	} elsif (!$c->{finished} && !@{ $c->{stops} }
	    && $c->{answered} >= @{ $c->{sent} }
	    && ($c->{end} ne 'bad' || $now - $c->{since} > $QUIET)) {
		shutdown $c->{socket}, 1;
		$c->{finished} = 1;
		$c->{since} = $now;
	}
	return;
}

sub outcome
{
	my ($c) = @_;
	my ($answers, $odd) = read_answers($c->{in});

	close $c->{socket};
	$odd = undef if $c->{close} eq 'reset';
	return { sent => $c->{sent}, end => $c->{end}, answers => $answers,
	    odd => $odd, close => $c->{close} };
}

my $ANSWER = qr/\GHTTP\/1\.1 (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/;

sub read_answers
{
	my ($in) = @_;
	my @answers;

	pos($in) = 0;
	while (pos $in < length $in) {
		$in =~ /$ANSWER/gc
		    or return (\@answers, substr $in, pos $in, 80);
		my ($status, $fields) = ($1, $2);
		next if $status < 200;
		if ($fields =~ /^X-Reading: (\d+)\r$/m) {
			push @answers, $1;
			next;
		}
		push @answers, "=$status";
		my ($n) = $fields =~ /^Content-Length: (\d+)\r$/m;
		# none in an answer to HEAD
		pos($in) += $n if $in =~ /\G(?=<!DOCTYPE html>)/gc
		    && length($in) >= pos($in) + ($n // 0);
	}
	return (\@answers, undef);
}

1;
