# SPDX-License-Identifier: BSD-2-Clause
# Five hundred backends are checked each second, and none is forgotten while
# others hang.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Checked;
use Client qw(until_true);
use Portico;

my $N = 500;
my $HUNG = 50;
my $SECONDS = 5;

my $backends = Checked->start($N);
# Five in a row: what answers late since the machine is busy is not down.
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = ( @{[ $backends->list ]} ); passive = false;
	    health = { path = "/"; interval = "1s"; timeout = "900ms";
	    fall = 5; }; }; };
});

# Requests by backend from now on.
sub counts
{
	my ($from) = @_;
	my $all = substr $backends->text, $from;
	my @n = (0) x $N;

	$n[$1]++ while $all =~ /^(\d+) \S+ GET /mg;
	return @n;
}

sub cpu
{
	my ($pid) = @_;
	my @f = split / /, Portico::slurp("/proc/$pid/stat") =~ s/.*\) //sr;

	return ($f[11] + $f[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

ok until_true(sub { !grep { $_ == 0 } counts(0) }, 10),
    'each is checked in the first seconds';
my ($steward) = $p->pids('steward');
my ($before, $from, $since) = (cpu($steward), length $backends->text, time);
sleep $SECONDS;
my @n = sort { $a <=> $b } counts($from);
my $used = cpu($steward) - $before;
my $took = time - $since;
my $all = 0;

$all += $_ for @n;
diag sprintf "%d checks in %d s; a backend had %d to %d; the steward used " .
    "%.1f%% of a CPU", $all, $SECONDS, $n[0], $n[-1], 100 * $used / $SECONDS;
cmp_ok $n[0], '>=', $SECONDS - 2, 'each had its checks';
cmp_ok $n[-1], '<=', $took / 0.95 + 2, 'and no more';
unlike $p->log, qr/is down/, 'all are up';

$backends->tell($_, 'hang') for 0 .. $HUNG - 1;
$from = length $backends->text;
sleep $SECONDS;
@n = counts($from);
my @well = sort { $a <=> $b } @n[$HUNG .. $N - 1];
diag "while $HUNG hang: the others had $well[0] to $well[-1]";
cmp_ok $well[0], '>=', $SECONDS - 2, "while $HUNG hang, the others go on";
ok until_true(sub { (() = $p->log =~ /is down: no answer/g) == $HUNG }, 10),
    'they are down, each in a line of its own';
is scalar(grep { !m{app/b[0-4]?\d is down: } }
    $p->log =~ /^(.* is down.*)$/mg), 0, 'and none of the others';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
