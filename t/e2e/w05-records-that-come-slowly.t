# SPDX-License-Identifier: BSD-2-Clause
# Bytes of a record count as they come, and not only when it is whole: those of
# a request whose answer is under way, and those of an answer.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Certs;
use Client qw(get);
use IO::Select;
use IO::Socket::IP;
use Portico;
use Time::HiRes qw(sleep);
use Tls qw(one_https);
use TlsBackend;

my ($size, $pieces) = (16000, 12);
my $b = Backend->new(sub {
	my ($c) = @_;

	$c->head // return;
	$c->send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhere");
	$c->more or return while length $c->{in} < 5 + $size;
	$c->send(' is');
	$c->more or return while length $c->{in} < 9 + $size;
	$c->send('!');
});
my $p = Portico->start(one_https($b->address,
    Certs->new->leaf(names => [ 'a.test' ]),
    pool => 'timeouts = { read = "1s"; };', top =>
    'sites = { all = { hosts = "*"; routes = ( { pool = "app";
	buffer_request = false; } ); }; };'));

for my $version (qw(1.2 1.3)) {
	my $c = Tls->new($p->address('https'), version => $version)
	    or die $Tls::error;

	$c->send("POST / HTTP/1.1\r\nHost: a.test\r\n" .
	    "Content-Length: @{[ 9 + $size ]}\r\n\r\nfirst");
	$c->more(3) until $c->raw =~ /here$/ || $c->{end};
	like $c->raw, qr/here$/, "$version: the answer has begun";
	$c->hold;
	$c->send('x' x $size);
	my $record = $c->release;
	my $n = 1 + int length($record) / $pieces;
	for my $piece (unpack "(a$n)*", $record) {
		sleep 0.2;
		$c->put($piece);
	}
	$c->send('last');
	$c->more(3) until $c->raw =~ /!$/ || $c->{end};
	like $c->raw, qr/here is!$/, 'a record that took 2.4 s';
	$c->close;
}

# What the backend sends goes on in small pieces behind the first 3000 bytes,
# which are its handshake, tickets, and the beginning of an answer's record.
sub pass_slowly
{
	my ($client, $server) = @_;
	my ($sockets, $sent) = (IO::Select->new($client, $server), 0);

	while (my ($from) = $sockets->can_read(10)) {
		my $most = $from == $client || $sent < 3000 ? 3000 : 1500;

		sysread $from, my $bytes, $most or return;
		sleep 0.2 if $most == 1500;
		$sent += length $bytes if $from == $server;
		syswrite $from == $client ? $server : $client, $bytes;
	}
	return;
}

sub slow_way
{
	my ($to) = @_;
	my $listener = IO::Socket::IP->new(LocalHost => '127.0.0.1',
	    LocalPort => 0, Listen => 5) or die "listen: $@";
	my $pid = fork // die "fork: $!";

	return ($pid, '127.0.0.1:' . $listener->sockport) if $pid > 0;
	$SIG{ALRM} = 'DEFAULT';
	alarm 60;
	while (my $client = $listener->accept) {
		pass_slowly($client, IO::Socket::IP->new(PeerAddr => $to));
	}
	POSIX::_exit(0);
}

my $tls = TlsBackend->new(sub {
	my ($c) = @_;

	$c->head // return;
	$c->send("HTTP/1.1 200 OK\r\nContent-Length: 16000\r\n" .
	    "X-Accel-Buffering: no\r\n\r\n");
	$c->send('y' x 16000);
	$c->drain;
}, cert => Certs->new->leaf(names => [ 'a.test' ]));
my ($pid, $way) = slow_way($tls->address);
$p = Portico->start(Portico::one_backend("https://$way", pool =>
    'timeouts = { read = "1s"; }; tls = { verify = false; };'));
my $r = get($p->address('http'), '/');
is length $r->{body}, 16000, 'a record of an answer that took 2 s';
kill 'KILL', $pid;
done_testing;
