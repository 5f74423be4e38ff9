#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The looks of C files: what a reviewer should not have to say.
use strict;
use warnings;
use FindBin;
use File::Find;
use Test::More;

my $top = "$FindBin::Bin/../..";
my @files;
find({ no_chdir => 1, wanted => sub { push @files, $_ if /\.(c|h|def)$/ } },
    grep { -d } "$top/src", "$top/t");
@files = sort @files;

my $vague = qr/^(handle|process|do|manage|util|misc|data|info|common)$/;
my %allowed = map { $_ => 1 } qw(log_info); # one of the six words of output

sub width {
	my ($line) = @_;
	1 while $line =~ s/^([^\t]*)\t/$1 . ' ' x (8 - length($1) % 8)/e;
	return length $line;
}

# Four spaces at the left edge only go on with the line above.
sub spaces_indent {
	my ($line, $above) = @_;
	return 1 if $line =~ /^\t* {8}/ || $line =~ /^[ \t]* \t/;
	return $line =~ /^ +[^ *]/ && $above =~ /([;{}]|\*\/)\s*$/;
}

sub vague_name {
	my ($line) = @_;
	my ($name) = $line =~ /^[A-Za-z_][\w \t*]*?\b(\w+)\(/ or return 0;
	return 0 if $allowed{$name};
	return scalar grep { $_ =~ $vague } split /_/, $name;
}

my %rules = (
	'80 columns at most' => sub { width($_[0]) > 80 },
	'no blanks at the end of a line' => sub { $_[0] =~ /[ \t]$/ },
	'indented by tabs, 4 spaces to go on' => \&spaces_indent,
	'no vague word in a function\'s name' => sub { vague_name($_[0]) },
	'no typedef of a struct' =>
	    sub { $_[0] =~ /^\s*typedef\s+(struct|union)\b/ },
	'no C++ comment' => sub { $_[0] =~ m{(^|[\s;])//(\s|$)} },
	'nothing left to do' => sub { $_[0] =~ /\b(TODO|FIXME|XXX)\b/ },
);

my %wrong;
for my $path (@files) {
	(my $name = $path) =~ s/^\Q$top\E\///;
	open my $in, '<', $path or die "$path: $!\n";
	chomp(my @lines = <$in>);
	close $in;
	push @{ $wrong{'SPDX line first'} }, $name
	    unless ($lines[0] // '')
	    eq '/* SPDX-License-Identifier: BSD-2-Clause */';
	push @{ $wrong{'purpose second'} }, $name
	    unless ($lines[1] // '') =~ m{^/\* \S.*[.:] \*/$}
	    || $name =~ /\.def$/ && ($lines[1] // '') =~ m{^/\* \S};
	my $above = '';
	for my $i (0 .. $#lines) {
		for my $rule (keys %rules) {
			push @{ $wrong{$rule} }, "$name:" . ($i + 1)
			    if $rules{$rule}->($lines[$i], $above);
		}
		$above = $lines[$i] if $lines[$i] =~ /\S/;
	}
}

for my $rule ('SPDX line first', 'purpose second', sort keys %rules) {
	my @where = @{ $wrong{$rule} || [] };
	ok(!@where, $rule) or diag(join "\n", map { "  $_" } @where);
}
done_testing;
