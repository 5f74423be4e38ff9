# SPDX-License-Identifier: BSD-2-Clause
# Reloads and dead gates under load of TLS: a reload loses nothing, a gate no
# more than the handshakes that it was in.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(request until_true);
use POSIX ();
use Portico;
use Time::HiRes qw(sleep time);
use Tls qw(get_tls one_https);

umask 077;
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $dir = Portico::temporary();
my $b = Backend->new({ '/' => plain('fine') });
my $conf = one_https($b->address, $cert, top => 'gates = 2;
    drain_timeout = "20s";', listener => 'timeouts = { keepalive = "60s"; };');
my $p = Portico->start($conf);
my $at = $p->address('https');

# New connections, or one that is kept, until the test says stop: how many
# requests went well, how many handshakes and how many requests did not. Who
# speaks TLS 1.3 sends his first request with the end of his handshake.
sub load
{
	my ($n, $kept) = @_;
	my $pid = fork // die "fork: $!";

	return $pid if $pid;
	my ($fine, $shakes, $requests, $c) = (0, 0, 0);
	while (!-e "$dir/stop") {
		$c = Tls->new($at) if !$c;
		$shakes++, next if !$c;
		$c->send(request('GET /', $kept ? () :
		    [ 'Connection: close' ]));
		my $r = $c->final;
		my $ok = $r && $r->{status} == 200 && $r->{body} eq 'fine';
		$ok ? $fine++ : $c->{raw} eq '' ? $shakes++ : $requests++;
		next if $kept && $ok && $r->{head} !~ /^Connection: close/mi;
		$c->close;
		$c = undef;
	}
	Certs::save("$dir/load$n", "$fine $shakes $requests");
	POSIX::_exit(0);
}

sub under_load
{
	my ($what) = @_;
	my @sum = (0, 0, 0);

	unlink "$dir/stop";
	my @pids = map { load($_, $_ == 1) } 1 .. 4;
	$what->();
	Certs::save("$dir/stop", '');
	waitpid $_, 0 for @pids;
	for my $n (1 .. 4) {
		my @of = split / /, Portico::slurp("$dir/load$n");
		$sum[$_] += $of[$_] // 1000 for 0 .. 2;
	}
	return @sum;
}

sub reload
{
	my @before = $p->pids('gate');
	my %old = map { $_ => 1 } @before;

	$p->reload(undef, sub { my @now = $p->pids('gate');
	    @now == 2 && !grep { $old{$_} } @now });
	return;
}

my @sum = under_load(sub { for (1 .. 5) { reload(); sleep 0.5 } });
cmp_ok $sum[0], '>', 100, "five reloads: $sum[0] requests";
is $sum[1], 0, 'no handshake failed';
is $sum[2], 0, 'and no request';

my $killed = 0;
@sum = under_load(sub {
	for (1 .. 20) {
		$killed += kill 'KILL', ($p->pids('gate'))[$_ % 2] // next;
		sleep 0.2;
	}
});
cmp_ok $killed, '>', 10, "$killed gates were killed";
cmp_ok $sum[0], '>', 100, "$sum[0] requests went well meanwhile";
cmp_ok $sum[1], '<=', 4 * $killed, "$sum[1] handshakes were lost";
is $sum[2], 0, 'but no request';
ok until_true(sub { $p->pids('gate') == 2 }, 5), 'there are gates again';
is get_tls($at, '/')->{body}, 'fine', 'which serve';
unlike $p->log, qr/died young/, 'nobody had to wait';

@sum = under_load(sub {
	for (1 .. 4) {
		kill 'KILL', ($p->pids('gate'))[0];
		reload();
		kill 'KILL', ($p->workers)[0];
	}
});
is $sum[2], 0, 'reloads, dead gates and workers at once: no request is lost';
ok until_true(sub { ($p->sums)[0] == 9 }, 25), 'all old generations ended';
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and nothing is left of any';
done_testing;
