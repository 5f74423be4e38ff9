#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The examples of portico-tls(7) are loaded, with certificates in their places.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Manual qw(literals sections text_of);
use Test::More;

my $portico = $ENV{PORTICO} || "$FindBin::Bin/../../portico";
my $page = text_of("$FindBin::Bin/../../man/portico-tls.7");
my $dir = tempdir(CLEANUP => 1);

is system("'$portico' --self-signed '$dir/tls' shop.example >/dev/null"), 0,
    'a certificate, as the page has it made';
mkdir "$dir/ca";
for (qw(tls/shop.pem tls/default.pem ca/staff.pem ca/internal.pem)) {
	open my $to, '>', "$dir/$_" or die "$_: $!";
	chmod 0600, $to;
	print $to text_of("$dir/tls/portico.pem");
	close $to or die "$_: $!";
}

# A piece of a file in the smallest whole one.
sub whole
{
	my ($text) = @_;

	return $text if $text =~ /^# portico\.conf\n/;
	my $pools = 'pools = { app = { backends = "127.0.0.1:3000"; }; };';
	return "$pools listeners = { $text };" if $text =~ /^https = /;
	return "listeners = { a = { address = \"*:1\"; }; }; pools = { $text };"
	    if $text =~ /^app = /;
	$text = "tls = { $text };" if $text =~ /^certificates = /;
	return "$pools listeners = { a = { address = \"*:1\"; $text }; };";
}

my $n = 0;
for my $example (map { literals($_->{text}) } sections($page)) {
	next if $example =~ /^\$ /;
	# What certbot made is elsewhere.
	$example =~ s{"/etc/letsencrypt/live/\*/fullchain\.pem"}{"tls/*.pem"};
	open my $to, '>', "$dir/portico.conf" or die $!;
	print $to whole($example);
	close $to or die $!;
	my $said = `'$portico' -t -c '$dir/portico.conf' 2>&1`;
	is $said, "portico: $dir/portico.conf is fine\n", $example;
	$n++;
}
cmp_ok $n, '>', 5, 'there are examples';
done_testing;
