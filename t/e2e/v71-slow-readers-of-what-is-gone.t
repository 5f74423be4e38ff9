# SPDX-License-Identifier: BSD-2-Clause
# Who reads slowly gets the last byte of what was purged long ago, whatever
# takes its room: over reloads, upgrades and deaths.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Test::More;
use CacheOrigin;
use Client qw(ask get request until_true);
use Portico;
use Torture qw(start_origin start_load load_line spoiled);
use Upgrade qw(own_program generation upgrade);

own_program();
my $slow = CacheOrigin->new;
my $many = start_origin();
my $p = Portico->start(qq{
	workers = { min = 3; max = 6; };
	cache = { size = "31M"; purge_from = "127.0.0.1"; };
	drain_timeout = "60s";
	listeners = { http = { address = "\@http\@"; }; };
	pools = { slow = { backends = [ "@{[ $slow->address ]}" ]; };
	    many = { backends = [ "$many" ]; }; };
	sites = {
		slow = { hosts = "slow.test"; routes = ( { pool = "slow";
		    cache = true; } ); };
		x = { hosts = "*"; routes = ( { pool = "many";
		    cache = true; } ); };
	};
});
my $at = $p->address('http');
my %body;

for my $n (1 .. 4) {
	$body{"/$n"} = join '', map { sprintf "%d %07d ", $n, $_ }
	    1 .. 400_000; # more than a socket takes
	$slow->answers("/$n", "HTTP/1.1 200 OK\r\nContent-Length: " .
	    length($body{"/$n"}) . "\r\nCache-Control: max-age=900\r\n\r\n"
	    . $body{"/$n"});
}

# A client that has begun to read: [ path, socket, what it has so far ].
sub begin
{
	my ($path) = @_;
	my $s = IO::Socket::INET->new(Proto => 'tcp') or die "socket: $!";
	my ($host, $port) = split /:/, $at;

	setsockopt $s, SOL_SOCKET, SO_RCVBUF, 4096;
	connect $s, Socket::pack_sockaddr_in($port, Socket::inet_aton($host))
	    or die "connect: $!";
	syswrite $s, "GET $path HTTP/1.1\r\nHost: slow.test\r\n"
	    . "Connection: close\r\n\r\n";
	sysread $s, my $first, 1000;
	return [ $path, $s, $first ];
}

sub is_whole
{
	my ($reader) = @_;
	my ($path, $s, $all) = @$reader;

	1 while IO::Select->new($s)->can_read(10)
	    && sysread $s, $all, 65536, length $all;
	my ($head, $body) = split /\r\n\r\n/, $all, 2;
	return $head =~ m{^HTTP/1.1 200 } && $body eq $body{$path};
}

# Everything that is stored is pushed out by other things.
sub push_out
{
	my ($seed) = @_;
	my @paths = map { '/v/' . (2000 + $_ * 1500) . "/$seed$_?age=60" }
	    1 .. 200;

	return spoiled(load_line(start_load('-n', 400, '-c', 8, '-H',
	    'many.test', $at, @paths), 30));
}

sub kill_steward
{
	my ($pid) = $p->pids('steward');

	kill 'KILL', $pid;
	return until_true(sub { $p->pids('steward') && $p->pids('heir') }, 5);
}

my @rounds = (
	[ 'a death of the steward', sub { kill_steward() } ],
	[ 'a reload', sub { my $g = generation($p); $p->signal('HUP');
	    until_true(sub { generation($p) > $g }, 10) } ],
	[ 'an upgrade', sub { upgrade($p) } ],
	[ 'deaths behind an upgrade', sub { kill_steward() } ],
);
my @readers;
for my $round (@rounds) {
	my ($what, $do) = @$round;

	my $path = '/' . (@readers + 1);
	ask($at, request("GET $path", [ 'Host: slow.test' ]));
	push @readers, begin($path);
	is ask($at, request("PURGE $path", [ 'Host: slow.test' ]))->{status},
	    200, "$path: purged";
	ok $do->(), $what;
	is push_out(scalar @readers), '', 'other things take the room';
}
ok is_whole($_), "$_->[0] is whole" for @readers;
is $p->quit(20), 0, 'QUIT';
my ($ended, @wrong) = $p->sums;
cmp_ok $ended, '>=', 3, 'sums were made';
is "@wrong", '', 'and they are zero';
done_testing;
