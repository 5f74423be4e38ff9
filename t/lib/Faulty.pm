# SPDX-License-Identifier: BSD-2-Clause
# A backend that is a process of its own and fails as it is told.
package Faulty;
use strict;
use warnings;
use IO::Handle;
use IO::Select;
use POSIX ();
use Portico qw(tool);

my @living;

# name: what it says in X-Backend; record: a file for the POSTs that arrive;
# at: "127.0.0.1:0" (default).
sub new
{
	my ($class, %opt) = @_;
	my $self = bless { name => $opt{name} // 'backend', owner => $$,
	    record => $opt{record}, address => $opt{at} // '127.0.0.1:0' },
	    $class;

	push @living, $self;
	return $self->again;
}

# Starts it, once more at the same address if it was there before.
sub again
{
	my ($self) = @_;

	pipe my $in, my $orders or die "pipe: $!";
	pipe my $said, my $out or die "pipe: $!";
	my $program = tool('faulty');
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		open STDIN, '<&', $in;
		open STDOUT, '>&', $out;
		POSIX::close($_) for map { fileno $_ } $in, $orders, $said,
		    $out;
		exec { $program } $program, '-n', $self->{name},
		    ($self->{record} ? ('-l', $self->{record}) : ()),
		    $self->{address} or POSIX::_exit(127);
	}
	$orders->autoflush;
	@$self{qw(orders said)} = ($orders, $said);
	close $in;
	close $out;
	my ($port) = $self->line =~ /^port (\d+)/ or
	    die "$self->{name} does not listen at $self->{address}";
	$self->{address} =~ s/:0$/:$port/;
	return $self;
}

sub line
{
	my ($self) = @_;

	IO::Select->new($self->{said})->can_read(10) or return '';
	return readline($self->{said}) // '';
}

# From now on: "hang", "slow ms=300", "reset percent=20 healthy", ... as the
# head of faulty.c says. True once it is so.
sub be
{
	my ($self, $fault) = @_;

	print { $self->{orders} } "$fault\n";
	return $self->line eq "$fault\n";
}

sub name { my ($self) = @_; return $self->{name} }
sub address { my ($self) = @_; return $self->{address} }
sub port { my ($self) = @_; return $self->{address} =~ /:(\d+)$/ }
sub signal { my ($self, $name) = @_; return CORE::kill $name, $self->{pid} }

sub kill
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{owner} != $$;
	CORE::kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
	close $self->{orders};
	close $self->{said};
	return;
}

END {
	local $?;
	$_->kill for @living;
}

1;
