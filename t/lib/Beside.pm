# SPDX-License-Identifier: BSD-2-Clause
# Trials of one test that run side by side: most of their time they wait.
package Beside;
use strict;
use warnings;
use Exporter 'import';
use Test2::IPC;
use Test::More;

our @EXPORT_OK = qw(side_by_side);

# Runs each code in a process of its own, `most` of them at the same time;
# returns when all have ended. What they test counts here, in any order, so
# each should say in the name of a test which trial it is.
sub side_by_side
{
	my ($most, @trials) = @_;
	my %running;

	while (@trials || %running) {
		while (@trials && keys %running < $most) {
			my $pid = try_apart(shift @trials);
			$running{$pid} = 1;
		}
		my $pid = wait;
		die 'a trial is lost' if $pid < 0;
		is $?, 0, 'a trial comes to its end' if delete $running{$pid};
	}
	return;
}

# Its random numbers are its own: they make its ports and folders.
sub try_apart
{
	my ($code) = @_;
	my $pid = fork // die "fork: $!";

	return $pid if $pid > 0;
	srand;
	alarm 120;
	eval { $code->(); 1 } or fail("a trial dies: $@");
	exit 0;
}

1;
