# SPDX-License-Identifier: BSD-2-Clause
# Under load, and while workers die, no backend has more than max_connections.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(request);
use File::Temp qw(tempdir);
use IO::Select;
use Pool qw(pool);
use POSIX ();
use Portico;
use Time::HiRes qw(sleep time);

my $dir = tempdir(CLEANUP => 1);

# One process with all its connections: it answers after some milliseconds,
# sees at once when a connection ends, and counts what is under way.
sub counting
{
	my ($name) = @_;
	my $listener = Backend::listen_at('127.0.0.1:0');
	my $parent = $$;
	my $pid = fork // die "fork: $!";

	if ($pid) {
		my $at = '127.0.0.1:' . $listener->sockport;

		close $listener;
		return bless { address => $at, name => $name, pid => $pid,
		    owner => $$ }, 'Backend';
	}
	POSIX::setpgid(0, 0);
	$SIG{TERM} = 'DEFAULT';
	serve($listener, $name, $parent);
	POSIX::_exit(0);
}

sub serve
{
	my ($listener, $name, $parent) = @_;
	my $all = IO::Select->new($listener);
	my (%due, %in, $most);

	$most = 0;
	$listener->blocking(0);
	while (getppid == $parent) {
		for my $s (grep { $_ != $listener } $all->can_read(0.002)) {
			my $n = sysread $s, my $part, 65536;
			if ($n) {
				$in{$s} .= $part;
				$due{$s} = [ $s, time + 0.004 ]
				    if $in{$s} =~ s/^.*\r\n\r\n//s;
				next;
			}
			$all->remove($s);
			delete $due{$s};
			close $s;
		}
		while (my $s = $listener->accept) {
			$s->blocking(0);
			$in{$s} = '';
			$all->add($s);
		}
		note_most($name, $most = keys %due) if keys %due > $most;
		answer_due(\%due, $name);
	}
	return;
}

sub answer_due
{
	my ($due, $name) = @_;
	my $now = time;

	for my $key (grep { $due->{$_}[1] <= $now } keys %$due) {
		my ($s) = @{ delete $due->{$key} };

		syswrite $s, plain($name, "X-Backend: $name");
	}
	return;
}

sub note_most
{
	my ($name, $most) = @_;

	open my $f, '>', "$dir/$name.new";
	print $f $most;
	close $f;
	rename "$dir/$name.new", "$dir/$name";
	return;
}

# So many seconds of requests, one after the other: "ok busy failed".
sub client
{
	my ($at, $seconds) = @_;
	my $until = time + $seconds;
	my %seen = (ok => 0, busy => 0, failed => 0);
	my $c;

	while (time < $until) {
		$c //= eval { Client->new($at) } or next;
		$c->send(request('GET /'));
		my $r = eval { $c->final };
		my $what = !$r ? 'failed' : $r->{status} == 200 ? 'ok' :
		    $r->{status} == 503 ? 'busy' : 'failed';

		$seen{$what}++;
		sleep 0.01 if $what eq 'busy';
		$c = undef if !$r || $r->{broken} ||
		    ($r->{fields}{connection}[0] // '') eq 'close';
	}
	return "$seen{ok} $seen{busy} $seen{failed}";
}

sub clients
{
	my ($n, @arguments) = @_;

	return map {
		my $pid = open(my $from, '-|') // die "fork: $!";
		if ($pid == 0) {
			print client(@arguments);
			close STDOUT;
			POSIX::_exit(0);
		}
		$from
	} 1 .. $n;
}

$SIG{PIPE} = 'IGNORE';
my @b = map { counting($_) } qw(x y);
my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = { app = ' . pool('balance = "least-connections";
    queue = { length = 4; timeout = "10s"; };', $b[0], 'max_connections = 2;',
    $b[1], 'max_connections = 3;') . '; };
    workers = { min = 4; max = 6; };');
my $at = $p->address('http');

for my $round ('quietly', 'while workers are killed') {
	my @from = clients(14, $at, 4);
	my ($killed, $until) = (0, time + 3.7);

	while ($round ne 'quietly' && time < $until) {
		my @workers = $p->workers;

		$killed += kill 'KILL', $workers[rand @workers] if @workers;
		sleep 0.05;
	}
	my @sum = (0, 0, 0);
	for my $from (@from) {
		my @n = split / /, <$from> // '0 0 1';

		$sum[$_] += $n[$_] for 0 .. 2;
	}
	cmp_ok $sum[0], '>', 500, "$round: $sum[0] answered, $killed killed";
	cmp_ok $sum[1], '>', 0, "$sum[1] found no place in the queue";
	is $sum[2], 0, 'none failed';
	is Portico::slurp("$dir/x"), 2, 'never more than 2 at x';
	is Portico::slurp("$dir/y"), 3, 'never more than 3 at y';
}
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
ok $p->log =~ /\d+ more lines of requests that no backend could take/,
    'the log is not flooded';
is $ended, 1, 'sums were taken';
is $wrong, undef, 'and are all zero';
$_->stop for @b;
done_testing;
