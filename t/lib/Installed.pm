# SPDX-License-Identifier: BSD-2-Clause
# Portico as `make install` leaves it, with all folders below one of a test's.
package Installed;
use strict;
use warnings;
use File::Basename qw(dirname);
use POSIX ();
use Test::More ();
use Client ();
use Portico ();

# Installs with the targets given; skips the whole test where there is only
# a binary.
sub new
{
	my ($class, @targets) = @_;
	my $build = dirname($Portico::BINARY);
	my $dir = Portico::temporary();
	my $self = bless { dir => $dir, owner => $$, log => "$dir/log" },
	    $class;

	Test::More::plan(skip_all => 'not the binary of a build')
	    if !-f "$build/config.mk";
	my $status = $self->run({ MAKEFLAGS => '', MAKELEVEL => '' }, 'make',
	    '-C', $build, 'install', @targets, "prefix=$dir/usr",
	    "exec_prefix=$dir/usr", "sbindir=$dir/usr/sbin",
	    "sysconfdir=$dir/etc", "localstatedir=$dir/var",
	    "datarootdir=$dir/usr/share", "mandir=$dir/usr/share/man",
	    "docdir=$dir/usr/share/doc/portico", "etcdir=$dir/etc",
	    "rundir=$dir/run");
	die "make install: $self->{said}" if $status != 0;
	mkdir "$dir/run";
	return $self;
}

sub dir { my ($self) = @_; return $self->{dir} }

# Runs a command with these variables to its end: its exit status, 256 and
# more for a signal; {said} is what it printed.
sub run
{
	my ($self, $set, @command) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', $self->{log};
		open STDERR, '>&', \*STDOUT;
		$ENV{$_} = $set->{$_} for keys %$set;
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	$self->{said} = Portico::slurp($self->{log});
	return $? & 127 ? 256 + ($? & 127) : $? >> 8;
}

sub said { my ($self) = @_; return $self->{said} }

# Writes a file below the folder: "@dir@" in the text is its name.
sub write
{
	my ($self, $path, $text) = @_;

	open my $f, '>', "$self->{dir}/$path" or die "$path: $!";
	print $f $text =~ s/\@dir\@/$self->{dir}/gr;
	close $f;
	return;
}

# A configuration that listens there and puts its pid file where init
# scripts look for it.
sub configure
{
	my ($self, $address, $rest) = @_;

	$self->write('etc/portico/portico.conf', <<"END");
listeners = { http = { address = "$address"; }; };
pid_file = "\@dir\@/run/portico.pid";
workers = { min = 2; max = 4; };
$rest
END
	return;
}

# The number in the pid file, or 0.
sub pid
{
	my ($self) = @_;
	my ($pid) = Portico::slurp("$self->{dir}/run/portico.pid") =~ /^(\d+)$/;

	return $pid // 0;
}

# True once no process has been started from here any more.
sub is_gone
{
	my ($self) = @_;

	return Client::until_true(sub { !$self->processes });
}

sub processes
{
	my ($self) = @_;

	return grep { (readlink("/proc/$_/exe") // '') =~
	    /^\Q$self->{dir}\E\// } map { /(\d+)/ } glob '/proc/[0-9]*';
}

sub DESTROY
{
	my ($self) = @_;
	local ($?, $!);

	kill 'KILL', $self->processes if $self->{owner} == $$;
	return;
}

1;
