# SPDX-License-Identifier: BSD-2-Clause
# A death while a tunnel opens is seen by nobody: the request is asked again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use IO::Select;
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Tunnel qw(open_tunnel switching pump);

my %way = (size => 30_000, seconds => 20);
my $b = Backend->new(sub {
	my ($c) = @_;

	$c->head // return;
	$c->send(switching());
	my $said = pump($c->{socket}, %way, in => $c->{in});
	$c->record('wrong', "$said\n") if $said =~ /byte|too much/;
});
my $p = Portico->start(one_backend($b->address,
    top => 'workers = { min = 4; max = 8; };'));

# Short tunnels, one after the other, for some seconds: what came of them.
sub tunnels
{
	my ($seconds) = @_;
	my $until = time + $seconds;
	my %seen;

	while (time < $until) {
		my ($c, $r) = open_tunnel($p->address('http'), '/');
		my $what = !$r ? 'no answer' : $r->{status} != 101 ?
		    $r->{status} : pump($c->{socket}, %way, in => $c->rest);
		$seen{$what}++;
		$c->close;
	}
	return join '; ', sort keys %seen;
}

my @pipes;
for (1 .. 6) {
	my $pid = open(my $pipe, '-|') // die "fork: $!";

	if ($pid > 0) {
		push @pipes, $pipe;
		next;
	}
	print eval { tunnels(6) } // $@;
	close STDOUT;
	POSIX::_exit(0);
}
my $all = IO::Select->new(@pipes);
my $killed = 0;
until ((() = $all->can_read(0.04)) == @pipes) {
	my @pids = $p->workers or next;

	$killed += kill 'KILL', $pids[rand @pids];
	sleep 0.02;
}
cmp_ok $killed, '>', 20, "$killed killed while tunnels open and close";
cmp_ok $b->connections, '>', 50, $b->connections . ' of them';
is scalar(<$_>), 'sent 30000, got 30000, right', 'all of them right'
    for @pipes;
is Portico::slurp("$b->{dir}/wrong"), '', 'as the backends saw them';
is $p->quit(10), 0, 'a clean end';
my ($ended, $wrong) = $p->sums;
is $ended, 1, 'sums were taken';
is $wrong, undef, 'and are all zero';
done_testing;
