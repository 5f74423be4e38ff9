# SPDX-License-Identifier: BSD-2-Clause
# A DNS server of the test's own, whose records and moods change as it runs.
package Dns;
use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(AF_INET AF_INET6 inet_pton);
use Time::HiRes qw(sleep time);

my %TYPES = (A => 1, CNAME => 5, AAAA => 28, SRV => 33);
my %NAMES = reverse %TYPES;
my @living;

# Listens on a port of 127.0.0.1, for UDP and TCP. names: as for `set`.
sub new
{
	my ($class, %names) = @_;
	my $self = bless { dir => tempdir(CLEANUP => 1), owner => $$,
	    zone => {}, moods => {} }, $class;

	$self->{zone} = {%names};
	$self->listen_somewhere;
	$self->write_zone;
	$self->resume;
	push @living, $self;
	return $self;
}

sub listen_somewhere
{
	my ($self) = @_;

	for (1 .. 50) {
		my $tcp = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		    Listen => 16, ReuseAddr => 1) or die "listen: $!";
		my $udp = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		    LocalPort => $tcp->sockport, Proto => 'udp') or next;
		@$self{qw(tcp udp port)} = ($tcp, $udp, $tcp->sockport);
		return;
	}
	die 'no free port';
}

sub address { my ($self) = @_; return "127.0.0.1:$self->{port}" }

# What a name has from now on: "A 127.0.0.1", "AAAA ::1", "CNAME other.test",
# "SRV priority weight port target", and "TTL 60" (5 unless said). A name
# that was never set does not exist; one with an empty list has no records.
sub set
{
	my ($self, $name, @records) = @_;

	$self->{zone}{$name} = \@records;
	$self->write_zone;
	return;
}

sub remove
{
	my ($self, $name) = @_;

	delete $self->{zone}{$name};
	$self->write_zone;
	return;
}

# How it answers for a name, or for '*': "servfail", "refused", "silent",
# "truncated" (in UDP), "wrong-id", "wrong-name", "garbage", "half", "loop",
# "slow" (half a second), or "" as it should. With a type before it, as
# "AAAA silent", only questions of that type.
sub mood
{
	my ($self, $name, $mood) = @_;

	$self->{moods}{$name} = $mood;
	$self->write_zone;
	return;
}

sub write_zone
{
	my ($self) = @_;

	open my $f, '>', "$self->{dir}/zone.new" or die $!;
	for my $name (sort keys %{ $self->{zone} }) {
		print $f "$name $_\n" for 'HERE', @{ $self->{zone}{$name} };
	}
	print $f "$_ MOOD $self->{moods}{$_}\n" for sort keys %{ $self->{moods} };
	close $f;
	rename "$self->{dir}/zone.new", "$self->{dir}/zone" or die $!;
	return;
}

# [ time, name, type, "udp" or "tcp" ] of each question so far.
sub questions
{
	my ($self, $name, $type) = @_;
	my @all;

	if (open my $f, '<', "$self->{dir}/questions") {
		@all = map { [ split ] } <$f>;
	}
	return grep { (!defined $name || $_->[1] eq $name)
	    && (!defined $type || $_->[2] eq $type) } @all;
}

sub clear { my ($self) = @_; unlink "$self->{dir}/questions"; return }

# The server dies; its port stays ours, and nobody answers.
sub stop
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{owner} != $$;
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
	return;
}

sub resume
{
	my ($self) = @_;

	$self->{pid} = fork // die "fork: $!";
	return if $self->{pid};
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
	$SIG{CHLD} = 'IGNORE';
	open STDOUT, '>', '/dev/null';
	eval { $self->serve };
	warn $@ if $@;
	POSIX::_exit(0);
}

# ---- The server ----

sub serve
{
	my ($self) = @_;
	my $select = IO::Select->new($self->{udp}, $self->{tcp});
	my $parent = getppid;

	while (getppid == $parent) { # else the test was killed
		for my $s ($select->can_read(1)) {
			if ($s == $self->{tcp}) {
				$self->serve_stream($s->accept);
				next;
			}
			my $from = recv $s, my $bytes, 4096, 0;
			my @answers = $self->answer($bytes, 'udp');
			if (@answers && $answers[0] eq 'later') {
				shift @answers;
				fork and next;
				sleep 0.5;
				send $s, $_, 0, $from for @answers;
				POSIX::_exit(0);
			}
			send $s, $_, 0, $from for @answers;
		}
	}
	return;
}

