# SPDX-License-Identifier: BSD-2-Clause
# A steward that dies while it looks up leaves no descriptor, and the next one
# follows the names.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Client qw(get until_true);
use Dns;
use Portico qw(free_port);
use Torture qw(start_load load_line spoiled start_origin_at);

my $port = free_port();
start_origin_at("127.0.0.$_:$port") for 1 .. 2;
my $dns = Dns->new('app.test' => [ 'A 127.0.0.1', 'TTL 0' ],
    map { ("n$_.test" => [ 'A 127.0.0.1', 'TTL 0' ]) } 1 .. 40);
$dns->mood("n$_.test", 'slow') for 1 .. 10;
$dns->mood("n$_.test", 'truncated') for 11 .. 20;
$dns->mood("n$_.test", 'silent') for 21 .. 25;
my $more = join ', ', map { qq{"n$_.test:$port"} } 1 .. 40;
my $p = Portico->start(<<"END");
workers = { min = 4; max = 8; };
listeners = { http = { address = "\@http\@"; }; };
pools = {
	app = { backends = [ "app.test:$port" ]; resolve = "1s"; };
	many = { backends = [ $more ]; resolve = "1s"; };
};
resolvers = [ "@{[ $dns->address ]}" ];
sites = { x = { hosts = "*"; routes = ( { path = "/many"; pool = "many"; },
	{ pool = "app"; } ); }; };
END
my $at = $p->address('http');

# Sockets of the family, which all its processes have.
sub sockets
{
	my ($pid) = $p->workers or return -1;

	return scalar grep { (readlink($_) // '') =~ /^socket:/ }
	    glob "/proc/$pid/fd/*";
}

# Where the log said last that the name is.
sub place
{
	my @all = $p->log =~ /app\.test is at (\S+):$port$/mg;

	return $all[-1] // '';
}

my $load = start_load('-t', 12, '-w', 10, '-c', 8, '-s', '1:3000', $at);
my ($killed, $moved, $place, $end) = (0, 0, 1, time + 10);
while (time < $end) {
	sleep 0.05 + rand 0.4;
	my ($pid) = $p->pids('steward') or next;
	kill 'KILL', $pid and $killed++;
	next if $killed % 8;
	$place = 3 - $place;
	$dns->set('app.test', "A 127.0.0.$place", 'TTL 0');
	$moved++ if until_true(sub { place() eq "127.0.0.$place" }, 5);
}
is spoiled($_), '', $_ for load_line($load, 20);
cmp_ok $killed, '>=', 15, "killed $killed stewards";
is $moved, int($killed / 8), 'what changed meanwhile was followed';
ok until_true(sub { $p->pids('steward') == 1 && $p->pids('heir') == 1 }, 9),
    'there is one, and an heir';
$dns->mood("n$_.test", '') for 1 .. 40;
$dns->set($_, 'A 127.0.0.1', 'TTL 600') for 'app.test',
    map { "n$_.test" } 1 .. 40;
ok until_true(sub { sockets() <= 12 }, 15), 'sockets are closed: ' . sockets();
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
