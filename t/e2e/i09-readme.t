# SPDX-License-Identifier: BSD-2-Clause
# README, word by word: its tour is taken in a copy of the tree, with each
# command as it stands there, and each shows what README says.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use IO::Socket::IP;
use Test::More;
use Client qw(until_true);
use Portico qw(free_port need_program);

need_program($_) for qw(make curl python3 pgrep);
alarm 400;
my $top = $Portico::TOP;
my $readme = Portico::slurp("$top/README");
my $dir = tempdir(CLEANUP => 1);
my $tree = "$dir/portico";
my @ports = (3001 .. 3004, 8080, 8443);

sub section
{
	my ($name) = @_;

	return $readme =~ /^\Q$name\E\n\n(.*?)(?:^[A-Z][A-Z ,a-z]*\n\n|\z)/ms
	    ? $1 : die "README has no $name";
}

# What is typed behind such a prompt, and what is to be seen.
sub commands
{
	my ($text, $prompt) = @_;
	my (@commands, $here);

	for (split /\n/, $text) {
		my $line = /^    (.*)/ ? $1 : '';
		if ($here) {
			$commands[-1]{text} .= "\n$line";
			$here = $line ne 'END';
		} elsif ($line =~ /^\Q$prompt\E (.*)/) {
			push @commands, { text => $1, seen => [] };
			$here = $line =~ /<<'END'$/;
		} elsif (@commands && $line =~ /^> (.*)/) {
			$commands[-1]{text} .= "\n$1";
		} elsif (@commands && !$commands[-1]{ended} && $line ne '') {
			push @{ $commands[-1]{seen} }, $line;
		}
		$commands[-1]{ended} = 1 if @commands && !/^    /;
	}
	return @commands;
}

# "..." is anything on its line; alone on a line it is any lines.
sub pattern
{
	my $pattern = join '', map { $_ eq '...' ? '(?:.*\n)*'
	    : join('.*', map { quotemeta } split /\.\.\./, $_, -1) . '\n' }
	    @_;

	return qr/\A$pattern\z/;
}

sub is_free
{
	my ($port) = @_;

	return IO::Socket::IP->new(LocalHost => '127.0.0.1',
	    LocalPort => $port, Listen => 1, ReuseAddr => 1);
}

sub listens
{
	my ($port) = @_;

	return IO::Socket::IP->new(PeerHost => '127.0.0.1',
	    PeerPort => $port);
}

# ---- A copy of the tree, as a clone or a tarball has it ----

my @contents = grep { -e "$top/$_" } qw(Makefile configure.ac src man etc t
    README COPYING), -e "$top/.git" ? () : 'configure';
mkdir $tree or die $!;
system('cp', '-R', (map { "$top/$_" } @contents), $tree) == 0 or die 'cp';
system('chmod', '-R', 'u+w', $tree) == 0 or die 'chmod';

# Where README's ports are taken, others are typed.
my %port = (grep { !is_free($_) } @ports) ? map { $_ => free_port() } @ports
    : map { $_ => $_ } @ports;
my $any = join '|', @ports;
$readme =~ s/\b($any)\b/$port{$1}/g;

# ---- A shell, which is given a command after the other ----

delete @ENV{qw(MAKELEVEL MFLAGS DESTDIR)};
$ENV{MAKEFLAGS} = '-j2';
my $shell = open(my $to_shell, '|-') // die $!;
if ($shell == 0) {
	setpgrp;
	chdir $tree or die $!;
	exec 'sh';
}
$to_shell->autoflush(1);
my $typed = 0;

# What is to be seen of a command, and its exit status.
sub type
{
	my ($text) = @_;
	my $out = "$dir/out." . ++$typed;

	print $to_shell "{ $text\n} >$out 2>&1 </dev/null\n",
	    "echo \$? >$out.new; mv $out.new $out.status\n";
	until_true(sub { -e "$out.status" }, 200)
	    or BAIL_OUT("no end of: $text");
	# A terminal does not show the CR of a line of HTTP.
	return (Portico::slurp($out) =~ s/\r$//mgr,
	    Portico::slurp("$out.status") + 0);
}

END {
	my $status = $?;
	my $pid = Portico::slurp(($tree // '') . '/try/portico.pid');
	kill 'TERM', $pid if $pid;
	kill 'TERM', -$shell if $shell;
	close $to_shell if $to_shell;
	$? = $status;
}

my @serving = map { $port{$_} } 3001 .. 3004;
my @tour = commands(section('A TOUR'), '$');
cmp_ok scalar @tour, '>', 30, 'a tour';
for my $c (@tour) {
	my ($name) = split /\n/, $c->{text};
	my $want = pattern(@{ $c->{seen} });
	my $saw;
	# A slow machine may need more sleep than README has.
	for (1 .. ($name =~ /^sleep/ ? 10 : 1)) {
		($saw) = type($c->{text});
		last if $saw =~ $want;
	}
	# What follows counts on it.
	like $saw, $want, $name or last;
	next unless $c->{text} =~ /& \w+=\$!$/;
	my $port = shift @serving;
	ok until_true(sub { listens($port) }, 10), 'it listens';
}
ok !@serving, 'all servers were started';

# ---- Installing: as it stands, but below a folder of the test's ----

my $root = "$dir/root";
my ($made, @lost);
for my $c (commands(section('INSTALLING'), '#')) {
	my ($saw, $status) = type("DESTDIR=$root $c->{text}");
	is $status, 0, $c->{text} or diag $saw;
	$made++;
	next if $c->{text} =~ /uninstall/;
	push @lost, grep { !-e "$root$_" } section('INSTALLING')
	    =~ m{(/(?:usr|var|etc)/[\w/.]*\w)}g if $c->{text} =~ /-openrc/;
}
is $made, 5, 'all ways to install it';
is "@lost", '', 'what README names is there';
is `find '$root' -type f`, '', 'nothing is left of it';

# ---- The rest names what exists ----

my $rest = section('WHERE THINGS ARE') . section('WORKING ON IT');
my @named = $rest =~ m{^    ((?:man|etc|src)/[\w./-]+)}mg;
cmp_ok scalar @named, '>', 6, 'paths';
is join(' ', grep { !-e "$top/$_" } @named), '', 'each is there';
my $makefile = Portico::slurp("$top/Makefile") =~ s/\\\n//gr;
my %target = map { map { $_ => 1 } split ' ' }
    $makefile =~ /^(?:\.PHONY: )?([\w -]+):?.*$/mg;
$target{$_} = 1 for map { split ' ' } $makefile =~ /^\.PHONY: (.*)/mg;
@named = map { split ' ' } $readme =~ /^    (?:[#\$] )?make ([a-z -]+?)(?:  |$| \w+=|,)/mg;
is join(' ', grep { !$target{$_} && $_ !~ /^V=/ } @named), '',
    'each target of make exists';
done_testing;
