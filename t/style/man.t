#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The man pages against the program: all that it knows stands in them, with
# the program's defaults and ranges, and nothing that it does not know.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Manual qw(literals sections text_of);
use Test::More;

my $top = "$FindBin::Bin/../..";
my $portico = $ENV{PORTICO} || "$top/portico";
my $porticoctl = $ENV{PORTICOCTL} || "$top/porticoctl";

# Both directions: what is on one side only.
sub agree
{
	my ($name, $program, $page) = @_;
	my %program = map { $_ => 1 } @$program;
	my %page = map { $_ => 1 } @$page;

	ok scalar %program, "$name: there are some";
	is join(' ', grep { !$page{$_} } sort keys %program), '',
	    "$name: each is documented";
	is join(' ', grep { !$program{$_} } sort keys %page), '',
	    "$name: each that is documented exists";
}

# The first words of the items of sections whose heading matches.
sub items
{
	my ($page, $heading, $macro) = @_;

	return map { $_->{head} =~ /^$macro (.*)/ ? $1 : () }
	    map { @{ $_->{items} } }
	    grep { $_->{heading} =~ $heading } sections($page);
}

my @pages = sort glob "$top/man/*.[1-9]";
SKIP: {
	if (!grep { -x "$_/mandoc" } split /:/, $ENV{PATH}) {
		fail 'mandoc is here' if $ENV{CI};
		skip 'mandoc is not here', 1;
	}
	for (@pages) {
		my @said = grep { /(STYLE|WARNING|ERROR|UNSUPP)/ }
		    `mandoc -T lint -W warning '$_' 2>&1`;
		is "@said", '', "lint of $_";
	}
}

my %have = map { m{([^/]+)\.(\d)$} ? ("$1($2)" => 1) : () } @pages;
for (@pages) {
	my %named = map { $_ => 1 } text_of($_) =~ /^\.Xr (portico\S* \d)/mg;
	my @lost = grep { !$have{s/ (\d)/($1)/r} } sort keys %named;
	is "@lost", '', "pages that $_ names";
}

# ---- portico(8) ----

my $man8 = text_of("$top/man/portico.8");
my $usage = `'$portico' -h`;
agree('options', [$usage =~ /^  -(\w)/mg],
    [map { /^(\w)/ } items($man8, qr/^DESCRIPTION/, 'Fl')]);
my %synopsis = map { $_ => 1 } $usage =~ /-(\w)\b/g;
my ($shown) = $man8 =~ /^\.Sh SYNOPSIS\n(.*?)^\.Sh/ms;
$shown =~ s/^\.Fl h \| V/.Fl h Fl V/m;
$shown =~ s/^\.Fl t \| T/.Fl t Fl T/m;
agree('options of the synopsis', [keys %synopsis], [$shown =~ /Fl (\w)/g]);

# What the master catches and ignores, but for what is no one's to send.
my $signals = text_of("$top/src/master/signals.c");
my ($caught) = $signals =~ /caught\[\] = \{(.*?)\}/s;
agree('signals',
    [grep { !/SIG(?:CHLD|PIPE)/ } $caught =~ /\b(SIG\w+)/g,
	$signals =~ /signal\((SIG\w+), SIG_IGN\)/g],
    [map { /\b(SIG\w+)/g } items($man8, qr/^SIGNALS/, 'Dv')]);

agree('exit codes', [text_of("$top/src/roles.h") =~ /\bEXIT_\w+\s*=\s*(\d+)/g],
    [map { /^(\d+)/ } map { $_->{head} } map { @{ $_->{items} } }
	grep { $_->{heading} eq 'EXIT STATUS' } sections($man8)]);

# Fault marks are for tests, and in no program that is installed.
my @sources = grep { !m{/fault\.c$|/ctl/|/porticoctl\.c$} }
    map { glob "$top/src/$_" } '*.c', '*/*.c';
