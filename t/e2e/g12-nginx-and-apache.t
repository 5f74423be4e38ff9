# SPDX-License-Identifier: BSD-2-Clause
# Real servers are killed, stopped, ended, reloaded and started again while
# clients are busy.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Beside qw(side_by_side);
use Failover;
use Portico qw(need_program);
use Served;
use Time::HiRes qw(sleep time);

# What is done to b; true once it is there again.
sub scene
{
	my ($kind, $what, $code, @load) = @_;
	my %at = map { ($_ => Served->new($kind, $_)) } qw(a b c);
	my $f = Failover->new(what => "$kind $what", at => \%at,
	    pool => $Failover::HEALTH . 'passive = { eject = "1s"; };');
	my ($since, $back);
	my $r = $f->under_load(5, sub {
		sleep 0.5;
		$since = time;
		$back = $code->($at{b}) && time;
	}, '-f', $Served::FILES, @load);

	$r->judge("$kind $what", $since);
	$r->posts_failed("$kind $what", 16);
	my ($first) = $r->from('b', $back);
	ok $first, "$kind $what: it is asked again";
	note sprintf '    asked again after %.0f ms',
	    1000 * ($first->{start} - $back) if $first;
	$f->ends_clean;
	return;
}

sub reloaded
{
	my ($server, $signal) = @_;

	for (1 .. 5) {
		$server->signal($signal);
		sleep 0.4;
	}
	return 1;
}

my @same = ([ 'killed', sub { $_[0]->kill; sleep 1; $_[0]->again } ],
    [ 'stopped', sub { $_[0]->signal_all('STOP'); sleep 1;
	$_[0]->signal_all('CONT') } ],
    [ 'ended at once', sub { $_[0]->end_by('TERM'); sleep 1;
	$_[0]->again } ]);
my @nginx = (@same, [ 'ended gracefully', sub { $_[0]->end_by('QUIT');
	sleep 1; $_[0]->again } ],
    [ 'reloaded', sub { reloaded($_[0], 'HUP') } ]);
my @apache = (@same, [ 'reloaded', sub { reloaded($_[0], 'USR1') } ]);

need_program($_) for qw(nginx apache2);
Served::tree();
side_by_side(5, (map { my @t = @$_; sub { scene('nginx', @t) } } @nginx),
    map { my @t = (@$_, '-m', '1:0:0'); sub { scene('apache2', @t) } }
    @apache);
done_testing;
