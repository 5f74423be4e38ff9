# SPDX-License-Identifier: BSD-2-Clause
# Headers of the PROXY protocol, as others write and read them.
package Proxied;
use strict;
use warnings;
use Exporter 'import';
use Socket qw(AF_INET AF_INET6 inet_pton inet_ntop);

our @EXPORT_OK = qw(proxy_v1 proxy_v2 proxy_local read_proxy);
our $SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

# Of a connection: addresses and ports.
sub proxy_v1
{
	my ($from, $fport, $to, $tport) = @_;
	my $family = $from =~ /:/ ? 'TCP6' : 'TCP4';

	return "PROXY $family $from $to $fport $tport\r\n";
}

# The same; transport: 1 TCP, 2 UDP; tlvs: [ type => value ] ...
sub proxy_v2
{
	my ($from, $fport, $to, $tport, %opt) = @_;
	my $af = $from =~ /:/ ? AF_INET6 : AF_INET;
	my $body = inet_pton($af, $from) . inet_pton($af, $to) .
	    pack 'nn', $fport, $tport;

	$body .= pack 'Cn/a', @$_ for @{ $opt{tlvs} // [] };
	return $SIGNATURE . pack 'CCn/a', 0x21,
	    ($af == AF_INET ? 0x10 : 0x20) | ($opt{transport} // 1), $body;
}

sub proxy_local { return $SIGNATURE . pack 'CCn', 0x20, 0, 0 }

# Cuts the header off the front of $_[0]: its words (version, then TCP4, TCP6,
# LOCAL or UNKNOWN, from, to and the ports); nothing if it is none.
sub read_proxy
{
	return (1, split / /, $1) if $_[0] =~ s/^PROXY ([^\r\n]*)\r\n//;
	return if substr($_[0], 0, 12) ne $SIGNATURE;
	my ($command, $family, $body) = unpack 'x12 CCn/a', $_[0];
	substr $_[0], 0, 16 + length $body, '';
	return (2, 'LOCAL') if $command == 0x20;
	my $six = $family == 0x21;
	my ($from, $to, @ports) = unpack $six ? 'a16 a16 nn' : 'a4 a4 nn',
	    $body;
	return (2, $six ? 'TCP6' : 'TCP4', (map { inet_ntop($six ? AF_INET6 :
	    AF_INET, $_) } $from, $to), @ports);
}

1;
