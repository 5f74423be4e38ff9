# SPDX-License-Identifier: BSD-2-Clause
# A master that answers porticoctl as it was told to: word by word, or odd.
package FakeMaster;
use strict;
use warnings;
use Exporter 'import';
use IO::Socket::UNIX;
use POSIX ();
use Portico ();
use Socket qw(SOCK_STREAM);

our @EXPORT_OK = qw(ctl whole record);
our $PROGRAM = $ENV{PORTICOCTL} // "$Portico::TOP/porticoctl";

# A whole answer: the records as lines.
sub whole
{
	return join "\n", 'ok', @_, "end\n";
}

# record('pool', 'name=app', 'up:=1')
sub record
{
	return join "\t", @_;
}

# Listens at DIR/portico.sock. answers: by command, what to say: a text, a
# list of them (one a time, and the last again and again), or a sub that has
# the socket and how often it was asked before.
sub new
{
	my ($class, $dir, %answers) = @_;
	my $self = bless { path => "$dir/portico.sock", owner => $$,
	    said => "$dir/said" }, $class;
	my $listener = IO::Socket::UNIX->new(Type => SOCK_STREAM,
	    Local => $self->{path}, Listen => 16) or die "$self->{path}: $!";

	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		local $SIG{PIPE} = 'IGNORE';
		alarm 120;
		serve($listener, $self->{said}, \%answers) while 1;
	}
	close $listener;
	return $self;
}

sub serve
{
	my ($listener, $said, $answers) = @_;
	my $client = $listener->accept or return;
	my $line = <$client> // '';

	open my $f, '>>', $said or die $!;
	print $f $line;
	close $f;
	chomp $line;
	my $answer = $answers->{$line} // $answers->{'*'}
	    // "error unknown there is no such command\nend\n";
	if (ref $answer eq 'CODE') {
		$answer->($client, $answers->{"times $line"}++ || 0);
	} elsif (ref $answer) {
		print $client @$answer > 1 ? shift @$answer : $answer->[0];
	} else {
		print $client $answer;
	}
	close $client;
	return;
}

# The commands that came, a line each.
sub said
{
	my ($self) = @_;

	return Portico::slurp($self->{said});
}

sub DESTROY
{
	my ($self) = @_;

	return if $self->{owner} != $$;
	local ($?, $!);
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

# Runs porticoctl to its end: status, standard output, standard error.
sub ctl
{
	local $Portico::BINARY = $PROGRAM;

	return Portico::run_program(@_);
}

1;
