# SPDX-License-Identifier: BSD-2-Clause
# Sends recorded requests to another server: does it read the same?
package Replay;
use strict;
use warnings;
use Exporter 'import';
use IO::Socket::INET;
use POSIX ();
use Portico ();
use Reader qw(reading);
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Storable ();
use Time::HiRes qw(time);

our @EXPORT_OK = qw(replay replay_to_all);

my $TOGETHER = 50;
my $BYTES = 200000;
my $PATIENCE = 5;    # seconds without a byte

# Follows what is replayed: what that leaves over would spoil this.
my $LAST = "GET /behind HTTP/1.1\r\nHost: behind.test\r\n\r\n";
my $LAST_READING = reading('GET', '/behind', 'behind.test', '');

# What an origin may refuse although it is lawful, or answer without its
# application: origin, status, the readings that it is about, why, and
# what the head has that it is about.
my @EXPLAINED = (
	[ 'nginx', 400, qr/^OPTIONS \* /, 'knows no asterisk-form' ],
	[ 'nginx', 405, qr/^TRACE /, 'takes no TRACE' ],
	[ 'nginx', 400, qr/^[A-Z_-]*[^A-Z_ -]/,
	    'takes methods of capitals, "-" and "_" only' ],
	[ 'nginx', 400, qr//, 'takes Authorization and conditions once only',
	    qr/^(authorization|if-[a-z-]+):.*^\1:/ims ],
	[ 'apache', 200, qr/^OPTIONS \* /, 'answers OPTIONS * itself' ],
	[ 'apache', 400, qr/^\S+ \S+ \S*: /, 'takes no empty port' ],
	[ 'apache', 400, qr/^\S+ \S+ [^ ]*~/, 'takes no "~" in a host' ],
	[ 'apache', 400, qr/^\S+ \S+ [^ ]*\.[^A-Za-z .:][^ .:]*(?::\d*)? /,
	    'takes no top-level domain without a letter first' ],
	[ 'apache', 400, qr/^\S+ \S+ [0-9.]+(?::\d*)? /,
	    'takes digits and dots for a wrong IPv4 address' ],
);

# Each form is { bytes, reading }, {cut} instead of a reading for one that
# Portico left unfinished. Returns { same, explained => { why =>
# number }, differences => [ [ form, text ] ] }.
sub replay
{
	my ($origin, $forms) = @_;
	my $result = { same => 0, explained => {}, differences => [] };
	my $at = 0;

	while ($at < @$forms) {
		my ($last, $size) = ($at, 0);
		if ($forms->[$at]{cut}) {
			unfinished($origin, $result, $forms->[$at++]);
			next;
		}
		$last++ while $last < @$forms && $last - $at < $TOGETHER
		    && !$forms->[$last]{cut}
		    && ($size += length $forms->[$last]{bytes}) < $BYTES;
		$last++ if $last == $at;
		$at += together($origin, $result, @$forms[$at .. $last - 1]);
	}
	return $result;
}

# How many of the forms could be judged on one connection, at least one.
sub together
{
	my ($origin, $result, @forms) = @_;
	my @answers = exchange($origin, join('', map({ $_->{bytes} } @forms),
	    $LAST), @forms + 1);
	my $n = 0;

	for my $form (@forms) {
		my $why = $n < @answers ?
		    judge($origin, $form, $answers[$n]) : undef;
		last if !defined $why;
		count($result, $why);
		return $n if ++$n == @answers && $why ne 'same';
	}
	return $n if $n == @forms && @answers == $n + 1
	    && $answers[$n]{reading} eq $LAST_READING;
	# the one before may have left bytes over
	alone($origin, $result, $forms[$n - 1], 1) if $n > 0;
	return $n if $n == @forms;
	alone($origin, $result, $forms[$n], 0);
	return $n + 1;
}

sub count
{
	my ($result, $why) = @_;

	$why eq 'same' ? $result->{same}++ : $result->{explained}{$why}++;
	return;
}

# "same", why the origin may answer so, or undef.
sub judge
{
	my ($origin, $form, $answer) = @_;

	return 'same' if $answer->{reading} eq $form->{reading};
	return undef if $answer->{reading} ne '';
	my $head = $form->{bytes} =~ s/\r\n\r\n.*//sr;
	for (@EXPLAINED) {
		my ($name, $status, $pattern, $why, $fields) = @$_;
		return "$name: $why" if $name eq $origin->name
		    && $status == $answer->{status}
		    && $form->{reading} =~ /$pattern/
		    && (!$fields || $head =~ $fields);
	}
	return undef;
}

