# SPDX-License-Identifier: BSD-2-Clause
# A fetch that others have joined finds the cache full of what slow clients
# read: it waits until one of them is done, and nobody is cut.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Test::More;
use Time::HiRes qw(sleep);
use POSIX ();
use CacheOrigin;
use Client qw(ask request until_true);
use Portico;

my $origin = CacheOrigin->new;
my $p = Portico->start(qq{
	cache = { size = "24M"; max_object = "6M"; purge_from = "127.0.0.1"; };
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = [ "@{[ $origin->address ]}" ]; }; };
	sites = { x = { hosts = "*"; routes = ( { pool = "app";
	    cache = true; } ); }; };
});
my $at = $p->address('http');
my %body = map { my $n = $_; ("/$n" => join '', map { sprintf "%d %07d ", $n,
    $_ } 1 .. 600_000) } 1 .. 4; # more than a socket takes

sub answer
{
	my ($path) = @_;

	return "HTTP/1.1 200 OK\r\nContent-Length: " . length($body{$path})
	    . "\r\nCache-Control: max-age=900\r\n\r\n";
}

sub slow_reader
{
	my ($path) = @_;
	my $s = IO::Socket::INET->new(Proto => 'tcp') or die "socket: $!";
	my ($host, $port) = split /:/, $at;

	setsockopt $s, SOL_SOCKET, SO_RCVBUF, 4096;
	connect $s, Socket::pack_sockaddr_in($port, Socket::inet_aton($host))
	    or die "connect: $!";
	syswrite $s, request("GET $path", [ 'Host: a.test',
	    'Connection: close' ]);
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

my @slow;
for my $path ('/1', '/2', '/3') {
	$origin->answers($path, answer($path) . $body{$path});
	ask($at, request("GET $path", [ 'Host: a.test' ]));
	push @slow, slow_reader($path);
	is ask($at, request("PURGE $path", [ 'Host: a.test' ]))->{status},
	    200, "$path is read, and not to be found any more";
}
$origin->answers('/4', [ answer('/4') . substr($body{'/4'}, 0, 100_000),
    [ 'hold', 'rest' ], substr($body{'/4'}, 100_000) ]);
my @c = map { my $c = Client->new($at); $c->send(request('GET /4',
    [ 'Host: a.test' ])); sleep 0.3; $c } 1 .. 3;
$origin->release('rest');
my $one = $slow[0];
my $pid = fork // die "fork: $!";
if ($pid == 0) { # it goes on to read, a second later
	sleep 1;
	POSIX::_exit(is_whole($one) ? 0 : 1);
}
for my $c (@c) {
	my $r = $c->final;

	ok $r->{body} eq $body{'/4'}, 'who asked for the fourth one has it all';
}
waitpid $pid, 0;
is $?, 0, 'so has the one who made room';
ok is_whole($_), 'and those who still read' for @slow[1, 2];
is scalar($origin->asked('/4')), 1, 'it was asked for once';
is $p->quit(10), 0, 'QUIT';
my ($ended, @wrong) = $p->sums;
is "@wrong", '', 'all sums are zero';
done_testing;
