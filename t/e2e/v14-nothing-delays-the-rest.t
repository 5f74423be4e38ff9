# SPDX-License-Identifier: BSD-2-Clause
# Name servers that are silent, backends that hang and callers that do not read
# delay neither checks nor deadlines nor the successors of the dead.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(command connect_to state_of);
use Dns;
use Portico;

my $origin = Backend->new(plain('b'));
my $at = $origin->address;
my $hangs = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1024)
    or die "listen: $!";
my $stuck = '127.0.0.1:' . $hangs->sockport;
my $dns = Dns->new;
my $resolver = $dns->address;
$dns->mood('*', 'silent');

sub group { return '{ name = "' . $_[0] . '"; address = "' . $_[1] . '"; }' }
my $names = join ', ', map { group("n$_", "name$_.test:80") } 1 .. 100;
my $hung = join ', ', map { group("h$_", $stuck) } 1 .. 200;
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@";
	    timeouts = { header = "1s"; }; }; };
	pools = { app = { backends = ( ${\ group('b', $at)},
	        ${\ group('c', $at)} );
	        health = { path = "/"; interval = "500ms"; timeout = "400ms";
	        fall = 1; rise = 1; }; };
	    names = { backends = ( $names ); };
	    hung = { backends = ( $hung ); health = { path = "/";
	        interval = "1s"; timeout = "900ms"; }; }; };
	sites = { x = { hosts = "*"; routes = ( { pool = "app"; } ); }; };
	resolvers = [ "$resolver" ];
});
my $sock = $p->dir . '/portico.sock';
my @deaf = map { connect_to($sock) } 1 .. 14;
syswrite $_, "status\n" for @deaf;
ok until_true(sub { state_of($sock, 'hung/h200') eq 'down' }, 10),
    'those that hang are down';

my $worst = 0;
for (1 .. 5) {
	my $s = IO::Socket::INET->new(PeerAddr => $p->address('http')) or next;
	my $began = time;

	syswrite $s, "GET / HT";
	IO::Select->new($s)->can_read(10);
	my $took = time - $began;
	$worst = $took if $took > $worst;
	close $s;
}
cmp_ok $worst, '<', 2, sprintf 'a head has 1 s: %.2f s at most', $worst;

$worst = 0;
for (1 .. 3) {
	my ($pid) = $p->workers;
	my $n = () = $p->workers;
	my $began = time;

	kill 'KILL', $pid;
	ok until_true(sub { $n == (() = $p->workers) && !kill 0, $pid }, 10),
	    'a worker that died has a successor';
	is get($p->address('http'), '/')->{status}, 200, 'and requests go on';
	my $took = time - $began;
	$worst = $took if $took > $worst;
	sleep 1.2; # who dies young waits
}
cmp_ok $worst, '<', 2.5, sprintf '... after %.2f s at most', $worst;

my $began = time;
$origin->stop;
ok until_true(sub { state_of($sock, 'app/b') eq 'down' }, 10),
    'a backend that ended is found down';
cmp_ok time - $began, '<', 2, sprintf '... after %.2f s', time - $began;
is $p->stop, 0, 'TERM';
done_testing;