# One form when nothing but the last follows; it may be counted already.
sub alone
{
	my ($origin, $result, $form, $counted) = @_;
	my @answers = exchange($origin, $form->{bytes} . $LAST, 2);
	my $why = @answers ? judge($origin, $form, $answers[0]) : undef;

	if (defined $why && (@answers == 2 ?
	    $answers[1]{reading} eq $LAST_READING : $why ne 'same')) {
		count($result, $why) if !$counted;
	} else {
		push @{ $result->{differences} }, [ $form, told(@answers) ];
		$result->{same}-- if $counted;
	}
	return;
}

sub told
{
	my (@answers) = @_;

	return 'read as ' . (join(', then ', map { "$_->{status} " .
	    ($_->{reading} || 'by the server itself') } @answers)
	    || 'nothing');
}

# Half a request is none.
sub unfinished
{
	my ($origin, $result, $form) = @_;
	my @answers = exchange($origin, $form->{bytes}, 0);

	return $result->{same}++ if !grep { $_->{reading} ne '' } @answers;
	push @{ $result->{differences} }, [ $form, told(@answers) ];
	return;
}

# All answers on a connection, until there are so many or the server closes;
# 0: we are the first to close. Each is { status, reading }, "" for one that
# is not the application's.
sub exchange
{
	my ($origin, $out, $many) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => $origin->address)
	    or die $origin->name . ": $!";
	my ($in, $since) = ('', time);
	local $SIG{PIPE} = 'IGNORE';

	setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
	$socket->blocking(0);
	while (time - $since < $PATIENCE) {
		my ($read, $write) = ('', '');
		vec($read, fileno $socket, 1) = 1;
		vec($write, fileno $socket, 1) = 1 if length $out;
		next if select($read, $write, undef, 1) <= 0;
		if ($write ne '' && vec($write, fileno $socket, 1)) {
			my $n = syswrite $socket, $out;
			substr($out, 0, $n) = '' if $n;
			$out = '' if !defined $n && !$!{EAGAIN};
			shutdown $socket, 1 if $out eq '' && !$many;
		}
		next if !vec($read, fileno $socket, 1);
		$since = time;
		my $n = sysread $socket, $in, 65536, length $in;
		next if !defined $n && $!{EAGAIN};
		last if !$n || ($many && @{ answers_in($in) } >= $many);
	}
	return @{ answers_in($in) };
}

sub answers_in
{
	my ($in) = @_;
	my @answers;

	while ($in =~ /^HTTP\/1\.[01]\ (\d{3})[^\r\n]*\r\n
	    ((?:[^\r\n]+\r\n)*)\r\n/mgx) {
		my ($status, $fields) = ($1, $2);
		next if $status < 200;
		my ($reading) = $fields =~ /^X-Reading: (.*)\r$/m;
		push @answers, { status => $status,
		    reading => $reading // '' };
	}
	return \@answers;
}

# To each origin in a process of its own; the results in the same order.
sub replay_to_all
{
	my ($forms, @origins) = @_;
	my $dir = Portico::temporary();
	my @pids;

	for my $i (0 .. $#origins) {
		my $pid = fork // die "fork: $!";
		push @pids, $pid;
		next if $pid;
		eval {
			my $result = replay($origins[$i], $forms);
			# a form goes back as its place
			my %place = map { $forms->[$_] => $_ } 0 .. $#$forms;
			$_->[0] = $place{ $_->[0] }
			    for @{ $result->{differences} };
			Storable::store($result, "$dir/$i");
		};
		warn $@ if $@;
		POSIX::_exit($@ ? 1 : 0);
	}
	my @results;
	for my $i (0 .. $#pids) {
		waitpid $pids[$i], 0;
		die 'no replay to ' . $origins[$i]->name if $? != 0;
		my $result = Storable::retrieve("$dir/$i");
		$_->[0] = $forms->[$_->[0]]
		    for @{ $result->{differences} };
		push @results, $result;
	}
	return @results;
}

1;