agree('environment', [map { /getenv\("(\w+)"/g } map { text_of($_) } @sources],
    [items($man8, qr/^ENVIRONMENT/, 'Ev')])
    if grep { text_of($_) =~ /getenv\("/ } @sources;

my @roles = text_of("$top/src/shm/slot.c") =~ /role_names\[\] = \{(.*?)\}/s;
agree('roles', [grep { $_ ne 'nobody' } $roles[0] =~ /"(\w+)"/g],
    [map { /portico: (\w+)/ } items(text_of("$top/man/portico.7"),
	qr/^PROCESSES/, 'Li')]);

# What is answered with an error that is nobody else's: by the reasons of
# refusals, and by calls that name a status.
my $worker = join '', map { text_of($_) } glob "$top/src/worker/*.c";
my @statuses = (text_of("$top/src/http/refusal.def")
	=~ /^REFUSAL\(\w+,\s*(\d+)/mg, $worker =~ /guard_verdict\)\{([45]\d\d)/g);
while ($worker =~ /\b(?:stride_refuse|answer_with|attempt_failed|refuse_head)
    (\([^;]*\));/gx) {
	my $call = $1;
	push @statuses, $call =~ /\b([45]\d\d)\b/g;
}
agree('statuses', \@statuses, [map { $_->{head} =~ /^(\d+)$/ ? $1 : () }
	map { @{ $_->{items} } } grep { $_->{heading} eq 'WHAT IT REFUSES' }
	sections(text_of("$top/man/portico.7"))]);

# ---- porticoctl(8) ----

my $ctl8 = text_of("$top/man/porticoctl.8");
my $ctl_usage = `'$porticoctl' -h`;
my ($listed) = $ctl_usage =~ /\n\n(.*?)\n\n/s;
agree('commands of porticoctl',
    [ $listed =~ /^  ([a-z]{2,}(?: [a-z]{2,})?)/mg ],
    [ map { /^([a-z ]+?)(?= (?:Ar|Oo|Op)\b|$)/ } items($ctl8,
	qr/^COMMANDS/, 'Ic') ]);
agree('options of porticoctl',
    [ map { s/^-//r } $ctl_usage =~ /(?<![\w-])(-(?:\w|-\w+))\b/g ],
    [ map { /^(-?\w+)/ } items($ctl8, qr/^DESCRIPTION/, 'Fl') ]);
agree('exit codes of porticoctl',
    [ text_of("$top/src/ctl/ctl.h") =~ /\bCTL_\w+\s*=\s*(\d+)/g ],
    [ map { /^(\d+)/ } map { $_->{head} } map { @{ $_->{items} } }
	grep { $_->{heading} eq 'EXIT STATUS' } sections($ctl8) ]);
agree('environment of porticoctl',
    [ map { /getenv\("(\w+)"/g } map { text_of($_) }
	glob "$top/src/ctl/*.c" ], [ items($ctl8, qr/^ENVIRONMENT/, 'Ev') ]);
my ($of_backend) = text_of("$top/src/ctl/status.c")
    =~ /in_backend\[\] = \{(.*?)\};/s;
my ($json) = map { $_->{text} } grep { $_->{heading} eq 'JSON' }
    sections($ctl8);
agree('members of a backend in JSON',
    [ map { s/_x10$//r } $of_backend =~ /B\([TN], (\w+)\)/g ],
    [ grep { !/^(?:code|lines)$/ } $json =~ /^\.Va (\w+)/mg ]);
my ($about_cache) = map { $_->{text} }
    grep { $_->{heading} eq 'JSON about the cache' } sections($ctl8);
agree('members of the cache in JSON',
    [ text_of("$top/src/master/cache_report.c")
	=~ /(?:reply_(?!record)\w+\(r, |(?:TALLY|FIGURE)_\w+\] = )"(\w+)"/g ],
    [ $about_cache =~ /^\.Va (\w+)/mg ]);
my ($headings) = map { $_->{items} } grep { $_->{heading}
    =~ /^What status shows/ } sections($ctl8);
agree('columns of status',
    [ grep { $_ ne 'BACKEND' } text_of("$top/src/ctl/list.c")
	=~ /print_backends\(.*?\n\}/s ? $& =~ /table_str\(&t, "(\w+)"/g : () ],
    [ map { split / , /, $_->{head} } @$headings ]);

# ---- portico.conf(5) ----

my $man5 = text_of("$top/man/portico.conf.5");
agree('log fields', [text_of("$top/src/conf/log_fields.def")
	=~ /^LOG_FIELD\(\w+,\s*"(\w+)"/mg],
    [items($man5, qr/^LOG FORMATS/, 'Cm')]);
agree('names in braces', [text_of("$top/src/conf/places.def")
	=~ /^PLACE\(\w+,\s*"(\w+)"/mg],
    [map { /^\{(\w+)\}$/ } items($man5, qr/^Names in braces/, 'Cm')]);
agree('types of pages', [text_of("$top/src/conf/read_page.c")
	=~ /PAGE_TYPE\("(\.\w+)"/g],
    [grep { /^\.\w+$/ } map { $_->{text} =~ /^\.Pa (\.\w+)/mg }
	map { @{ $_->{items} } } sections($man5)]);

my (%table, %said);
for (`'$portico' -K`) {
	chomp;
	my ($key, $type, $default) = split /\t/;
	$table{$key} = { type => $type, default => $default };
}
for my $section (sections($man5)) {
	my ($groups) = $section->{heading} =~ /^Keys in (.+?)(?::.*)?$/ or next;
	for my $group (split / and /, $groups) {
		my $prefix = $group eq 'the file' ? '' : "$group.";
		for my $item (@{ $section->{items} }) {
			my ($name, $type) = $item->{head} =~ /^Ic (\S+) Pq (.*)/
			    or next;
			# What only the other of the groups has.
			next if $groups =~ / and / && $group =~ /not$/
			    && !$table{"$prefix$name"};
			$said{"$prefix$name"} = { type => $type,
			    section => $section, %$item };
		}
	}
}
agree('keys', [keys %table], [keys %said]);

sub squeeze { my ($s) = @_; $s =~ s/\s+/ /g; return $s =~ s/^ | $//gr }

# The type of a key that stands for two may be that of either.
sub types_of
{
	my ($key) = @_;
	my $other = $key =~ /\.not\./ ? $key =~ s/\.not\././r
	    : $key =~ s/\.routes\./.routes.not./r;

	return map { $table{$_} ? $table{$_}{type} : () } $key, $other;
}

# What is wrong with what the page says of the default.
sub wrong_default
{
	my ($text, $default) = @_;
	my ($told) = $text =~ /^Default:\s*(.*?)\.(?:\n|\z)/ms;

	return if $default eq '(group)';
	return $text =~ /^Required\.$/m ? undef : 'required'
	    if $default eq '(required)';
	return 'it is not required' if $text =~ /^Required\.$/m;
	return 'no default' unless defined $told;
	return if $default =~ /^\(\S/;
	return squeeze($told) eq squeeze($default) ? undef : $default;
}

my (@types, @defaults);
for my $key (grep { $said{$_} } sort keys %table) {
	my ($page, $default) = ($said{$key}, $table{$key}{default});

	push @types, "$key: $table{$key}{type}"
	    unless grep { $_ eq $page->{type} } types_of($key);
	# A route has its site's: the defaults are told of those.
	next if $default eq '(of the site)';
	my $wrong = wrong_default($page->{text}, $default);
	push @defaults, "$key: $wrong" if defined $wrong;
}
is join("\n", @types), '', 'types are those of the program';
is join("\n", @defaults), '', 'and so are defaults';

my @bare;
for my $key (sort keys %said) {
	my ($last) = $key =~ /(\w+)$/;
	push @bare, $key unless grep { /\b\Q$last\E\s*=/ }
	    map { literals($_->{text}) } @{ $said{$key}{section}{items} };
}
is "@bare", '', 'each key stands in an example of its section';
done_testing;
