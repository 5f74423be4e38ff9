# SPDX-License-Identifier: BSD-2-Clause
# Through a tunnel each byte comes once and in order, whoever is killed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(until_true);
use IO::Select;
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Tunnel qw(open_tunnel switching pump numbers);

my ($size, $tunnels) = (4_000_000, 8);
my %way = (size => $size, rate => 700_000, seconds => 60);
my $b = Backend->new(sub {
	my ($c) = @_;

	$c->head // return;
	$c->send(switching());
	$c->record('said', pump($c->{socket}, %way, in => $c->{in}) . "\n");
	$c->{in} = '';
	$c->drain;
	$c->record('said', "and more\n") if length $c->{in};
});

# Runs the tunnels while processes of these roles are killed.
sub torment_tunnels
{
	my ($pause, @roles) = @_;
	my $p = Portico->start(one_backend($b->address,
	    top => 'workers = { min = 4; max = 8; };'));
	my @pipes;
	my $killed = 0;

	unlink "$b->{dir}/said";
	for my $i (1 .. $tunnels) {
		my $pid = open(my $pipe, '-|') // die "fork: $!";

		if ($pid > 0) {
			push @pipes, $pipe;
			next;
		}
		my ($c, $r) = open_tunnel($p->address('http'), "/$i");
		print $r && $r->{status} == 101 ? pump($c->{socket}, %way,
		    in => $c->rest) : 'no tunnel';
		close STDOUT;
		sleep 0.5;
		POSIX::_exit(0);
	}
	sleep 0.3; # the handshakes; a worker's death there is another test's
	my $all = IO::Select->new(@pipes);
	until ((() = $all->can_read($pause)) == $tunnels) {
		my $role = $roles[rand @roles];
		my @pids = $p->pids($role) or next;

		$killed += kill 'KILL', $pids[rand @pids];
		$p->alive or last;
		sleep $pause;
	}
	cmp_ok $killed, '>', 10, "$killed of @roles killed";
	is scalar(<$_>), "sent $size, got $size, right",
	    'what the client saw' for @pipes;
	ok until_true(sub { (() = Portico::slurp("$b->{dir}/said") =~
	    /\n/g) >= $tunnels }, 10), 'the backends have ended too';
	is join(', ', grep { $_ ne "sent $size, got $size, right" }
	    split /\n/, Portico::slurp("$b->{dir}/said")), '',
	    'and saw the same';
	is $p->quit(10), 0, 'a clean end';
	my ($ended, $wrong) = $p->sums;
	is $ended, 1, 'sums were taken';
	is $wrong, undef, 'and are all zero';
	return;
}

torment_tunnels(0.03, 'worker');
torment_tunnels(0.1, 'worker', 'worker', 'steward', 'heir');
done_testing;
