# SPDX-License-Identifier: BSD-2-Clause
# Many requests on one connection are answered in their order.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(request field);
use Portico qw(one_backend);

my $echo = Backend->new('echo');
my $p = Portico->start(one_backend($echo->address));
my $at = $p->address('http');

sub answers_in_order
{
	my ($c, $n, $what) = @_;
	my $got = join ' ', map {
		my $r = $c->final;
		$r ? echoed($r)->{target} // $r->{status} : 'none';
	} 1 .. $n;

	is $got, join(' ', map { "/n$_" } 1 .. $n), $what;
	return;
}

my $c = Client->new($at);
for my $i (1 .. 20) {
	$c->send(request("GET /n$i"));
	is echoed($c->final)->{target}, "/n$i", "kept connection, request $i";
}
is $c->rest, '', 'nothing between the answers';

$c = Client->new($at);
$c->send(join '', map { request("GET /n$_") } 1 .. 100);
answers_in_order($c, 100, '100 requests in one segment');

$c = Client->new($at);
$c->send(join '', map {
	request("POST /n$_", [], "body $_ " . 'x' x $_) } 1 .. 30);
answers_in_order($c, 30, '30 POST requests in one segment');

$c = Client->new($at);
$c->send(join '', map { $_ % 2 ? request("GET /n$_") :
	request("POST /n$_", ['Transfer-Encoding: chunked'],
	    "3\r\nabc\r\n0\r\n\r\n") } 1 .. 20);
answers_in_order($c, 20, 'chunked and GET requests in one segment');

$c = Client->new($at);
$c->drip(join('', map { request("GET /n$_") } 1 .. 3), 1, 0.0005);
answers_in_order($c, 3, 'byte by byte');

$c = Client->new($at);
$c->send("\r\n" . request('GET /n1') . "\r\n" . request('GET /n2'));
answers_in_order($c, 2, 'an empty line before a request is skipped');

$c = Client->new($at);
$c->send(request('GET /n1', ['Connection: close']) . request('GET /n2'));
answers_in_order($c, 1, 'the last request');
is $c->ending(3), 'closed', 'Connection: close ends the connection';
is $c->rest, '', 'what stood after it is not answered';
like $c->raw, qr/^Connection: close\r$/mi, 'and it is said';

$c = Client->new($at);
$c->send(request('GET /n1', ['Connection: foo , CLOSE']));
answers_in_order($c, 1, 'close in a list');
is $c->ending(3), 'closed', 'is close';

$c = Client->new($at);
$c->send(request('GET /n1') . request('GET /n2'));
$c->finish_sending;
answers_in_order($c, 2, 'a client that has half closed is answered');
is $c->ending(3), 'closed', 'and then let go';

$c = Client->new($at);
$c->send(substr request('GET /n1'), 0, 12);
$c->finish_sending;
is $c->ending(3), 'closed', 'half a head and the end';
is((grep { m{/n1 HTTP} } $echo->requests) > 0, 1, 'the backend was asked');

my @clients = map { Client->new($at) } 1 .. 50;
$_->send("GET /n1 HTTP/1.1\r\nHost:") for @clients;
my $other = Client->new($at);
$other->send(request('GET /n1'));
answers_in_order($other, 1, '50 half requests hold up nobody');
$_->send(" a.test\r\n\r\n") for @clients;
is scalar(grep { $_->final } @clients), 50, 'and are answered in the end';
done_testing;
