# SPDX-License-Identifier: BSD-2-Clause
# Load on one side, kill -9 on the other; and what came of it.
package Torture;
use strict;
use warnings;
use Exporter 'import';
use IO::Select;
use Time::HiRes qw(sleep time);
use Portico qw(tool one_backend);

our @EXPORT_OK = qw(start_origin start_origin_at start_load load_line torment spoiled);
our $CLEAN = 'failed 0 reset 0 mixed 0 stalled 0';
my @pids;

# Starts t/lib/origin.c: its address.
sub start_origin
{
	return start_origin_at('127.0.0.1:0', @_);
}

# The same, at an address of 127.0.0.0/8; port 0 for any.
sub start_origin_at
{
	my ($address, @arguments) = @_;
	my ($host) = split /:/, $address;
	my $pid = open my $from, '-|', tool('origin'), @arguments, $address
	    or die "origin: $!";

	push @pids, [ $$, $pid, $from ];
	my ($port) = <$from> =~ /port (\d+)/;
	return "$host:$port";
}

# Starts t/lib/load.c with arguments.
sub start_load
{
	my (@arguments) = @_;
	my $pid = open my $from, '-|', tool('load'), @arguments
	    or die "load: $!";

	push @pids, [ $$, $pid, $from ];
	return $from;
}

# Its line, once it has ended; "no line" after so many seconds.
sub load_line
{
	my ($from, $seconds) = @_;

	IO::Select->new($from)->can_read($seconds // 60) or return 'no line';
	my $line = <$from> // 'no line';
	chomp $line;
	return $line;
}

# Until a load has ended, every `pause` seconds kills one process whose
# role is drawn from the list, but not one of the last three of a family.
# Returns role => how often, and the load's lines.
sub torment
{
	my ($p, $pause, $roles, @loads) = @_;
	my %killed;
	my $first = IO::Select->new($loads[0]);

	until ($first->can_read($pause)) {
		my $role = $roles->[rand @$roles];
		my %all = $p->children;
		my @pids = grep { $all{$_} =~ /^$role/ } keys %all or next;
		my @family = grep { /^(?:worker|steward|heir)/ } values %all;

		next if $role ne 'gate' && @family < 4;
		$killed{$role}++ if kill 'KILL', $pids[rand @pids];
		$p->alive or last;
	}
	return (\%killed, map { load_line($_) } @loads);
}

# What is wrong with a line of the load client; "" if nothing is.
sub spoiled
{
	my ($line) = @_;

	return $line =~ /^requests [1-9]\d* $CLEAN(?: lost \d+)?$/ ? '' : $line;
}

END {
	local $?;
	kill 'TERM', map { $_->[1] } grep { $_->[0] == $$ } @pids;
}

1;
