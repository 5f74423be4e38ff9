# SPDX-License-Identifier: BSD-2-Clause
# Keys of records, and the memory of processes in which they stand.
package Keys;
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256 hmac_sha384);
use Exporter 'import';
use Fcntl qw(SEEK_SET);
use Portico ();

no warnings 'portable'; # numbers of 64 bits

our @EXPORT_OK = qw(keys_of count_in);

# The keys of records that lines of a key log lead to (RFC 8446, 7.3): the
# first 16 bytes of each.
sub keys_of
{
	my (@lines) = @_;
	my @keys;

	for (@lines) {
		my ($secret) = /^\w+_TRAFFIC_SECRET_0 \w+ (\w+)$/ or next;
		my $long = length $secret == 96;

		$secret = pack 'H*', $secret;
		for my $n ($long ? 32 : (16, 32)) {
			my $what = pack('nC', $n, 9) . "tls13 key\0\1";

			push @keys, substr $long ? hmac_sha384($what, $secret)
			    : hmac_sha256($what, $secret), 0, 16;
		}
	}
	return @keys;
}

# How often one of these stands in the memory of a process.
sub count_in
{
	my ($pid, @keys) = @_;
	my $pattern = join '|', map { quotemeta } @keys;
	my $found = 0;

	open my $mem, '<:raw', "/proc/$pid/mem" or die "$pid: $!";
	for (split /\n/, Portico::slurp("/proc/$pid/maps")) {
		my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
		my ($at, $end) = (hex $from, hex $to);

		sysseek $mem, $at, SEEK_SET or next;
		defined sysread $mem, my $bytes, $end - $at or next;
		$found++ while $bytes =~ /$pattern/g;
	}
	return $found;
}

1;
