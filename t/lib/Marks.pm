# SPDX-License-Identifier: BSD-2-Clause
# Deaths at the marks of a build with --enable-fault: cases side by side, and
# what one may leave behind.
package Marks;
use strict;
use warnings;
use Exporter 'import';
use IO::Select;
use Test::More;
use Client qw(until_true);

our @EXPORT_OK = qw(left_behind try_all);

# What is wrong with a Portico in which somebody should have died at a mark
# (`reached` is what the log says then), and with what it leaves at its end;
# `complete` says whether its family is.
sub left_behind
{
	my ($p, $reached, $complete) = @_;
	my @wrong;

	push @wrong, 'was not reached' if !$p->logged($reached, 0.5);
	push @wrong, 'the family is not complete'
	    if !until_true(sub { $complete->($p) }, 5);
	my $status = $p->quit(8) // 'none';
	push @wrong, "exit status $status" if $status ne '0';
	my ($ended, @sums) = $p->sums;
	push @wrong, 'no sums' if !$ended;
	push @wrong, @sums, $p->log =~ /^(.*(?:panic|letter).*)$/mg;
	return @wrong;
}

# In a process of its own, which writes what is wrong into the pipe.
sub start_case
{
	my ($try, @case) = @_;
	my $pid = open(my $from, '-|') // die "fork: $!";

	return $from if $pid;
	alarm 60;
	Test::More->builder->output(\my $unseen);
	open STDERR, '>', '/dev/null' if !$ENV{KEEP};
	my @wrong = eval { $try->(@case) };
	push @wrong, $@ if $@;
	print join "\n", @wrong ? @wrong : 'fine';
	exit 0;
}

# A test for each case, so many at once: `try` is called with what it is made
# of and returns what is wrong, `name` makes a name of the same.
sub try_all
{
	my ($most, $try, $name, @waiting) = @_;
	my $running = IO::Select->new;
	my %case;

	while (@waiting || $running->count) {
		while (@waiting && $running->count < $most) {
			my $next = shift @waiting;
			my $from = start_case($try, @$next);
			$case{$from} = $next;
			$running->add($from);
			alarm 120;
		}
		for my $from ($running->can_read) {
			my $wrong = join '', <$from>;
			is $wrong, 'fine', $name->(@{ delete $case{$from} });
			$running->remove($from);
			close $from;
		}
	}
	return;
}

1;
