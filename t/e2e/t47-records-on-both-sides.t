# SPDX-License-Identifier: BSD-2-Clause
# Clients plain or over TLS, backends over TLS: bodies, tunnels, kept
# connections. The backend over TLS is a listener of the same Portico.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain chunked);
use Certs;
use Client qw(request);
use Digest::SHA qw(sha1_hex);
use Portico;
use Tls;
use Tunnel qw(switching numbers);

my $big = numbers(0, 1 << 20);
my $ca = Certs->new;
my $cert = $ca->leaf(names => [ 'a.test' ]);
my $b = Backend->new({
	'/small' => plain('small'), '/big' => plain($big),
	'/chunked' => chunked('one', $big, 'two'),
	'/sum' => sub { $_[0]->send(plain(sha1_hex($_[0]{body}))) },
	'/close' => sub { $_[0]->send("HTTP/1.0 200 OK\r\n\r\nto the end"); 0 },
	'/ws' => sub { $_[0]->send(switching() . 'hello');
	    $_[0]->more until $_[0]{in} =~ /bye/;
	    $_[0]->send("$_[0]{in}!"); return 0 },
});
my $p = Portico->start(qq{
	listeners = {
		plain = { address = "\@plain\@"; };
		tls = { address = "\@tls\@"; tls = {
		    certificates = "$cert"; }; };
	};
	pools = {
		app = { backends = [ "${\$b->address}" ]; };
		over = { backends = [ "https://\@tls\@" ]; host = "a.test";
		    tls = { ca = "${\$ca->file}"; }; };
	};
	sites = {
		over = { hosts = [ "over.test" ]; routes = (
		    { pool = "over"; } ); };
		all = { hosts = [ "*" ]; routes = ( { pool = "app"; } ); };
	};
});

sub asking
{
	return request(@_) =~ s/a\.test/over.test/r;
}

sub compare
{
	my ($name, $connect) = @_;
	my $c = $connect->();

	$c->send(asking('GET /ws', [ @Tunnel::ASKING ]));
	is +($c->final_or_101 // { status => 0 })->{status}, 101,
	    "$name: websocket";
	is $c->take(5), 'hello', 'bytes behind the 101';
	$c->send($big . 'bye');
	$c->has_come(qr/bye!/, 10);
	is length $c->rest, 4 + length $big, '1 MB there and back';
	$c->close;
	$c = $connect->();
	for ([ 'small', 'small' ], [ 'big', $big ],
	    [ 'chunked', "one${big}two" ], [ 'small', 'small' ]) {
		$c->send(asking("GET /$_->[0]"));
		is sha1_hex(($c->final // {})->{body} // ''),
		    sha1_hex($_->[1]), $_->[0];
	}
	for my $coded ([ [], $big ], [ [ 'Transfer-Encoding: chunked' ],
	    sprintf("%x\r\n%s\r\n0\r\n\r\n", length $big, $big) ]) {
		$c->send(asking('PUT /sum', @$coded));
		is +($c->final // {})->{body}, sha1_hex($big), '1 MB up';
	}
	$c->send(asking('GET /close'));
	is +($c->final // {})->{body}, 'to the end', 'to the end';
	$c->close;
	return;
}

compare('plain', sub { Client->new($p->address('plain')) });
for my $version (qw(1.2 1.3)) {
	compare("TLS $version", sub { Tls->new($p->address('tls'),
	    version => $version) // die $Tls::error });
}
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
