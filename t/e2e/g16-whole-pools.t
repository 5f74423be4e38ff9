# SPDX-License-Identifier: BSD-2-Clause
# All backends of a pool fail while clients are busy: backups, then another
# pool take over; without them, all is well again soon after one returns.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Beside qw(side_by_side);
use Failover;
use Time::HiRes qw(sleep time);

# Those of `names` fail after half a second, and work again 1.5 s later.
sub scene
{
	my ($f, $names, $fail, $mend) = @_;
	my ($since, $until, $again);
	my $r = $f->under_load(5, sub {
		sleep 0.5;
		$since = time;
		$fail->($f->backend($_)) for @$names;
		sleep 1.5;
		$until = time;
		$mend->($f->backend($_)) for @$names;
		$again = time;
	});

	return ($r, $since, $until, $again);
}

# Nothing but these in that time; and the last ones are of others.
sub only
{
	my ($what, $r, $names, $since, $until) = @_;
	my %others = map { $_->{backend} => 1 } $r->those(sub {
		$_->{start} >= $since &&
		    $_->{start} + $_->{took} < $until });

	delete @others{@$names};
	is join(' ', sort keys %others), '', $what;
	return;
}

my @killed = (sub { $_[0]->kill }, sub { $_[0]->again });
my @busy = (sub { $_[0]->be('unavailable') }, sub { $_[0]->be('serve') });

sub backups
{
	my ($what, $how) = @_;
	my $f = Failover->new(what => $what, names => [ qw(a b spare) ],
	    pool => $Failover::HEALTH, of => { spare => 'backup = true;' });
	my ($r, $since, $until, $again) = scene($f, [ qw(a b) ], @$how);

	$r->judge($what, $since);
	is scalar($r->from('spare', 0, $since - 0.3)), 0, "$what: it waits";
	only("$what: it serves", $r, [ 'spare' ], $since + 1, $until);
	only("$what: and waits again", $r, [ qw(a b) ], $again + 1.5,
	    $again + 9);
	$f->ends_clean;
	return;
}

# An attempt for each of its own, and one for the other pool's. Where there
# is another pool all may be ejected.
sub another_pool
{
	my ($what, $how) = @_;
	my $sorry = Faulty->new(name => 'sorry');
	my $at = $sorry->address;
	my $f = Failover->new(what => $what, pool => $Failover::HEALTH .
	    'fallback = "other"; retry = { attempts = 4; };
	    passive = { max_ejected = "100%"; };',
	    pools => qq{other = { backends = [ "$at" ]; };},
	    top => 'sites = { x = { hosts = "*"; routes = (
	    { pool = "app"; } ); }; };');
	my ($r, $since, $until, $again) = scene($f, [ qw(a b c) ], @$how);

	$r->judge($what, $since);
	only("$what: it serves", $r, [ 'sorry' ], $since + 1, $until);
	only("$what: and waits again", $r, [ qw(a b c) ], $again + 1.5,
	    $again + 9);
	$f->ends_clean;
	$sorry->kill;
	return;
}

# Nobody else: what fails then fails, what comes later does not.
sub alone
{
	my ($what, $pool) = @_;
	my $f = Failover->new(what => $what, pool => $pool);
	my ($r, $since, $until, $again) = scene($f, [ qw(a b c) ], @killed);
	my @bad = $r->those(sub { $_->{outcome} ne 'ok' });

	note "$what: ", $r->summary;
	note sprintf '    the last failed %.0f ms after the first was back',
	    @bad ? 1000 * ($bad[-1]{start} - $until) : 0;
	is scalar($r->those(sub { $_->{start} < $since - 0.1 &&
	    $_->{outcome} ne 'ok' })), 0, "$what: none failed before";
	is scalar($r->those(sub { $_->{start} > $again + 1.5 &&
	    $_->{outcome} ne 'ok' })), 0, "$what: none fails later";
	is scalar($r->those(sub { $_->{outcome} !~ /^(?:ok|status)$/ &&
	    $_->{method} ne 'POST' })), 0, "$what: each has an answer";
	cmp_ok scalar($r->those(sub { $_->{start} > $again + 1.5 })), '>', 50,
	    "$what: there were later ones";
	$f->ends_clean;
	return;
}

side_by_side(4, sub { backups('backups, killed', \@killed) },
    sub { backups('backups, 503', \@busy) },
    sub { another_pool('another pool, killed', \@killed) },
    sub { another_pool('another pool, 503', \@busy) },
    sub { alone('alone, active checks', $Failover::HEALTH) },
    sub { alone('alone, passive checks', 'passive = { eject = "1s"; };') },
    sub { alone('alone, and any is tried', $Failover::HEALTH .
	'when_all_down = "try";') });
done_testing;
