# SPDX-License-Identifier: BSD-2-Clause
# Orders are taken and hold while workers and stewards are killed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Client qw(until_true);
use Control qw(command records backend_of state_of);
use Portico;
use Torture qw(start_origin start_load torment spoiled);

my @origins = map { start_origin() } 1 .. 3;
my $list = join ', ', map { "{ name = \"b$_\"; address = \"$origins[$_ - 1]\"; }" }
    1 .. 3;
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = ( $list ); }; };
	state_dir = "\@dir\@";
	workers = { min = 3; max = 6; };
});
my $sock = $p->dir . '/portico.sock';
my $at = $p->address('http');

# Orders of all kinds, one after the other, for some seconds; b1 is never
# taken out. Ends with the number of those that were refused for no reason.
my $commander = fork // die "fork: $!";
if ($commander == 0) {
	my $until = time + 6;
	my $wrong = 0;
	my @lines = ('backend drain app/b2', 'backend weight app/b3 5',
	    'status', 'backend disable app/b3', 'backend enable app/b2',
	    "backend add app $origins[0] name=x", 'config diff',
	    'backend weight app/b3 file', 'backend drain app/b3', 'reload',
	    'backend enable app/b3', 'backend remove app/x', 'config save');

	for (my $i = 0; time < $until; $i++) {
		my $r = eval { command($sock, $lines[$i % @lines], 30) };
		next if $r && $r->{ok} && $r->{whole};
		# the last one of these may have been too early for its pair
		next if $r && ($r->{code} // '') =~ /^(refused|unknown)$/
		    && $r->{text} =~ /under way|there already|no backend "x"/;
		# a new family may lose its steward before it is ready
		next if $r && ($r->{code} // '') eq 'failed';
		$wrong++;
		print STDERR "# $lines[$i % @lines]: ", $r->{raw} // $@, "\n";
	}
	POSIX::_exit($wrong > 100 ? 100 : $wrong);
}
my ($killed, @lines) = torment($p, 0.1, [ 'worker', 'steward' ],
    start_load('-t', 6, '-c', 12, $at),
    start_load('-t', 6, '-c', 6, '-q', 'chunked&delay=10', $at));
waitpid $commander, 0;
is $? >> 8, 0, 'every order was taken, or refused with a reason';
cmp_ok $killed->{$_} // 0, '>', 3, "killed: $_" for qw(worker steward);
is spoiled($_), '', 'no client has noticed' for @lines;

# They hold, whoever was the steward when they came.
until_true(sub { !(records(command($sock, 'status'), 'master'))[0]
    {reloading} }, 25);
for (1 .. 5) {
	kill 'KILL', $p->pids('steward');
	ok command($sock, 'backend drain app/b3')->{ok}, 'drained';
	is state_of($sock, 'app/b3'), 'draining', 'at once';
	kill 'KILL', $p->pids('steward');
	ok command($sock, 'backend enable app/b3')->{ok}, 'enabled';
	is state_of($sock, 'app/b3'), 'up', 'at once';
}
is $p->quit(30), 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'nothing was left';
done_testing;
