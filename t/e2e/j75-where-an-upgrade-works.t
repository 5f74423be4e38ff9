# SPDX-License-Identifier: BSD-2-Clause
# Upgrades in the background, without a file, as pid 1, as an ordinary user;
# by paths that are relative, are links, or come from PATH.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Cwd qw(abs_path);
use Portico qw(free_port);
use POSIX ();
use Upgrade qw(own_program put_program);

my $tested = $Portico::BINARY;
my $path = own_program();
my $folder = $path =~ s{/[^/]+\z}{}r;
my $b = Backend->new({ '/' => plain('fine') });
my $dir = Portico::temporary();
chmod 0777, $dir, $folder;
my $n = 0;

sub write_conf
{
	my ($at) = @_;

	open my $f, '>', "$dir/a.conf" or die $!;
	print $f qq{listeners = { http = { address = "$at"; }; };
	    pools = { app = { backends = "@{[ $b->address ]}"; }; };
	    pid_file = "$dir/pid"; workers = { min = 2; max = 4; };
	    control = "$dir/sock";
	    error_log = { to = "$dir/log$n"; };};
	close $f;
	chmod 0644, "$dir/a.conf";
	return;
}

# Runs command (which may put the process number into $dir/pid itself), and
# upgrades what it has started: true if that works, twice.
sub works
{
	my ($what, $command, %opt) = @_;
	my $at = '127.0.0.1:' . free_port();
	my $log = "$dir/log" . ++$n;

	write_conf($at);
	unlink "$dir/pid";
	my $shell = fork // die $!;
	if ($shell == 0) {
		open STDOUT, '>', "$dir/said";
		open STDERR, '>&', \*STDOUT;
		exec 'sh', '-c', $command =~ s/\@at\@/$at/gr =~
		    s/\@log\@/$log/gr;
	}
	my $up = until_true(sub { my $r = eval { get($at, '/') };
	    $r && $r->{body} eq 'fine' && -s "$dir/pid" }, 15);
	ok $up, "$what: it starts" or diag Portico::slurp("$dir/said");
	my $pid = Portico::slurp("$dir/pid") + 0 or return;
	for my $round (1 .. 2) {
		$opt{before} ? $opt{before}->() : put_program($path, $tested);
		kill 'USR2', $pid;
		ok until_true(sub { (() = Portico::slurp($log) =~
		    /it has taken over/g) >= $round && Portico::slurp($log) =~
		    /generation @{[ $round + 1 ]} is running/ }, 15),
		    "$what: upgrade $round" or diag Portico::slurp($log);
		is get($at, '/')->{body}, 'fine', "$what: it serves";
		is((stat "/proc/$pid/exe")[1], (stat $path)[1],
		    "$what: the new program");
	}
	kill 'TERM', $pid;
	ok until_true(sub { waitpid($shell, POSIX::WNOHANG()); !kill 0, $pid },
	    10), "$what: TERM ends it";
	waitpid $shell, 0;
	return;
}

works('in the background', "'$path' -c '$dir/a.conf'");
works('a relative path and a relative file', "cd '$folder' && " .
    "./portico -c ../" . ($dir =~ s{.*/}{}r) . '/a.conf');
works('by PATH', "cd / && PATH='$folder':\$PATH portico -c '$dir/a.conf'");
works('without a file', "'$path' -f -l \@at\@ -b @{[ $b->address ]} " .
    "2>\@log\@ & echo \$! >'$dir/pid'; wait");

# A link that leads elsewhere from now on.
my @versions = map { "$folder/portico-$_" } 1, 2;
put_program($_, $tested) for @versions;
symlink $versions[0], "$folder/link" or die $!;
my $real = $path;
works('by a link', "'$folder/link' -c '$dir/a.conf'", before => sub {
	symlink $versions[1], "$folder/link.new" or die $!;
	rename "$folder/link.new", "$folder/link" or die $!;
	$path = $versions[1];
});
$path = $real;

SKIP: {
	skip 'only root can become another user', 8 if $> != 0;
	unlink glob "$dir/log*";
	works('as an ordinary user', 'exec setpriv --reuid=65534 ' .
	    "--regid=65534 --clear-groups '$path' -c '$dir/a.conf'",
	    before => sub { put_program($path, $tested) });
}
SKIP: {
	skip 'no namespace of processes can be had', 5
	    if system("unshare -pf true 2>'$dir/said'") != 0;
	my $at = '127.0.0.1:' . free_port();
	my $log = "$dir/log" . ++$n;

	write_conf($at);
	my $shell = fork // die $!;
	exec 'unshare', '-pf', '--kill-child', '--mount-proc', $path, '-f',
	    '-c', "$dir/a.conf" if $shell == 0;
	ok until_true(sub { my $r = eval { get($at, '/') };
	    $r && $r->{body} eq 'fine' }, 15), 'as pid 1: it starts';
	my ($pid) = split ' ',
	    Portico::slurp("/proc/$shell/task/$shell/children");
	is Portico::slurp("$dir/pid") + 0, 1, 'its number is 1';
	put_program($path, $tested);
	kill 'USR2', $pid;
	ok until_true(sub { Portico::slurp($log) =~
	    /generation 2 is running/ }, 15), 'an upgrade'
	    or diag Portico::slurp($log);
	is get($at, '/')->{body}, 'fine', 'it serves';
	kill 'TERM', $pid;
	ok until_true(sub { waitpid($shell, POSIX::WNOHANG()) == $shell },
	    10), 'TERM ends it';
}
done_testing;
