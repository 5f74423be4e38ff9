# SPDX-License-Identifier: BSD-2-Clause
# Backends are drained, taken out, weighed and brought back by orders on the
# control socket while clients are busy: nobody fails.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Beside qw(side_by_side);
use Failover;
use Time::HiRes qw(sleep time);

my @load = ('-r', 40);

# The order one second after the beginning, and another after 1.5 more.
sub trial
{
	my ($what, $order, $back, %opt) = @_;
	my $f = Failover->new(what => $what,
	    pool => $opt{pool} // $Failover::HEALTH);
	my ($since, $until);
	my $r = $f->under_load(5, sub {
		sleep 1;
		$f->order($order);
		$since = time;
		sleep 1.5;
		$until = time;
		$f->order($back);
	}, @load, @{ $opt{load} // [] });

	$r->judge($what, $since);
	$r->posts_failed($what, 0);
	my @late = $r->from('b', $since, $until);
	note sprintf '    %d requests for it after the order, the last ' .
	    'after %.0f ms', scalar @late,
	    @late ? 1000 * ($late[-1]{start} - $since) : 0;
	is scalar($r->from('b', $since + 0.7, $until)), 0,
	    "$what: not asked any more" unless $opt{sticky};
	my ($first) = $r->from('b', $until + 0.001);
	ok $first, "$what: asked again after '$back'";
	note sprintf '    asked again after %.0f ms',
	    1000 * ($first->{start} - $until) if $first;
	return ($r, $f, $since, $until);
}

sub out
{
	my ($what, $order, $told) = @_;
	my ($r, $f) = trial($what, $order, 'backend enable app/b');

	$f->told($what, $told);
	$f->told($what, qr{app/b is up.*3 of 3});
	$f->ends_clean;
	return;
}

sub weight
{
	my ($r, $f) = trial('weight 0', 'backend weight app/b 0',
	    'backend weight app/b file');

	$f->ends_clean;
	return;
}

# Clients that keep their cookie stay with a draining backend, and leave one
# that is down.
my $sticky = $Failover::HEALTH . 'sticky = { cookie = "route"; };';

sub stay
{
	my ($r, $f, $since, $until) = trial('drain, sticky',
	    'backend drain app/b', 'backend enable app/b', pool => $sticky,
	    load => [ '-k' ], sticky => 1);

	cmp_ok scalar($r->from('b', $since + 0.7, $until)), '>', 0,
	    'drain, sticky: clients that belong there stay';
	$f->order('backend drain app/b');
	my $new = $f->under_load(1, sub { }, '-k');
	$new->judge('new clients of a draining one');
	is scalar($new->from('b', 0)), 0, 'drain, sticky: no new ones come';
	$f->ends_clean;
	return;
}

sub leave
{
	my $f = Failover->new(what => 'disable, sticky', pool => $sticky);
	my $since;
	my $r = $f->under_load(3, sub {
		sleep 1;
		$f->order('backend disable app/a');
		$since = time;
	}, '-k');

	$r->judge('disable, sticky', $since);
	$r->posts_failed('disable, sticky', 0);
	cmp_ok scalar($r->from('a', 0, $since)), '>', 0,
	    'disable, sticky: some belong there';
	is scalar($r->from('a', $since + 0.7)), 0,
	    'disable, sticky: all have moved';
	$f->ends_clean;
	return;
}

side_by_side(5, \&stay, \&leave, \&weight,
    sub { out('drain', 'backend drain app/b',
	qr{app/b is draining.*2 of 3}) },
    sub { out('disable', 'backend disable app/b',
	qr{app/b is down.*2 of 3}) });
done_testing;
