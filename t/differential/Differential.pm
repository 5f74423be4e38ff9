# SPDX-License-Identifier: BSD-2-Clause
# Mutated requests through Portico, and what comes out through other servers.
package Differential;
use strict;
use warnings;
use List::Util qw(sum);
use Mutations qw(make_case);
use Origins;
use Portico qw(one_backend);
use Recorder;
use Replay qw(replay_to_all);
use Sender qw(send_cases);
use Test::More;
use Time::HiRes qw(time);
use Verdict qw(new_verdict);

my $SHOWN = 10;    # faults and differences of a kind, in full

# A whole run as tests, and its sums as notes.
sub run
{
	my ($run, $count, @origins) = @_;
	my $recorder = Recorder->new;
	my $p = Portico->start(one_backend($recorder->address));
	my $began = time;
	my $outcomes = send_cases($p->address('http'), $run, $count);
	my $sending = time - $began;

	ends_well($p);
	my $v = new_verdict($recorder, $outcomes);
	is scalar @{ $v->{faults} }, 0, "run $run: $count cases, no fault";
	show_fault($run, @$_) for first(@{ $v->{faults} });
	cmp_ok $v->{forwarded}, '>', $count / 5, 'enough was sent on';
	cmp_ok $v->{refused}, '>', $count / 5, 'enough was refused';
	show_sums($v, $count, $sending);
	compare($run, $v->{forms}, @origins);
	return;
}

# Every refusal has left a line in the log; they are not looked at twice.
sub ends_well
{
	my ($p) = @_;
	my @deaths = grep { /\(pid \d+\) (?:was|left)|panic|Sanitizer|runtime / }
	    split /\n/, $p->log;

	is "@deaths", '', 'no process died';
	$p->clear_log;
	is $p->quit(30), 0, 'Portico ends when it is told to';
	is +($p->sums)[1], undef, 'nothing is left';
	return;
}

sub compare
{
	my ($run, $forms, @origins) = @_;
	my $began = time;
	my @results = replay_to_all($forms, @origins);

	note sprintf 'replayed in %.1f s', time - $began;
	for my $i (0 .. $#origins) {
		my ($name, $r) = ($origins[$i]->name, $results[$i]);
		my @differences = @{ $r->{differences} };

		note sprintf '%-7s read %d as we do, differs in %d', $name,
		    $r->{same}, scalar @differences;
		note "  not read, explained: $r->{explained}{$_} $_"
		    for sort keys %{ $r->{explained} };
		is scalar @differences, 0, "$name reads the same requests";
		is sum($r->{same}, scalar @differences,
		    values %{ $r->{explained} }), scalar @$forms,
		    "$name was asked about each";
		show_fault($run, $_->[0]{case}, "$name: $_->[1]; we read " .
		    $_->[0]{reading}, $_->[0]{bytes}) for first(@differences);
	}
	return;
}

sub show_sums
{
	my ($v, $count, $sending) = @_;
	my $list = sub {
		my ($of) = @_;
		return join ', ', map { "$of->{$_} x $_" } sort keys %$of;
	};

	note sprintf 'sent %d requests on %d connections in %.1f s',
	    $v->{sent}, $count, $sending;
	note "refused $v->{refused}: " . $list->($v->{statuses});
	note '  of these the reader takes ' . $list->($v->{refused_lawful});
	note "closed without an answer $v->{silent}";
	note "sent on $v->{forwarded}, and cut short $v->{cut}; unique " .
	    scalar @{ $v->{forms} };
	return;
}

sub first
{
	return @_ > $SHOWN ? @_[0 .. $SHOWN - 1] : @_;
}

# Bytes as one line of text.
sub visible
{
	my ($bytes) = @_;

	$bytes = substr($bytes, 0, 1500) . '...' if length $bytes > 1500;
	$bytes =~ s/\\/\\\\/g;
	$bytes =~ s/\r/\\r/g;
	$bytes =~ s/\n/\\n/g;
	$bytes =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge;
	return $bytes;
}

sub show_fault
{
	my ($run, $case, $text, $bytes) = @_;

	diag defined $case ? "run $run, case $case: $text" : $text;
	diag '  client: ' . visible((make_case($run, $case))[0])
	    if defined $case;
	diag "  backend: " . visible($bytes) if defined $bytes;
	return;
}

1;
