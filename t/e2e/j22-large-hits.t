# SPDX-License-Identifier: BSD-2-Clause
# Large responses are sent from where they lie, to fast, slow and leaving
# clients, plain and over TLS.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(get request field fields until_true);
use Portico qw(free_port);
use Tls;

my $body = join '', map { sprintf '%09d ', $_ } 0 .. 399999; # 4 MB
my $b = Backend->new({
	map({ +"/$_" => plain(substr($body, 0, $_), 'Cache-Control: max-age=600') }
	    1, 3000, 4000, 16000, 16384, 16385, 20000, 65536, 65537, 300001),
	'/all' => plain($body, 'Cache-Control: max-age=600', 'ETag: "1"') });
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $p = Portico->start(qq(
	listeners = {
	  http = { address = "\@http\@"; timeouts = { write = "2s"; }; };
	  https = { address = "\@https\@"; tls = { certificates = "$cert"; }; };
	};
	pools = { app = { backends = [ "${\ $b->address }" ]; }; };
	cache = { size = "64M"; key = [ "host", "target" ]; };
	sites = { x = { hosts = "*";
	    routes = ( { pool = "app"; cache = true; } ); }; };));
my %at = map { $_ => $p->address($_) } qw(http https);
my %class = (http => 'Client', https => 'Tls');

sub connected
{
	my ($kind, @opt) = @_;

	return $class{$kind}->new($at{$kind}, @opt) // die "$kind: no TLS";
}

get($at{http}, "/$_") for 1, 3000, 4000, 16000, 16384, 16385, 20000, 65536,
    65537, 300001, 'all';
my $asked = () = $b->requests;

for my $kind (qw(http https)) {
	my $c = connected($kind);

	for my $n (1, 3000, 4000, 16000, 16384, 16385, 20000, 65536, 65537,
	    300001) {
		$c->send(request("GET /$n"));
		my $r = $c->final;
		ok $r->{body} eq substr($body, 0, $n), "$kind: $n bytes";
		is field($r, 'Content-Length'), $n, 'length';
	}
	$c->send(request('GET /all') . request('GET /300001') .
	    request('GET /1'));
	ok $c->final->{body} eq $body, "$kind: pipelined, all";
	ok $c->final->{body} eq substr($body, 0, 300001), 'the next';
	is $c->final->{body}, '0', 'and the last';
	$c->send(request('GET /all', [ 'Range: bytes=1000003-3000004' ]));
	ok $c->final->{body} eq substr($body, 1000003, 2000002),
	    "$kind: a large part";
	$c->send("GET /all HTTP/1.0\r\nHost: a.test\r\n\r\n");
	my $r = $c->final;
	ok $r->{body} eq $body, "$kind: HTTP/1.0";
	is $c->ending, 'closed', 'ends the connection';

	$c = connected($kind, rcvbuf => 65536);
	$c->send(request('GET /all'));
	for my $part (1 .. 20) {
		select undef, undef, undef, 0.02;
		$c->more(1);
	}
	ok $c->final->{body} eq $body, "$kind: a slow reader has all of it";
}

my $c = connected('http', rcvbuf => 4096);
$c->send(request('GET /all'));
ok until_true(sub { $p->log =~ /the client did not read in time/ }, 10)
    || $c->ending(10) ne 'open', 'one that reads nothing is not waited for';
for (1 .. 20) {
	$c = connected('http', rcvbuf => 4096);
	$c->send(request('GET /all'));
	$c->more(1);
	$c->close;
}
ok get($at{http}, '/all')->{body} eq $body, 'others leave in the middle';
is scalar(() = $b->requests), $asked, 'no backend has seen any of it';
is $p->quit, 0, 'quit';
is_deeply [ $p->sums ], [ 1 ], 'nothing is lost';
done_testing;
