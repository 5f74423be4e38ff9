# SPDX-License-Identifier: BSD-2-Clause
# A running Portico: started from a text, looked at through /proc, ended.
package Portico;
use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Socket::IP;
use POSIX ();
use Test::More ();
use Time::HiRes qw(sleep time);
use Client ();

our @EXPORT_OK = qw(free_port need_program run_program one_backend one_site
    tool temporary);
our $TOP = abs_path(dirname(__FILE__) . '/../..');
our $BINARY = $ENV{PORTICO} // "$TOP/portico";
my @living;
my (%given, %compiled);

$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP PIPE);
$SIG{ALRM} = sub { Test::More::diag('no end within two minutes'); exit 1 };
alarm 120;

# A port that nobody has, outside of the range from which the kernel gives
# to clients, so that it is still free a moment later.
sub free_port
{
	my ($host) = @_;

	for (1 .. 200) {
		my $port = 12000 + int rand 20000;
		next if $given{$port}++;
		my $s = IO::Socket::IP->new(LocalHost => $host // '127.0.0.1',
		    LocalPort => $port, Listen => 1) or next;
		close $s;
		return $port;
	}
	die 'no free port';
}

# A directory of the test's that other users can look into.
sub temporary
{
	my $dir = tempdir(CLEANUP => 1);

	chmod 0755, $dir;
	return $dir;
}

# The whole path of a program that a test needs. Without it the test is
# skipped by name, but fails where CI is set.
sub need_program
{
	my ($name) = @_;

	for (split(/:/, $ENV{PATH}), '/usr/sbin', '/sbin') {
		return "$_/$name" if -x "$_/$name" && !-d _;
	}
	die "$name is missing\n" if $ENV{CI};
	Test::More::plan(skip_all => "$name is missing");
}

# The path of t/lib/NAME.c, compiled: what the Makefile made and names in
# PORTICO_NAME, or our own.
sub tool
{
	my ($name) = @_;
	my $made = $ENV{'PORTICO_' . uc $name} // $compiled{$name};

	return $made if defined $made;
	my $out = tempdir(CLEANUP => 1) . "/$name";
	system($ENV{CC} // 'cc', '-O2', '-o', $out, "$TOP/t/lib/$name.c",
	    $name eq 'load' ? qw(-lssl -lcrypto) : ()) == 0
	    or die "$name does not compile";
	return $compiled{$name} = $out;
}

# Runs Portico to its end: its exit status, what it said on stdout, stderr.
sub run_program
{
	my (@arguments) = @_;
	my $dir = tempdir(CLEANUP => 1);
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$dir/out";
		open STDERR, '>', "$dir/err";
		exec { $BINARY } $BINARY, @arguments or POSIX::_exit(127);
	}
	my $ended = Client::until_true(sub {
		waitpid($pid, POSIX::WNOHANG()) == $pid }, 10);
	if (!$ended) {
		kill 'KILL', $pid;
		waitpid $pid, 0;
	}
	return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}

sub slurp
{
	my ($path) = @_;

	open my $f, '<:raw', $path or return '';
	local $/;
	return <$f> // '';
}

