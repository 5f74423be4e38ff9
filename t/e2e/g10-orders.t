# SPDX-License-Identifier: BSD-2-Clause
# Backends are drained, taken out, weighed and brought back by orders on the
# control socket while clients are busy: nobody fails.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;
use Time::HiRes qw(sleep time);

my @load = ('-r', 40);

# The order one second after the beginning, and another after 1.5 more.
sub trial
{
	my ($what, $order, $back, %opt) = @_;
	my $f = Failover->new(pool => $opt{pool} // $Failover::HEALTH);
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

for my $t ([ 'drain', 'backend drain app/b', qr{app/b is draining.*2 of 3} ],
    [ 'disable', 'backend disable app/b', qr{app/b is down.*2 of 3} ]) {
	my ($what, $order, $told) = @$t;
	my ($r, $f) = trial($what, $order, 'backend enable app/b');

	$f->told($what, $told);
	$f->told($what, qr{app/b is up.*3 of 3});
	$f->ends_clean;
}
my ($r, $f) = trial('weight 0', 'backend weight app/b 0',
    'backend weight app/b file');
$f->ends_clean;

# Clients that keep their cookie stay with a draining backend, and leave one
# that is down.
my $sticky = $Failover::HEALTH . 'sticky = { cookie = "route"; };';
my ($since, $until);
($r, $f, $since, $until) = trial('drain, sticky', 'backend drain app/b',
    'backend enable app/b', pool => $sticky, load => [ '-k' ], sticky => 1);
cmp_ok scalar($r->from('b', $since + 0.7, $until)), '>', 0,
    'drain: clients that belong there stay';
$f->order('backend drain app/b');
my $new = $f->under_load(1, sub { }, '-k');
$new->judge('new clients of a draining one');
is scalar($new->from('b', 0)), 0, 'no new ones come';
$since = undef;
my $moved = $f->under_load(3, sub {
	sleep 1;
	$f->order('backend disable app/a');
	$since = time;
}, '-k');
$moved->judge('disable, sticky', $since);
$moved->posts_failed('disable, sticky', 0);
is scalar($moved->from('a', $since + 0.7)), 0, 'all have moved';
$f->ends_clean;
done_testing;