sub serve_stream
{
	my ($self, $c) = @_;

	return if !$c || fork;
	local $SIG{ALRM} = sub { POSIX::_exit(0) };
	alarm 20;
	while (read $c, my $length, 2) {
		read $c, my $bytes, unpack 'n', $length;
		for ($self->answer($bytes, 'tcp')) {
			next if $_ eq 'later';
			print $c pack('n', length) . $_;
		}
		$c->flush;
	}
	POSIX::_exit(0);
}

sub read_zone
{
	my ($self) = @_;
	my (%zone, %moods);

	open my $f, '<', "$self->{dir}/zone" or die $!;
	while (<$f>) {
		my ($name, $what, $rest) = /^(\S+) (\S+) ?(.*)$/ or next;
		if ($what eq 'MOOD') {
			$moods{$name} = $rest;
		} else {
			push @{ $zone{$name}{$what} }, $rest;
		}
	}
	return (\%zone, \%moods);
}

sub answer
{
	my ($self, $bytes, $how) = @_;

	return if length $bytes < 17;
	my ($id, $flags, $n) = unpack 'nnn', $bytes;
	my ($name, $end) = read_name($bytes, 12);
	my ($type) = unpack 'n', substr $bytes, $end, 2;
	my $question = substr $bytes, 12, $end + 4 - 12;
	my $kind = $NAMES{$type} // $type;

	open my $f, '>>', "$self->{dir}/questions" or die $!;
	syswrite $f, join(' ', time, $name, $kind, $how) . "\n";
	close $f;
	my ($zone, $moods) = $self->read_zone;
	my $mood = $moods->{$name} || $moods->{'*'} || '';
	if ($mood =~ s/^(A|AAAA|SRV) //) {
		$mood = '' if $1 ne $kind;
	}
	return if $mood eq 'silent';
	return substr pack('n', $id) . ("\xff" x 40), 0, 40
	    if $mood eq 'garbage';
	my ($status, @records) = find($zone, $name, $kind);
	($status, @records) = (2) if $mood eq 'servfail';
	($status, @records) = (5) if $mood eq 'refused';
	my $all = join '', @records;
	my $cut = $how eq 'udp' && ($mood eq 'truncated'
	    || length($all) + length($question) > 500);
	$all = $cut ? '' : $mood eq 'half' ? substr $all, 0, -2 :
	    $mood eq 'loop' ? "\xc0\x0c\0" : $all;
	$id ^= 1 if $mood eq 'wrong-id';
	$question =~ s/^(.)./$1z/s if $mood eq 'wrong-name';
	my $message = pack('n6', $id, 0x8580 | ($cut ? 0x200 : 0) | $status,
	    1, $cut ? 0 : scalar @records, 0, 0) . $question . $all;
	return ($mood eq 'slow' ? 'later' : (), $message);
}

# The status, and the records: of what the name is an alias for, too.
sub find
{
	my ($zone, $name, $kind) = @_;
	my $here = $zone->{$name} or return (3);
	my $ttl = $here->{TTL} ? $here->{TTL}[0] : 5;

	if ($here->{CNAME}) {
		my $target = $here->{CNAME}[0];
		my ($status, @more) = find($zone, $target, $kind);
		return ($status, record($name, 'CNAME', $ttl,
		    put_name($target)), @more);
	}
	return (0, map { record($name, $kind, $ttl, contents($kind, $_)) }
	    @{ $here->{$kind} // [] });
}

sub contents
{
	my ($kind, $text) = @_;

	return inet_pton(AF_INET, $text) if $kind eq 'A';
	return inet_pton(AF_INET6, $text) if $kind eq 'AAAA';
	my ($priority, $weight, $port, $target) = split ' ', $text;
	return pack('nnn', $priority, $weight, $port) . put_name($target);
}

sub record
{
	my ($name, $kind, $ttl, $contents) = @_;

	return put_name($name) . pack('nnNn', $TYPES{$kind}, 1, $ttl,
	    length $contents) . $contents;
}

sub put_name
{
	my ($name) = @_;

	return join('', map { chr(length) . $_ } split /\./, $name) . "\0";
}

sub read_name
{
	my ($bytes, $at) = @_;
	my @labels;

	while ((my $n = ord substr $bytes, $at++, 1) > 0) {
		push @labels, substr $bytes, $at, $n;
		$at += $n;
	}
	return (lc join('.', @labels), $at);
}

END {
	local $?;
	$_->stop for @living;
}

1;
