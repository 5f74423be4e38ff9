# SPDX-License-Identifier: BSD-2-Clause
# Joins what was sent, what was recorded and what was answered.
package Verdict;
use strict;
use warnings;
use Digest::MD5 qw(md5);
use Exporter 'import';
use Reader qw(read_request reading);
use Sender qw(case_of);

our @EXPORT_OK = qw(new_verdict);

my $ANYBODY = '127.0.0.1'; # a client, when it does not matter which

# {faults} of Portico: [ case, text, bytes or undef ]; {forms} of requests
# that it sent on, each once: { bytes, reading, case }; and sums.
sub new_verdict
{
	my ($recorder, $outcomes) = @_;
	my $self = bless { faults => [], forms => [], known => {},
	    readings => {}, forwarded => 0, cut => 0, refused => 0,
	    refused_lawful => {}, statuses => {}, silent => 0, sent => 0 };

	$recorder->records(sub { $self->take_record($outcomes, @_) });
	$self->judge_case($_, $outcomes->[$_]) for 0 .. $#$outcomes;
	$self->fault($self->{readings}{$_}[0], 'the client never got its ' .
	    'answer') for sort { $a <=> $b } keys %{ $self->{readings} };
	delete @$self{qw(known readings)};
	return $self;
}

sub fault
{
	my ($self, $case, $text, $bytes) = @_;

	push @{ $self->{faults} }, [ $case, $text, $bytes ];
	return;
}

sub take_record
{
	my ($self, $outcomes, $kind, $number, $client, $bytes) = @_;

	return $self->fault(undef, "sent to the backend: $client", $bytes)
	    if $kind eq 'fault';
	my $case = case_of($client);
	return $self->fault(undef, "for $client, who sent nothing", $bytes)
	    if !defined $case || $case >= @$outcomes;
	if ($kind eq 'cut') {
		my $o = $outcomes->[$case];
		$self->{cut}++;
		$self->fault($case, 'cut short though it was sent whole',
		    $bytes) if $o->{end} eq 'whole'
		    && !grep { /^=/ } @{ $o->{answers} };
		push @{ $self->{forms} }, { bytes => $bytes, cut => 1,
		    reading => '', case => $case };
		return;
	}
	my $r = read_request(\$bytes, 0);
	my @read = @$r{qw(method target host body)};
	$self->{forwarded}++;
	$self->{readings}{$number} = [ $case, reading(@read) ];
	$self->keep_form($case, $client, $bytes, reading(@read, $ANYBODY));
	return;
}

# What differs from one request to the next says nothing new.
sub keep_form
{
	my ($self, $case, $client, $bytes, $reading) = @_;
	my $end = index $bytes, "\r\n\r\n";
	my $head = substr $bytes, 0, $end;

	$head =~ s/^(X-Forwarded-For: )\Q$client\E\r$/$1$ANYBODY\r/m;
	$head =~ s/^(Forwarded: for=)\Q$client\E/$1$ANYBODY/m;
	$head =~ s/^(X-Request-Id: )[0-9a-f]+/$1/m;
	$bytes = $head . substr $bytes, $end;
	return if $self->{known}{md5($bytes)}++;
	push @{ $self->{forms} }, { bytes => $bytes, reading => $reading,
	    case => $case };
	return;
}

# Each answer is for the request in its place, and for nothing else.
sub judge_case
{
	my ($self, $case, $o) = @_;
	my @sent = @{ $o->{sent} };
	my $place = 0;

	$self->{sent} += @sent + ($o->{end} ne 'whole');
	$self->fault($case, 'no answer and no end in time')
	    if $o->{close} eq 'late';
	$self->fault($case, "cannot read the answer: $o->{odd}")
	    if defined $o->{odd};
	for my $answer (@{ $o->{answers} }) {
		my $sent = $sent[$place++];
		my $wrong = $answer =~ /^=(.*)/ ?
		    $self->own_answer($1, $sent) :
		    $self->brought($case, $answer, $sent);
		$self->fault($case, $wrong) if defined $wrong;
	}
	$self->fault($case, "$place answers to fewer requests")
	    if $place > @sent + ($o->{end} ne 'whole');
	$self->{silent}++ if $place == 0;
	$self->fault($case, 'a lawful request was not answered')
	    if $place < @sent && !grep { /^=/ } @{ $o->{answers} };
	return;
}

sub own_answer
{
	my ($self, $status, $sent) = @_;

	$self->{refused}++;
	$self->{statuses}{$status}++;
	$self->{refused_lawful}{$status}++ if $sent;
	return undef if $status =~ /^(?:4\d\d|501|505)$/
	    || ($status == 200 && $sent && $sent->[1]);
	return "answered $status by Portico itself";
}

# The backend's answer: was it asked what the client asked?
sub brought
{
	my ($self, $case, $number, $sent) = @_;
	my $r = delete $self->{readings}{$number};

	return "answer $number came twice or was never given" if !$r;
	return "an answer to case $r->[0]" if $r->[0] != $case;
	return "sent on though not lawful: $r->[1]" if !$sent;
	my ($want, $got) = ($sent->[0], $r->[1]);
	# an HTTP/1.0 client need not name a host
	$got =~ s/^(\S+ \S+ )\S+/$1-/ if $want =~ /^\S+ \S+ - /;
	return $want eq $got ? undef : "sent as $want, sent on as $got";
}

1;
