# SPDX-License-Identifier: BSD-2-Clause
# A field that a route removes, sets or hides does not get to the other side
# as a trailer, behind the body.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client;
use Portico;

my $backend = Backend->new("HTTP/1.1 200 OK\r\n"
    . "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\n"
    . "X-Secret: s\r\nx-mode: a\r\nX-Sum: 1\r\nX-HIDDEN: h\r\n\r\n");
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "$backend->{address}" ]; }; };
sites = { x = { hosts = "*"; routes = (
	{ path = "/kept"; pool = "app"; },
	{ headers = { request = { remove = [ "X-User" ];
	    set = { X-Role = "guest"; }; }; response = {
	    remove = [ "X-Secret" ]; set = { X-Mode = "b"; }; }; };
	  hide = [ "X-Hidden" ]; pool = "app"; } ); }; };
});

sub exchange
{
	my ($target) = @_;
	my $c = Client->new($p->address('http'));

	$c->send("POST $target HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\n"
	    . "Connection: TE\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
	    . "0\r\nX-User: root\r\nx-role: admin\r\nX-Check: 2\r\n\r\n");
	my $r = $c->final;
	$c->close;
	return $r;
}

my $kept = exchange('/kept');
is join('|', @{ $kept->{trailers} }),
    'X-Secret: s|x-mode: a|X-Sum: 1|X-HIDDEN: h', 'trailers go to the client';
my $removed = exchange('/');
is join('|', @{ $removed->{trailers} }), 'X-Sum: 1',
    'but not those that the route removes, sets or hides';
my @sections = join('', $backend->received) =~ /^0\r\n(.*?)\r\n\r\n/gms;
is $sections[0], "X-User: root\r\nx-role: admin\r\nX-Check: 2",
    'trailers go to the backend';
is $sections[1], 'X-Check: 2', 'and here, too, some do not';
is $removed->{fields}{'x-mode'}[0], 'b', 'what is set stands in the head';
done_testing;
