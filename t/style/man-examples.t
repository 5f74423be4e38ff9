#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The examples of portico.conf(5) are loaded, and the ranges that it names
# are tried: what is in is taken, what is out is refused.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Certs;
use Manual qw(literals sections text_of);
use Test::More;

my $portico = $ENV{PORTICO} || "$FindBin::Bin/../../portico";
my $page = text_of("$FindBin::Bin/../../man/portico.conf.5");
my $dir = tempdir(CLEANUP => 1);

sub put
{
	my ($name, $text) = @_;

	open my $f, '>', "$dir/$name" or die "$name: $!";
	print $f $text;
	close $f or die "$name: $!";
	return "$dir/$name";
}

# All that portico -t says; empty if the text is fine.
sub complaints
{
	my ($text) = @_;
	my $file = put('portico.conf', $text);
	my $said = `'$portico' -t -c '$file' 2>&1`;

	# Nor is what stands for all certificates here.
	$said =~ s/^.* is not for clients, by what it says of its use\n//mg;
	return $said =~ s/^portico: \S+ is fine\n//r unless $?;
	return $said || "status $?";
}

# A key unless the text has it.
sub unless_has
{
	my ($text, $name, $more) = @_;

	return $text =~ /\b$name\s*=/ ? '' : $more;
}

# ---- Pieces of a file, in the smallest file that they fit ----

my $listeners = 'listeners = { http = { address = "*:8080"; };
    inside = { address = "127.0.0.1:8081"; }; };';
my $pools = 'pools = { app = { backends = "127.0.0.1:3000"; };
    web = { backends = "127.0.0.1:3001"; }; };';
my $https = 'https = { address = "*:8443"; tls = "tls/old.crt"; };';
my $sites = 'sites = { main = { hosts = "*"; routes = ( { pool = "app"; } ); }; };';

sub in_route
{
	my ($text) = @_;

	$text = "{ $text " . unless_has($text, '(?:pool|split|redirect|respond|deny)',
	    'pool = "app";') . '}' unless $text =~ /^\s*\{/;
	return "$listeners $pools sites = { main = { hosts = \"*\";
	    routes = ( $text ); }; };";
}

my %whole = (
    'the file' => sub { my ($text) = @_;
	return join "\n", $text, map { unless_has($text, @$_) }
	    [listeners => $listeners], [pools => $pools], [sites => $sites] },
    'listeners.NAME' => sub { my ($text) = @_;
	return "listeners = { http = { $text "
	    . unless_has($text, 'address', 'address = "*:8080";') . ' }; '
	    . ($text =~ /redirect_https/ ? $https : '')
	    . "}; $pools $sites" },
    'pools.NAME' => sub { my ($text) = @_;
	return "$listeners pools = { app = { $text "
	    . unless_has($text, 'backends', 'backends = "127.0.0.1:3000";')
	    . ' }; web = { backends = "127.0.0.1:3001"; }; };' . $sites },
    'sites.NAME' => sub { my ($text) = @_;
	return "$listeners $pools sites = { main = { $text "
	    . unless_has($text, 'hosts', 'hosts = "*";')
	    . unless_has($text, 'routes', 'routes = ( { pool = "app"; } );')
	    . ' }; };' },
    'sites.NAME.routes' => \&in_route,
    'sites.NAME.routes.not' => sub { my ($text) = @_;
	return in_route("not = { $text };") },
);

# A name that must be a file's is one.
put($_, 'a page') for map { /\bfile = "([\w.]+)"/g } literals($page);
mkdir "$dir/tls";
`'$portico' --self-signed '$dir/tls' a.test`;
Certs->new->leaf(names => [ 'us' ], client => 1, file => "$dir/us.pem");
chmod 0600, "$dir/us.pem";
symlink "$dir/tls/portico.pem", "$dir/$_"
    for grep { !-e "$dir/$_" } map { m{"(tls/\w+\.\w+)"}g }
    literals($page);
mkdir "$dir/$_" for map { /\bstate_dir = "(\w+)"/g } literals($page);

my $n = 0;
for my $section (sections($page)) {
	my ($groups) = $section->{heading} =~ /^Keys in (.+?)(?::.*)?$/;
	for my $example (literals($section->{text})) {
		$n++;
		if ($example =~ /^# portico\.conf\n/) {
			is complaints($example), '',
			    "a whole file in $section->{heading}";
			next;
		}
		ok defined $groups, "$section->{heading}: of a group"
		    or next;
		is complaints($whole{$_}->($example)), '', "in $_: $example"
		    for split / and /, $groups;
	}
}
cmp_ok $n, '>', 40, 'there are examples';

# ---- Ranges ----

# "a.b" and a value as "a = { b = value; };" with what else b's group needs.
sub nested
{
	my ($name, $value) = @_;
	my %needs = (access_log => 'to = "stderr"; ',
	    backends => 'address = "127.0.0.1:1"; ',
	    redirect => 'to = "/"; ', errors => 'file = "sorry.html"; ');
	my ($first, $rest) = $name =~ /^(\w+)(?:\.(.*))?$/;

	return "$first = $value;" unless defined $rest;
	my $inner = nested($rest, $value);
	my $group = '{ ' . ($needs{$first} // '') . "$inner }";
	$group = "( $group )" if $first eq 'backends';
	return "$first = $group;";
}

my @beyond = ('-1', '0', '999999999', '"0"', '"0%"', '"999999999d"',
    '"1073741825/s"', '"1048577G"', '"1B"', '"64G"', '"0.00001%"');

# What the program says is right where a value is out of range.
sub range_of
{
	my ($in, $name) = @_;

	for my $value (@beyond) {
		my $said = complaints($whole{$in}->(nested($name, $value)));
		return "$1 to $2" if $said =~ /right is (\S+) to (\S+)$/m;
	}
	return '';
}

my %ranged = map { $_ => 1 } qw(number size duration rate percentage status),
    'list of statuses';
my $checked = 0;
for my $section (sections($page)) {
	my ($groups) = $section->{heading} =~ /^Keys in (.+?)(?::.*)?$/ or next;
	my ($in) = split / and /, $groups;
	my $told = '';
	for my $item (@{ $section->{items} }) {
		my ($name, $type) = $item->{head} =~ /^Ic (\S+) Pq (.*)/
		    or next;
		# A range may stand at the group, for all that is in it.
		my $text = $item->{text} =~ s/^\.Qq (\S+)( ,)?/"$1"/mgr;
		my ($own) = $text =~ m{("?\d[\w.%/]*\b%?"?\s+to\s+"?\d[\w.%/]*\b%?"?)};
		$told = $own // '' if $type eq 'group';
		next unless $ranged{$type};
		my $range = $own // $told;
		$range =~ s/\s+/ /g;
		my $right = range_of($in, $name);
		next if $right eq '' && $range eq '';
		# Not all that lie between are redirects: each is told.
		next if $name eq 'redirect.status';
		is $range, $right, "range of $in.$name";
		$checked++;
	}
}
cmp_ok $checked, '>', 25, 'there are ranges';
done_testing;
