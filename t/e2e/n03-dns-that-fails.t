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
use Beside qw(side_by_side);
use Client qw(get until_true);
use Dns;
use Portico;

my $b = Backend->new('echo');
my $port = $b->port;
my ($dns, $p, $at);

# A DNS server and a Portico with a pool for app.test, and one for each of
# these.
sub begin
{
	my (@others) = @_;

	$dns = Dns->new(map { ("$_.test" => [ 'A 127.0.0.1', 'TTL 1' ]) }
	    'app', @others);
	my $pools = join '', map { qq{$_ = { backends = "$_.test:$port";
	    resolve = "1s"; };\n} } 'app', @others;
	my $routes = join '', map { qq({ path = "/$_"; pool = "$_"; },) }
	    @others;
	$p = Portico->start(<<"END");
listeners = { http = { address = "\@http\@"; }; };
pools = { $pools };
sites = { x = { hosts = "*"; routes = ( $routes { pool = "app"; } ); }; };
resolvers = [ "@{[ $dns->address ]}" ];
END
	$at = $p->address('http');
	is get($at, '/')->{status}, 200, 'it is found';
	return;
}

sub end
{
	is $p->quit, 0, 'QUIT';
	is +($p->sums)[1], undef, 'nothing is left';
	return;
}

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

sub moods
{
	my @moods = qw(servfail refused silent wrong-id wrong-name garbage
	    half loop);

	begin(@moods);
	$dns->mood("$_.test", $_) for @moods;
	$dns->clear;
	for my $mood (@moods) {
		ok until_true(sub { fails("$mood.test") }, 9),
		    "$mood: that is said";
		ok until_true(sub { $dns->questions("$mood.test") >= 4 }, 9),
		    "$mood: it is asked again";
		is get($at, "/$mood")->{status}, 200,
		    "$mood: the last address is used";
		is fails("$mood.test"), 1, "$mood: it was said once";
	}
	$dns->mood("$_.test", '') for @moods;
	ok until_true(sub { ends("$_.test") }, 9), "$_: well again" for @moods;
	end();
	return;
}

sub one_family
{
	begin();
	$dns->mood('*', 'AAAA silent');
	$dns->clear;
	$dns->set('app.test', 'A 127.0.0.9', 'TTL 1');
	ok until_true(sub { get($at, '/')->{status} >= 500 }, 9),
	    'one family that is silent does not hold up the other';
	$dns->set('app.test', 'A 127.0.0.1', 'TTL 1');
	ok until_true(sub { get($at, '/')->{status} == 200 }, 9), 'back';
	is fails('app.test'), 0, 'nor is that a failure';
	end();
	return;
}

sub dies
{
	begin();
	$dns->stop;
	ok until_true(sub { fails('app.test') == 1 }, 9), 'the server dies';
	my $cpu = cpu();
	sleep 3;
	cmp_ok cpu() - $cpu, '<', 1, 'the steward sleeps meanwhile';
	is get($at, '/')->{status}, 200, 'dead: the last address is used';
	$dns->resume;
	ok until_true(sub { ends('app.test') == fails('app.test') }, 9),
	    'it is back';
	end();
	return;
}

sub gone
{
	begin();
	$dns->clear;
	$dns->remove('app.test');
	ok $p->logged(qr/app\.test has no address any more: .*, 3 times$/m, 9),
	    'it is gone';
	cmp_ok scalar($dns->questions('app.test', 'A')), '==', 3,
	    'after three answers';
	is get($at, '/')->{status}, 503, 'so is the backend';
	$dns->set('app.test', 'A 127.0.0.1', 'TTL 1');
	ok until_true(sub { get($at, '/')->{status} == 200 }, 9),
	    'it comes back';

	$dns->set('app.test'); # it exists, and has no address
	ok until_true(sub { get($at, '/')->{status} == 503 }, 9),
	    'without records the same';
	ok until_true(sub { (() = $p->log =~
	    /app\.test has no address any more/g) == 2 }, 5), 'and it is said';
	end();
	return;
}

side_by_side(4, \&moods, \&one_family, \&dies, \&gone);
done_testing;
