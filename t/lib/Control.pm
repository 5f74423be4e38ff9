# SPDX-License-Identifier: BSD-2-Clause
# Commands to a master, through its unix socket, and what it answers.
package Control;
use strict;
use warnings;
use Exporter 'import';
use IO::Select;
use IO::Socket::UNIX;
use Time::HiRes qw(time);

our @EXPORT_OK = qw(command records backend_of state_of connect_to);

sub connect_to
{
	my ($path) = @_;

	return IO::Socket::UNIX->new(Peer => $path);
}

# All that comes until the master closes; undef if it does not in time.
sub read_all
{
	my ($s, $seconds) = @_;
	my $until = time + $seconds;
	my $all = '';

	while ($until > time) {
		IO::Select->new($s)->can_read($until - time) or last;
		my $n = sysread $s, my $part, 65536;
		return $all if !$n;
		$all .= $part;
	}
	return undef;
}

# ok, code, text, whole (it has its end), records (kind and fields each),
# lines (of the records `text`).
sub parse
{
	my ($all) = @_;
	my ($first, @lines) = split /\n/, ($all // '') =~ s/[^\n]+\z//r;
	my %r = (raw => $all, first => $first // '', records => [],
	    lines => []);

	$r{ok} = $r{first} eq 'ok';
	@r{qw(code text)} = $r{first} =~ /^error (\S+) (.*)/;
	$r{whole} = @lines && $lines[-1] eq 'end' ? 1 : 0;
	for (@lines) {
		my ($kind, @fields) = split /\t/;
		my %record = (kind => $kind);

		for (@fields) {
			my ($key, $value) = /^([a-z0-9_]*):?=(.*)$/
			    or die "no field: $_";
			$record{$key} = $value;
		}
		push @{ $r{records} }, \%record;
		push @{ $r{lines} }, $record{''} if $kind eq 'text';
	}
	return \%r;
}

# One command to the socket at a path. Dies if nobody listens.
sub command
{
	my ($path, $line, $seconds) = @_;
	my $s = connect_to($path) or die "$path: $!";

	syswrite $s, "$line\n";
	return parse(read_all($s, $seconds // 30));
}

sub records
{
	my ($r, $kind) = @_;

	return grep { $_->{kind} eq $kind } @{ $r->{records} };
}

# The record of "pool/name" in the status; {} if there is none.
sub backend_of
{
	my ($path, $name) = @_;

	for (records(command($path, 'status'), 'backend')) {
		return $_ if "$_->{pool}/$_->{name}" eq $name;
	}
	return {};
}

sub state_of { return backend_of(@_)->{state} // 'none' }

1;
