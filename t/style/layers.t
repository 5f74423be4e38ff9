#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The layers: what a folder of src may include, and what it may call.
use strict;
use warnings;
use File::Basename;
use FindBin;
use Test::More;

my $top = "$FindBin::Bin/../..";
my $built = dirname($ENV{PORTICO} || "$top/portico");

my @ground = qw(base);
my @blind = qw(conf net http); # to each other
my %below = (base => []);
$below{$_} = [@ground] for @blind;
$below{shm} = [@ground, @blind];
$below{$_} = [@ground, @blind, 'shm']
    for qw(worker gate steward logger master);
$below{ctl} = [qw(base conf)]; # of porticoctl, which maps no area

sub allowed {
	my ($from, $to) = @_;
	return $from eq $to || grep { $_ eq $to } @{ $below{$from} || [] };
}

my @up;
for my $path (sort glob "$top/src/*/*.[ch]") {
	my ($from) = $path =~ m{/src/(\w+)/};
	open my $in, '<', $path or die "$path: $!\n";
	while (<$in>) {
		my ($to) = m{^#include "(\w+)/} or next;
		push @up, basename($path) . ":$.: $from includes $to"
		    unless allowed($from, $to);
	}
	close $in;
}
ok(!@up, 'no folder includes what stands above it') or diag join "\n", @up;

my (%defined_in, %wanted_by);
for my $archive (sort glob "$built/obj/lib*.a") {
	my ($folder) = $archive =~ /lib(\w+)\.a$/;
	for (`nm -P '$archive' 2>/dev/null`) {
		my ($symbol, $type) = split;
		next if !$type || length $type > 1;
		if ($type eq 'U') {
			push @{ $wanted_by{$symbol} }, $folder;
		} elsif ($type =~ /[A-Z]/) {
			$defined_in{$symbol} = $folder;
		}
	}
}

my @calls;
for my $symbol (sort keys %wanted_by) {
	my $to = $defined_in{$symbol} or next;
	my %from = map { $_ => 1 } @{ $wanted_by{$symbol} };
	push @calls, map { "$_ calls $symbol of $to" }
	    grep { !allowed($_, $to) } sort keys %from;
}
SKIP: {
	skip 'nothing is built', 1 unless %defined_in;
	ok(!@calls, 'no folder calls what stands above it')
	    or diag join "\n", @calls;
}
done_testing;
