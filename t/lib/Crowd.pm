# SPDX-License-Identifier: BSD-2-Clause
# Many clients that ask for the same at once, each on a connection of its own.
package Crowd;
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_RCVTIMEO);
use Client ();

# n clients that have sent the request (with its Connection: close) and wait.
sub new
{
	my ($class, $address, $n, $request, %opt) = @_;
	my $self = bless { clients => [] }, $class;

	for (1 .. $n) {
		my $s = IO::Socket::INET->new(PeerAddr => $address) or
		    die "client $_: $!";
		setsockopt($s, SOL_SOCKET, SO_RCVTIMEO,
		    pack('l!l!', $opt{seconds} // 30, 0));
		binmode $s;
		my $bytes = ref $request ? $request->($_) : $request;
		syswrite($s, $bytes) == length $bytes or die "send: $!";
		push @{ $self->{clients} }, { socket => $s, in => '' };
	}
	return $self;
}

sub clients { my ($self) = @_; return @{ $self->{clients} } }

# Reads until each has what the code wants of its bytes; how many have.
sub have
{
	my ($self, $code) = @_;
	my $n = 0;

	for my $c ($self->clients) {
		while (!$code->($c->{in})) {
			sysread $c->{socket}, $c->{in}, 262144,
			    length $c->{in} or last;
		}
		$n++ if $code->($c->{in});
	}
	return $n;
}

# The first ones leave.
sub leave
{
	my ($self, $n) = @_;

	close $_->{socket} for splice @{ $self->{clients} }, 0, $n;
	return;
}

# All that came, to the ends: "STATUS BODY", with the body out of its chunks;
# "cut" where less came than its framing says; and how often.
sub answers
{
	my ($self) = @_;
	my %seen;

	for my $c ($self->clients) {
		1 while sysread $c->{socket}, $c->{in}, 262144,
		    length $c->{in};
		$seen{ answer_of($c->{in}) }++;
		close $c->{socket};
	}
	return \%seen;
}

sub answer_of
{
	my ($in) = @_;
	my $at = index $in, "\r\n\r\n";

	return 'nothing' if $at < 0;
	my ($status) = $in =~ m{^HTTP/1\.1 (\d+)};
	my $head = substr $in, 0, $at + 2;
	my $body = substr $in, $at + 4;
	if ($head =~ /\r\nTransfer-Encoding: chunked\r\n/i) {
		my ($whole, $from) = ('', 0);
		while (substr($body, $from, 20) =~ /^([0-9a-f]+)\r\n/i) {
			my $n = hex $1;
			return "$status $whole" if !$n;
			$from += length($1) + 2;
			$whole .= substr $body, $from, $n;
			$from += $n + 2;
		}
		return 'cut';
	}
	my ($length) = $head =~ /\r\nContent-Length: (\d+)\r\n/i;
	return 'cut' if defined $length && $length != length $body;
	return "$status $body";
}

1;
