# SPDX-License-Identifier: BSD-2-Clause
# A generation that takes long to start lets nobody wait for it: its gates
# leave clients to the old ones until their family takes requests.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(until_true);
use Dns;
use POSIX ();
use Portico;
use Time::HiRes qw(sleep time);
use Tls qw(get_tls one_https);

my ($at, $dir) = ('', Portico::temporary());

# Requests, each on a connection of its own: how many went well, how many did
# not, and how long the longest took.
sub load
{
	my ($n) = @_;
	my $pid = fork // die "fork: $!";

	return $pid if $pid;
	my ($fine, $bad, $longest) = (0, 0, 0);
	until (-e "$dir/stop") {
		my $before = time;
		get_tls($at, '/')->{body} eq 'fine' ? $fine++ : $bad++;
		my $took = time - $before;
		$longest = $took if $took > $longest;
	}
	Certs::save("$dir/load$n", "$fine $bad $longest");
	POSIX::_exit(0);
}

umask 077;
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $b = Backend->new({ '/' => plain('fine') });
my $dns = Dns->new('slow.test' => [ 'A 127.0.0.1' ]);
my $resolver = $dns->address;
my $p = Portico->start(one_https($b->address, $cert, top => 'gates = 2;'));
$at = $p->address('https');
my $conf = one_https($b->address, $cert, top => qq{gates = 2;
    resolvers = [ "$resolver" ];
    sites = { x = { hosts = "*"; routes = ( { pool = "app"; } ); }; };});

$conf =~ s/pools = \{/pools = { far = { backends = [ "slow.test:80" ]; };/;
$dns->mood('*', 'silent');
$p->reload($conf, sub { $p->pids('gate') == 4 });
is scalar($p->pids('gate')), 4, 'new gates stand beside the old';
my $began = time;
my @load = map { load($_) } 1 .. 6;
ok $p->logged(qr/generation 2 is running/, 15), 'the new one runs';
cmp_ok time - $began, '>', 0.5, 'but took its time';
Certs::save("$dir/stop", '');
waitpid $_, 0 for @load;
my ($n, $failed, $longest) = (0, 0, 0);
for (1 .. 6) {
	my ($fine, $bad, $long) = split / /, Portico::slurp("$dir/load$_");

	$n += $fine // 0;
	$failed += $bad // 1000;
	$longest = $long if $long > $longest;
}
is $failed, 0, "$n requests went well meanwhile";
cmp_ok $longest, '<', 1, 'and none had to wait for it';
is get_tls($at, '/')->{body}, 'fine', 'then it serves';
ok until_true(sub { $p->pids('gate') == 2 }, 5), 'and the old gates leave';

# ---- And one that never starts has taken nobody with it ----

my @gates = $p->pids('gate');
$p->reload($conf =~ s/slow\.test/slower.test/r, sub {
    $p->pids('gate') == 4 });
my %old = map { $_ => 1 } @gates;
kill 'ABRT', grep { !$old{$_} } $p->pids('gate');
ok until_true(sub { $p->pids('gate') == 2 }, 5), 'its gates crash';
ok $p->logged(qr/generation 3 cannot start: its gates do not/, 5),
    'so it does not start';
is join(' ', $p->pids('gate')), "@gates", 'the old gates are there';
is get_tls($at, '/')->{body}, 'fine', 'and serve' for 1 .. 5;
is $p->stop, 0, 'ends';
done_testing;
