# SPDX-License-Identifier: BSD-2-Clause
# A program in a terminal of its own: what it shows, keys, sizes, its end.
package Terminal;
use strict;
use warnings;
use Fcntl qw(O_NOCTTY O_RDWR);
use IO::Select;
use POSIX ();
use Test::More ();
use Time::HiRes qw(time);

# Of Linux on most machines; not of MIPS, PowerPC and SPARC.
my %IOCTL = (unlock => 0x40045431, number => 0x80045430, size => 0x5414,
    control => 0x540e);

# Skips the test by name where there are no terminals to be had; but fails
# where CI is set.
sub need
{
	my ($master, $name) = eval { open_pair() };

	return if $name;
	die "no terminal: $@" if $ENV{CI};
	Test::More::plan(skip_all => "no terminal is to be had: $@");
}

sub open_pair
{
	sysopen my $master, '/dev/ptmx', O_RDWR | O_NOCTTY
	    or die "/dev/ptmx: $!\n";
	my $number = pack 'i', 0;

	ioctl $master, $IOCTL{unlock}, $number or die "unlock: $!\n";
	ioctl $master, $IOCTL{number}, $number or die "number: $!\n";
	return ($master, '/dev/pts/' . unpack 'i', $number);
}

# Starts the program; size => [rows, columns], env => { NAME => value }.
sub new
{
	my ($class, $program, %opt) = @_;
	my ($master, $name) = open_pair();
	my $self = bless { master => $master, name => $name, owner => $$,
	    shown => '' }, $class;

	# We keep it open, too: what it is set to outlives the program.
	sysopen $self->{slave}, $name, O_RDWR | O_NOCTTY
	    or die "$name: $!";
	$self->resize(@{ $opt{size} || [ 24, 80 ] });
	$self->{before} = $self->settings;
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		POSIX::setsid();
		ioctl $self->{slave}, $IOCTL{control}, 0;
		open STDIN, '<&', $self->{slave};
		open STDOUT, '>&', $self->{slave};
		open STDERR, '>&', $self->{slave};
		@ENV{keys %{ $opt{env} }} = values %{ $opt{env} };
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP QUIT PIPE);
		exec { $program->[0] } @$program or POSIX::_exit(127);
	}
	return $self;
}

sub resize
{
	my ($self, $rows, $columns) = @_;

	ioctl $self->{master}, $IOCTL{size}, pack 'S4', $rows, $columns, 0, 0
	    or die "size: $!";
	return;
}

sub press
{
	my ($self, $keys) = @_;

	syswrite $self->{master}, $keys;
	return;
}

sub kill { my ($self, $signal) = @_; return CORE::kill $signal, $self->{pid} }

# Reads what is shown until it matches, for some seconds at most. What was
# shown up to the match is forgotten. The text, or undef.
sub wait_for
{
	my ($self, $pattern, $seconds) = @_;
	my $end = time + ($seconds // 10);

	while ($self->{shown} !~ /$pattern/) {
		my $left = $end - time;
		if ($left <= 0) {
			Test::More::diag("no $pattern in: $self->{shown}");
			return undef;
		}
		IO::Select->new($self->{master})->can_read($left) or next;
		sysread $self->{master}, $self->{shown}, 65536,
		    length $self->{shown} or return undef;
	}
	$self->{shown} =~ s/\A(.*?$pattern)//s;
	return $1;
}

# The settings of the terminal, as stty(1) tells them.
sub settings
{
	my ($self) = @_;

	return scalar `stty -a -F '$self->{name}'`;
}

# Whether they are as they were before the program; but for the size.
sub is_as_before
{
	my ($self) = @_;
	my ($now, $before) = map { s/rows.*?;.*?;//r } $self->settings,
	    $self->{before};

	return $now eq $before;
}

# Waits for the end: the wait status, or undef.
sub ended
{
	my ($self, $seconds) = @_;
	my $end = time + ($seconds // 10);

	while (time < $end) {
		if (waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid}) {
			delete $self->{pid};
			return $?;
		}
		select undef, undef, undef, 0.02;
	}
	return undef;
}

sub DESTROY
{
	my ($self) = @_;

	return if $self->{owner} != $$ || !$self->{pid};
	local ($?, $!);
	CORE::kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

1;
