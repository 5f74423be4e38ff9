#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The examples of portico-cache(7) are loaded.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Manual qw(literals sections text_of);
use Test::More;

my $portico = $ENV{PORTICO} || "$FindBin::Bin/../../portico";
my $page = text_of("$FindBin::Bin/../../man/portico-cache.7");
my $dir = tempdir(CLEANUP => 1);

my $n = 0;
for my $example (map { literals($_->{text}) } sections($page)) {
	next unless $example =~ /^# portico\.conf\n/;
	open my $to, '>', "$dir/portico.conf" or die $!;
	print $to $example;
	close $to or die $!;
	my $said = `'$portico' -t -c '$dir/portico.conf' 2>&1`;
	is $said, "portico: $dir/portico.conf is fine\n", $example;
	like $example, qr/\bcache = /, 'and is about the cache';
	$n++;
}
cmp_ok $n, '>', 1, 'there are examples';
done_testing;
