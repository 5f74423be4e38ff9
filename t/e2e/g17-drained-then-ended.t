# SPDX-License-Identifier: BSD-2-Clause
# "drain --wait" ends when nothing is in flight: then the backend may be
# killed, and not one request fails. Then it is brought back.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Beside qw(side_by_side);
use Failover;
use File::Basename qw(dirname);
use Time::HiRes qw(sleep time);

my $ctl = $ENV{PORTICOCTL} // dirname($Portico::BINARY) . '/porticoctl';

# Slow enough that much is in flight when it is drained.
sub trial
{
	my ($what, $pool, $of) = @_;
	my $f = Failover->new(what => $what, of => $of,
	    pool => $Failover::HEALTH . $pool);
	my $socket = $f->portico->dir . '/portico.sock';
	my ($since, $drained, $back);

	$f->backend($_)->be('slow ms=200 healthy') for qw(a b c);
	my $r = $f->under_load(6, sub {
		sleep 1;
		$since = time;
		is system($ctl, '-s', $socket, 'backend', 'drain', '--wait=10',
		    'app/b'), 0, "$what: drained";
		$drained = time;
		$f->backend('b')->kill;
		sleep 0.5;
		$f->backend('b')->again;
		$f->backend('b')->be('slow ms=200 healthy');
		$back = time;
		$f->order('backend enable app/b');
	}, '-c', 24);

	$r->judge("$what: drained, then killed", $since);
	$r->posts_failed("$what: drained, then killed", 0);
	note sprintf '    it took %.0f ms', 1000 * ($drained - $since);
	# an answer takes 200 ms: what ends in these was begun before
	is scalar($r->from('b', $drained, $back + 0.19)), 0, "$what: not asked then";
	ok scalar($r->from('b', $back)), "$what: asked again";
	$f->ends_clean;
	return;
}

my %most = map { ($_ => 'max_connections = 6;') } qw(a b c);
side_by_side(2, sub { trial('by turns', '', {}) }, sub {
	trial('with a queue', 'balance = "least-connections";
	    queue = { length = 50; };', \%most) });
done_testing;
