#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The samples against the program: what is checked in is what it says today.
use strict;
use warnings;
use File::Find;
use FindBin;
use Test::More;
use Text::Tabs qw(expand);

my $top = "$FindBin::Bin/../..";
my $portico = $ENV{PORTICO} || "$top/portico";

sub text_of {
	my ($path) = @_;
	open my $in, '<', $path or return '';
	local $/;
	return scalar <$in>;
}

my $file = "$top/etc/examples/defaults.conf";
my $made = `'$portico' -K | '$^X' '$top/t/defaults'`;
is $?, 0, 't/defaults understands portico -K';
ok text_of($file) eq $made, 'etc/examples/defaults.conf has every key'
    or diag 'it is made anew by: make defaults';

# As often as other groups have a key of that name.
my %left;
$left{$_}++ for map { /^(?:\S*\.)?(\w+)\t/ } `'$portico' -K`;
$left{$_}-- for $made =~ /^[\t#]*([a-z]\w*) = /mg;
is join(' ', grep { $left{$_} > 0 } sort keys %left), '', 'none is left out';

my $smallest = `'$portico' -T -c '$top/etc/portico.conf' 2>&1`;
is $?, 0, 'etc/portico.conf is good' or diag $smallest;
my $effective = `'$portico' -T -c '$file' 2>&1`;
is $?, 0, 'etc/examples/defaults.conf is good' or diag $effective;
is $effective, $smallest, 'and says nothing that is not so without it';

my (@wide, @blank);
find({ no_chdir => 1, wanted => sub {
	return unless -f;
	my $path = $_;
	for (split /\n/, text_of($path)) {
		push @wide, "$path: $_" if length expand($_) > 80;
		push @blank, "$path: $_" if /[ \t]$/;
	}
} }, "$top/etc");
is join("\n", @wide), '', '80 columns at most in etc/';
is join("\n", @blank), '', 'no blanks at the end of a line in etc/';
done_testing;
