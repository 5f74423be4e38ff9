# SPDX-License-Identifier: BSD-2-Clause
# A DNS server that fails takes nothing away; one that says three times in a
# row that there is no such name does.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Backend;
use Client qw(get until_true);
use Dns;
use Portico;

my @moods = qw(servfail refused silent wrong-id wrong-name garbage half loop);
my $b = Backend->new('echo');
my $port = $b->port;
my $dns = Dns->new(map { ("$_.test" => [ 'A 127.0.0.1', 'TTL 1' ]) }
    'app', @moods);
my $pools = join '', map { qq{$_ = { backends = "$_.test:$port";
    resolve = "1s"; };\n} } 'app', @moods;
my $routes = join '', map { qq({ path = "/$_"; pool = "$_"; },) } @moods;
my $p = Portico->start(<<"END");
listeners = { http = { address = "\@http\@"; }; };
pools = { $pools };
sites = { x = { hosts = "*"; routes = ( $routes { pool = "app"; } ); }; };
resolvers = [ "@{[ $dns->address ]}" ];
END
my $at = $p->address('http');

# How often the log says that a name fails, and that it is well again.
sub fails
{
	my ($name) = @_;

	return scalar(() = $p->log =~ / warn .*\Q$name\E\ cannot\ be\ looked\ up:
	    \ .*;\ the\ addresses\ that\ it\ had\ are\ used$/xmg);
}

sub ends
{
	my ($name) = @_;

	return scalar(() = $p->log =~ /\Q$name\E can be looked up again$/mg);
}

# Seconds of CPU time that the steward has used.
sub cpu
{
	my ($pid) = $p->pids('steward');
	my @fields = split ' ', Portico::slurp("/proc/$pid/stat");

	return ($fields[13] + $fields[14]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

is get($at, '/')->{status}, 200, 'it is found';
$dns->mood("$_.test", $_) for @moods;
$dns->clear;
for my $mood (@moods) {
	ok until_true(sub { fails("$mood.test") }, 9), "$mood: that is said";
	ok until_true(sub { $dns->questions("$mood.test") >= 4 }, 9),
	    'it is asked again';
	is get($at, "/$mood")->{status}, 200, 'the last address is used';
	is fails("$mood.test"), 1, 'it was said once';
}
$dns->mood("$_.test", '') for @moods;
ok until_true(sub { ends("$_.test") }, 9), "$_: well again" for @moods;

$dns->mood('*', 'AAAA silent');
$dns->clear;
my $warned = fails('app.test');
$dns->set('app.test', 'A 127.0.0.9', 'TTL 1');
ok until_true(sub { get($at, '/')->{status} >= 500 }, 9),
    'one family that is silent does not hold up the other';
$dns->set('app.test', 'A 127.0.0.1', 'TTL 1');
ok until_true(sub { get($at, '/')->{status} == 200 }, 9), 'back';
is fails('app.test'), $warned, 'nor is that a failure';
$dns->mood('*', '');

$dns->stop;
ok until_true(sub { fails('app.test') == $warned + 1 }, 9), 'the server dies';
my $cpu = cpu();
sleep 3;
cmp_ok cpu() - $cpu, '<', 1, 'the steward sleeps meanwhile';
is get($at, '/')->{status}, 200, 'the last address is used';
$dns->resume;
ok until_true(sub { ends('app.test') == fails('app.test') }, 9), 'it is back';

$dns->clear;
$dns->remove('app.test');
ok $p->logged(qr/app\.test has no address any more: .*, 3 times$/m, 9),
    'it is gone';
cmp_ok scalar($dns->questions('app.test', 'A')), '==', 3,
    'after three answers';
is get($at, '/')->{status}, 503, 'so is the backend';
$dns->set('app.test', 'A 127.0.0.1', 'TTL 1');
ok until_true(sub { get($at, '/')->{status} == 200 }, 9), 'it comes back';

$dns->set('app.test'); # it exists, and has no address
ok until_true(sub { get($at, '/')->{status} == 503 }, 9),
    'without records the same';
ok until_true(sub { (() = $p->log =~ /app\.test has no address any more/g)
    == 2 }, 5),
    'and it is said';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
