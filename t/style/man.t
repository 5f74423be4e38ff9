#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The man pages against the program: what it takes must stand in them.
use strict;
use warnings;
use FindBin;
use Test::More;

my $top = "$FindBin::Bin/../..";
my $portico = $ENV{PORTICO} || "$top/portico";

sub text_of {
	my ($path) = @_;
	open my $in, '<', $path or return '';
	local $/;
	return scalar <$in>;
}

# The words of a line of mdoc without its macros and marks.
sub words {
	my ($line) = @_;
	$line =~ s/^\.[A-Z][a-z]\s//;
	$line =~ s/\\&//g;
	$line =~ s/\\\(dq/ /g;
	$line =~ s/(?:^|\s)(?:Ic|Cm|Ar|Li|Pa|Va|Dv|Ql|Qq|Dq|Em|No|Ns|Fl|Sy|Pf|Sq)
	    (?=\s)/ /gx;
	return $line =~ m{[\w.*/%:;=+-]*[\w*%]}g;
}

# The items of a page: [ [words of its .It line], "words of what follows" ].
sub items {
	my @items;
	for (split /\n/, $_[0]) {
		if (/^\.It\b/) {
			push @items, [[words($_)], ''];
		} elsif (/^\.(Sh|Ss)\b/) {
			push @items, [[], ''];
		} elsif (@items) {
			$items[-1][1] .= join(' ', '', words($_));
		}
	}
	return grep { @{ $_->[0] } } @items;
}

# An item may call a key by its whole name or by the end of it.
sub calls {
	my ($item, $key) = @_;
	return grep { $key eq $_ || $key =~ /\.\Q$_\E$/ } @{ $item->[0] };
}

my @pages = sort glob "$top/man/*.[1-9]";
SKIP: {
	if (!grep { -x "$_/mandoc" } split /:/, $ENV{PATH}) {
		fail 'mandoc is here' if $ENV{CI};
		skip 'mandoc is not here', 1;
	}
	for (@pages) {
		my @said = grep { /(WARNING|ERROR|UNSUPP)/ }
		    `mandoc -T lint -W warning '$_' 2>&1`;
		is("@said", '', "lint of $_");
	}
}

my $page = text_of("$top/man/portico.8");
my %option = map { $_ => 1 } `'$portico' -h 2>&1` =~ /(?<![\w-])-(\w)\b/g;
ok(scalar keys %option, 'portico -h shows options');
my @silent = grep { $page !~ /^\.It Fl $_\b/m } sort keys %option;
is("@silent", '', 'every option is in portico(8)');

my $sources = join '', map { text_of($_) } "$top/src/main.c",
    glob "$top/src/master/*.c";
my %signal = map { $_ => 1 }
    $sources =~ /\b(SIG(?:HUP|QUIT|TERM|INT|USR1|USR2|WINCH))\b/g;
@silent = grep { $page !~ /^\.It Dv .*\b$_\b/m } sort keys %signal;
is("@silent", '', 'every signal is in portico(8)');

my %status = (0 => 1, 1 => 1,
    map { $_ => 1 } text_of("$top/src/roles.h") =~ /\bEXIT_\w+\s*=?\s*(\d+)/g);
my ($statuses) = $page =~ /^\.Sh EXIT STATUS\n(.*?)^\.Sh/ms;
@silent = grep { $statuses !~ /^\.It $_$/m } sort keys %status;
is("@silent", '', 'every exit status is in portico(8)');

my @items = items(text_of("$top/man/portico.conf.5"));
my @keys = `'$portico' -K`;
ok(scalar @keys, 'portico -K lists the keys of the configuration');
my (@missing, @differ);
for (@keys) {
	chomp;
	my ($key, $type, $default) = split /\t/;
	my @found = grep { calls($_, $key) } @items;
	push @missing, $key unless @found;
	next if !@found || !defined $default || $default =~ /^\(/;
	my $want = join ' ', words($default);
	push @differ, "$key: $default" unless $want eq ''
	    || grep { index("$_->[1] ", " $want ") >= 0 } @found;
}
is("@missing", '', 'every key is in portico.conf(5)');
ok(!@differ, 'and has the same default there') or diag join "\n", @differ;
done_testing;
