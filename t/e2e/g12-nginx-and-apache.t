# SPDX-License-Identifier: BSD-2-Clause
# Real servers are killed, stopped, ended, reloaded and started again while
# clients are busy.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;
use Served;
use Time::HiRes qw(sleep time);

# What is done to b, one after the other on the same scene.
sub scenes
{
	my ($kind, $load, @scenes) = @_;
	my %at = map { ($_ => Served->new($kind, $_)) } qw(a b c);
	my $f = Failover->new(at => \%at, pool => $Failover::HEALTH .
	    'passive = { eject = "1s"; };');

	while (my ($what, $code) = splice @scenes, 0, 2) {
		my ($since, $back);
		my $r = $f->under_load(5, sub {
			sleep 0.5;
			$since = time;
			$back = $code->($at{b}) && time;
		}, '-f', $Served::FILES, @$load);

		$r->judge("$kind $what", $since);
		$r->posts_failed("$kind $what", 16);
		my ($first) = $r->from('b', $back);
		ok $first, "$kind $what: it is asked again";
		note sprintf '    asked again after %.0f ms',
		    1000 * ($first->{start} - $back) if $first;
	}
	$f->ends_clean;
	$_->kill for values %at;
	return;
}

my @same = (
	'killed' => sub { $_[0]->kill; sleep 1; $_[0]->again },
	'stopped' => sub { $_[0]->signal_all('STOP'); sleep 1;
	    $_[0]->signal_all('CONT') },
	'ended at once' => sub { $_[0]->end_by('TERM'); sleep 1;
	    $_[0]->again },
);
scenes('nginx', [], @same,
    'ended gracefully' => sub { $_[0]->end_by('QUIT'); sleep 1;
	$_[0]->again },
    'reloaded' => sub { for my $n (1 .. 5) { $_[0]->signal('HUP');
	sleep 0.4 } 1 });
scenes('apache2', [ '-m', '1:0:0' ], @same,
    'reloaded' => sub { for my $n (1 .. 5) { $_[0]->signal('USR1');
	sleep 0.4 } 1 });
done_testing;
