# SPDX-License-Identifier: BSD-2-Clause
# 8,000 requests by weights 1:2:5: each gets its share to one, whoever counts.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client;
use Pool qw(backends pool names);
use Portico;

my %b = backends(qw(a b c));
my $clients = 4;

for my $workers (1, 6) {
	my $p = Portico->start('listeners = { http = { address = "@http@"; };
	    };
	    pools = { app = ' . pool('', $b{a}, 'weight = 1;', $b{b},
	    'weight = 2;', $b{c}, 'weight = 5;') . "; };
	    workers = { min = $workers; max = $workers; };");
	my %seen = (a => 0, b => 0, c => 0);
	my @answers = map {
		my $pid = open(my $from, '-|') // die "fork: $!";
		if ($pid == 0) {
			print names($p->address('http'), 8000 / $clients);
			close STDOUT;
			POSIX::_exit(0);
		}
		$from
	} 1 .. $clients;

	for my $from (@answers) {
		$seen{$_}++ for split //, <$from> // '';
		close $from;
	}
	for ([ a => 1000 ], [ b => 2000 ], [ c => 5000 ]) {
		my ($name, $n) = @$_;

		cmp_ok abs($seen{$name} - $n), '<=', 1,
		    "$workers workers: $name had $seen{$name} of $n";
	}
	is join('', sort keys %seen), 'abc', 'and nothing went wrong';
	is $p->quit, 0, 'QUIT';
}
done_testing;