# A configuration: one listener, one pool.
sub one_backend
{
	my ($address, %more) = @_;
	my ($listener, $pool) = map { $_ // '' } @more{qw(listener pool)};
	my $top = $more{top} // '';

	return qq{
	listeners = { http = { address = "\@http\@"; $listener }; };
	pools = { app = { backends = [ "$address" ]; $pool }; };
	$top
	};
}

# A configuration: one listener, pools by name (an address, or an address
# and keys), one site for all hosts with these routes.
sub one_site
{
	my ($routes, %more) = @_;
	my ($listener, $site, $top) = map { $_ // '' }
	    @more{qw(listener site top)};
	my $pools = '';

	for my $name (sort keys %{ $more{pools} || {} }) {
		my $pool = $more{pools}{$name};
		my ($address, $keys) = ref $pool ? @$pool : ($pool, '');

		$pools .= qq{$name = { backends = [ "$address" ]; $keys };\n};
	}
	return qq{
	listeners = { http = { address = "\@http\@"; $listener }; };
	pools = { $pools };
	sites = { x = { hosts = "*"; $site
	    routes = ( $routes ); }; };
	$top
	};
}

# Writes the text where the file is: "@name@" becomes an address with a
# free port, of ::1 if the name ends in 6, "@dir@" the test's directory.
sub write_conf
{
	my ($self, $text) = @_;

	$text =~ s/\@dir\@/$self->{dir}/g;
	$text =~ s{\@([a-z]\w*)\@}{$self->address($1)}ge;
	$text .= qq{pid_file = "$self->{dir}/portico.pid";\n}
	    unless $text =~ /\bpid_file\b/;
	$text .= "workers = { min = 2; max = 4; };\n"
	    unless $text =~ /^\s*workers\b/m;
	open my $f, '>', "$self->{dir}/portico.conf.new" or die $!;
	print $f $text;
	close $f;
	rename "$self->{dir}/portico.conf.new", $self->{file} or die $!;
	return;
}

# Starts Portico in the foreground and waits until it listens. dir: an own
# directory; arguments: instead of -f -c FILE; may_fail: undef, no death.
sub start
{
	my ($class, $text, %opt) = @_;
	my $dir = $opt{dir} // temporary();
	my $self = bless { dir => $dir, addresses => {}, owner => $$,
	    file => "$dir/portico.conf", log => "$dir/stderr" }, $class;

	$self->{addresses} = $opt{addresses} if $opt{addresses};
	$self->write_conf($text);
	my @arguments = $opt{arguments} ? @{ $opt{arguments} } :
	    ('-f', '-c', $self->{file});
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', $self->{log};
		open STDERR, '>>', $self->{log};
		exec { $BINARY } $BINARY, @arguments or POSIX::_exit(127);
	}
	push @living, $self;
	$self->wait_for_listeners($opt{listeners} //
	    [ values %{ $self->{addresses} } ]);
	Client::until_true(sub {
		die 'Portico ended: ' . $self->log if !$self->alive;
		$self->log =~ /generation 1 is running/ }, 15)
	    if !$opt{arguments};
	return $self;
}

sub wait_for_listeners
{
	my ($self, $addresses) = @_;

	for my $address (@$addresses) {
		my $there = Client::until_true(sub {
			die "Portico ended: " . $self->log if !$self->alive;
			eval { Client->new($address)->close; 1 } }, 15);
		die "nobody listens at $address: " . $self->log if !$there;
	}
	return;
}

sub address
{
	my ($self, $name) = @_;
	my $host = $name =~ /6$/ ? '[::1]' : '127.0.0.1';

	return $self->{addresses}{$name} //=
	    "$host:" . free_port($host =~ tr/[]//dr);
}

sub port { my ($self, $name) = @_; return $self->address($name) =~ s/.*://r }
sub pid { my ($self) = @_; return $self->{pid} }
sub dir { my ($self) = @_; return $self->{dir} }
sub file { my ($self) = @_; return $self->{file} }
sub log { my ($self) = @_; return slurp($self->{log}) }
sub signal { my ($self, $name) = @_; return kill $name, $self->{pid} }

# Forgets the log so far.
sub clear_log { my ($self) = @_; truncate $self->{log}, 0; return }

# The lines of access.log in our directory, once there are n of them.
sub access_lines
{
	my ($self, $n, $seconds) = @_;
	my $file = "$self->{dir}/access.log";

	Client::until_true(sub { (() = slurp($file) =~ /\n/g) >= $n },
	    $seconds // 5);
	return split /\n/, slurp($file);
}

# True once the log has the pattern.
sub logged
{
	my ($self, $pattern, $seconds) = @_;

	return Client::until_true(sub { $self->log =~ $pattern }, $seconds);
}

# False once the master has ended; its wait status is then in {status}.
sub alive
{
	my ($self) = @_;

	return 0 if !$self->{pid} || defined $self->{status};
	return 1 if waitpid($self->{pid}, POSIX::WNOHANG()) == 0;
	$self->{status} = $?;
	return 0;
}

# A new text (or none), HUP, and until the check says that it works.
sub reload
{
	my ($self, $text, $check) = @_;

	$self->write_conf($text) if defined $text;
	$self->signal('HUP');
	return $check ? Client::until_true($check) : 1;
}

# pid => role ("worker 3", "steward") of the living children.
sub children
{
	my ($self) = @_;
	my %roles;

	for my $path (glob '/proc/[0-9]*/stat') {
		my ($pid, $comm, $state, $parent) =
		    slurp($path) =~ /^(\d+) \((.*)\) (\S) (\d+)/s or next;
		next if $parent != $self->{pid} || $state =~ /[ZX]/;
		my ($title) = slurp("/proc/$pid/cmdline") =~ /^([^\0]+)/;
		$title = $comm unless ($title // '') =~ /^portico: /;
		$roles{$pid} = $title =~ s/^portico: //r;
	}
	return %roles;
}

# Pids of the children with a role: "worker", "steward", "heir", "logger".
sub pids
{
	my ($self, $role) = @_;
	my %roles = $self->children;

	my @pids = sort { $a <=> $b } grep { $roles{$_} =~ /^$role/ }
	    keys %roles;

	return @pids;
}

sub workers { my ($self) = @_; return $self->pids('worker') }

# Sends a signal and waits for the end: the exit status, 256 and more for
# a signal, undef if it did not end (and was killed).
sub end_by
{
	my ($self, $signal, $seconds) = @_;

	return undef if !$self->alive;
	$self->signal($signal);
	Client::until_true(sub { !$self->alive }, $seconds // 10);
	if ($self->alive) {
		$self->kill_all;
		return undef;
	}
	$self->look_for_faults;
	return $self->{status} & 127 ? 256 + ($self->{status} & 127)
	    : $self->{status} >> 8;
}

sub quit { my ($self, $seconds) = @_; return $self->end_by('QUIT', $seconds) }
sub stop { my ($self, $seconds) = @_; return $self->end_by('TERM', $seconds) }

our $CLEAN = qr/ended:\ rows\ 0,\ pages\ 0,\ in\ flight\ 0,
    \ idle\ 0,\ descriptors\ 0,\ locks\ 0,\ queued\ 0,\ pins\ 0,\ fills\ 0$/x;

# How many generations have ended with sums, and how many with other than
# zero.
sub sums
{
	my ($self) = @_;
	my @lines = $self->log =~ /^(.*\bended: rows .*)$/mg;

	return (scalar @lines, grep { $_ !~ $CLEAN } @lines);
}

# What sanitizers and our own checks say must not pass unseen.
sub look_for_faults
{
	my ($self) = @_;
	my ($fault) = $self->log =~
	    /^(.*(?:Sanitizer|runtime error:|panic).*)$/m;

	Test::More::fail("fault: $fault") if defined $fault;
	return;
}

# Is the binary built with AddressSanitizer? (No memory is measured then.)
sub sanitized
{
	return slurp($BINARY) =~ /__asan_init/;
}

# Private memory of master and children, in KB.
sub private_kb
{
	my ($self) = @_;
	my %roles = $self->children;
	my $sum = 0;

	for my $pid ($self->{pid}, keys %roles) {
		my $text = slurp("/proc/$pid/smaps_rollup");

		$sum += $_ for $text =~ /^Private_(?:Clean|Dirty): +(\d+)/mg;
	}
	return $sum;
}

# All memory in proportion, shared areas included, in KB.
sub pss_kb
{
	my ($self) = @_;
	my %roles = $self->children;
	my $sum = 0;

	for my $pid ($self->{pid}, keys %roles) {
		$sum += $1 if slurp("/proc/$pid/smaps_rollup") =~
		    /^Pss: +(\d+)/m;
	}
	return $sum;
}

sub kill_all
{
	my ($self) = @_;
	my %roles = $self->children;

	kill 'KILL', $self->{pid}, keys %roles;
	if (!defined $self->{status}) {
		waitpid $self->{pid}, 0;
		$self->{status} = $?;
	}
	return;
}

END {
	local $?;
	for my $p (grep { $_->{owner} == $$ } @living) {
		$p->stop(5) if $p->alive;
	}
}

1;
