# SPDX-License-Identifier: BSD-2-Clause
# Steward, heir and all workers die at once; the master makes others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(get until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep);

my $workers = 12;
my $b = Backend->new('echo');
my $p = Portico->start(one_backend($b->address, top =>
    "workers = { min = $workers; max = $workers; }; drain_timeout = \"1s\";"));
my $at = $p->address('http');

sub complete
{
	return until_true(sub { $p->pids('steward') == 1 &&
	    $p->pids('heir') == 1 && $p->workers == $workers }, 5);
}

sub served
{
	local $Client::TIMEOUT = 1;

	return until_true(sub {
		(eval { get($at, '/')->{status} } // 0) == 200 }, 4);
}

# The roles in the order of their deaths; a pause between them or none.
my @orders = (
	[ 'at once', 0, qw(steward heir worker) ],
	[ 'workers first', 0, qw(worker steward heir) ],
	[ 'heir first', 0, qw(heir worker steward) ],
	[ 'one after the other', 0.002, qw(steward heir worker) ],
	[ 'workers, then the others', 0.01, qw(worker heir steward) ],
	[ 'slowly', 0.03, qw(heir steward worker) ],
);
ok complete(), 'all are there';
my $generation = 1;
for my $order (@orders, @orders) {
	my ($how, $pause, @roles) = @$order;
	my %pids = map { $_ => [ $p->pids($_) ] } @roles;

	if ($pause == 0) {
		kill 'KILL', map { @{ $pids{$_} } } @roles;
	} else {
		for my $role (@roles) {
			kill 'KILL', @{ $pids{$role} };
			sleep $pause;
		}
	}
	ok served(), "$how: served again";
	ok complete(), "$how: all are there again";
	next if $generation > 1 && $how !~ /slow|at once/;
	$generation++;
	$p->signal('HUP');
	ok $p->logged(qr/generation $generation is running/, 5),
	    "$how: HUP gives generation $generation";
	ok served(), 'which serves';
	ok complete(), 'with all its children';
}
ok $p->alive, 'the master never ended';
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'every sum is zero';
done_testing;
