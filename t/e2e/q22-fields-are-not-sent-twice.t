# SPDX-License-Identifier: BSD-2-Clause
# A field that a route sets in responses, or removes, is not there a second
# time because we write it ourselves.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(ask request);
use Portico;

my $backend = Backend->new("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "$backend->{address}" ]; }; };
sites = { x = { hosts = "*";
	headers = { response = { set = { Content-Type = "text/x";
	    Date = "today"; Location = "/there"; Allow = "GET"; }; }; };
	routes = (
	{ path = "/text"; respond = { status = 200; body = "a"; }; },
	{ path = "/to"; redirect = { to = "/a{path}"; }; },
	{ path = "/deny"; deny = 405; },
	{ path = "/without"; redirect = { to = "/b"; };
	  headers = { response = { set = {}; remove = [ "date",
	    "content-type" ]; }; }; },
	{ path = "/long"; redirect = { to = "/{path}{path}{path}"; };
	  headers = { response = { set = { Content-Type = "text/x"; }; }; }; },
	{ pool = "app"; } ); }; };
});

sub fields_of
{
	my ($target, $method) = @_;

	return ask($p->address('http'), request(($method // 'GET')
	    . " $target"))->{fields};
}

my @set = ('content-type', 'date', 'location', 'allow');
my %values = ('content-type' => 'text/x', date => 'today',
    location => '/there', allow => 'GET');

for my $target ('/text', '/to', '/deny', '/') {
	my $fields = fields_of($target);

	is_deeply $fields->{$_}, [ $values{$_} ], "$target: one $_" for @set;
}
my $without = fields_of('/without');
ok !$without->{$_}, "no $_ where it is removed" for 'date', 'content-type';
is_deeply $without->{location}, [ '/b' ], 'and what is not removed stays';
my $odd = fields_of('/long/' . '"' x 4000);
is scalar @{ $odd->{'content-type'} }, 1, 'also where the answer is too long';
like $odd->{'content-type'}[0], qr{^text/html}, 'and then it is ours';
done_testing;
