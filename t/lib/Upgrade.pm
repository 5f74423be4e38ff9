# SPDX-License-Identifier: BSD-2-Clause
# A Portico whose program is the test's own, so that another can take its
# place.
package Upgrade;
use strict;
use warnings;
use Exporter 'import';
use File::Copy qw(copy);
use Client qw(until_true);
use Portico;

our @EXPORT_OK = qw(own_program put_program put_script upgrade generation
    same_program);

# A copy of the program, which Portico->start takes from now on: its path.
sub own_program
{
	my ($name) = @_;
	my $path = Portico::temporary() . '/' . ($name // 'portico');

	copy_to($Portico::BINARY, $path);
	return $Portico::BINARY = $path;
}

sub copy_to
{
	my ($from, $path) = @_;

	copy($from, "$path.new") or die "$path: $!";
	chmod 0755, "$path.new" or die $!;
	rename "$path.new", $path or die $!;
	return;
}

# Another file has that path from now on.
sub put_program
{
	my ($path, $from) = @_;

	copy_to($from, $path);
	return;
}

sub put_script
{
	my ($path, $text) = @_;

	open my $f, '>', "$path.new" or die $!;
	print $f $text;
	close $f;
	chmod 0755, "$path.new" or die $!;
	rename "$path.new", $path or die $!;
	return;
}

# Number of the newest generation that the log has told of.
sub generation
{
	my ($p) = @_;
	my @all = $p->log =~ /generation (\d+) is running/g;

	return $all[-1] // 0;
}

# USR2, and until a new program runs a new generation.
sub upgrade
{
	my ($p, $seconds) = @_;
	my $before = generation($p);
	my $taken = () = $p->log =~ /it has taken over/g;

	$p->signal('USR2');
	return until_true(sub { (() = $p->log =~ /it has taken over/g) > $taken
	    && generation($p) > $before }, $seconds // 15);
}

# Does the master run what stands at that path now?
sub same_program
{
	my ($p, $path) = @_;
	my @running = stat "/proc/$p->{pid}/exe";
	my @there = stat $path;

	return @running && @there && $running[1] == $there[1];
}

1;
