# SPDX-License-Identifier: BSD-2-Clause
# Backends in Python that count the checks and answer as they are told.
package Checked;
use strict;
use warnings;
use IO::Handle;
use Client ();
use Portico ();

my @living;

# So many backends in one process; unix => 1: one, at a unix socket.
sub start
{
	my ($class, $n, %opt) = @_;
	my $python = Portico::need_program('python3');
	my $dir = Portico::temporary();
	my $self = bless { dir => $dir, owner => $$, n => $n }, $class;

	$self->{pid} = open($self->{orders}, '|-') // die "fork: $!";
	if ($self->{pid} == 0) {
		exec { $python } $python, "$Portico::TOP/t/lib/checked.py",
		    $dir, $opt{unix} ? 0 : $n or POSIX::_exit(127);
	}
	$self->{orders}->autoflush(1);
	push @living, $self;
	Client::until_true(sub { -e "$dir/ports" }, 15)
	    or die 'the backends do not start';
	@{ $self->{addresses} } = $opt{unix} ? "unix:$dir/socket" :
	    map { "127.0.0.1:$_" } split /\n/, Portico::slurp("$dir/ports");
	return $self;
}

sub address { my ($self, $i) = @_; return $self->{addresses}[$i // 0] }

# The backends of a pool, named b0, b1, ...
sub list
{
	my ($self) = @_;
	my $i = 0;

	return join ', ', map { sprintf '{ name = "b%d"; address = "%s"; }',
	    $i++, $_ } @{ $self->{addresses} };
}

# Tells a backend ("*": all) what to do, and waits until it does.
sub tell
{
	my ($self, $i, $mode) = @_;
	my $want = ++$self->{told};

	print { $self->{orders} } "$i $mode\n";
	return Client::until_true(sub {
		(() = Portico::slurp("$self->{dir}/told") =~ /\n/g)
		    >= $want });
}

sub text { my ($self) = @_; return Portico::slurp("$self->{dir}/checks") }

# What happened at a backend: [ time, word, ... ] each; word: only those.
sub events
{
	my ($self, $i, $word) = @_;

	return grep { !defined $word || $_->[1] =~ /^$word$/ }
	    map { [ split / / ] } $self->text =~ /^$i (.*)$/mg;
}

sub stop
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{owner} != $$;
	kill 'KILL', $self->{pid};
	close $self->{orders};
	$self->{pid} = 0;
	return;
}

END {
	local $?;
	$_->stop for @living;
}

1;
