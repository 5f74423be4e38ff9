# SPDX-License-Identifier: BSD-2-Clause
# Location, Content-Location and Refresh that point to a backend point to us.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(request field);
use Portico;

# Answers with the fields that the request has under X-Say-.
my $b = Backend->new(sub {
	while (defined(my $r = $_[0]->request)) {
		my $fields = join '', map { s/^X-Say-//r . "\r\n" }
		    $r =~ /^(X-Say-.*?)\r$/mg;
		my ($status) = $r =~ m{^\S+ \S*/s(\d+)};

		$_[0]->send('HTTP/1.1 ' . ($status // 302) . " X\r\n$fields" .
		    "Content-Length: 0\r\n\r\n") or return;
	}
});
my $inner = $b->address;
my $port = $b->port;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; };
  outer = { address = "\@outer\@"; trusted_proxies = "127.0.0.1"; }; };
pools = {
  app = { backends = [ "$inner" ]; };
  named = { backends = [ "$inner" ]; host = "inner.test"; };
  own = { backends = [ "$inner" ]; host = "backend"; };
};
sites = {
  a = { hosts = [ "a.test" ]; routes = (
    { path = "/app"; strip_prefix = "/app"; pool = "app"; },
    { path = "/add"; add_prefix = "/int"; pool = "app"; },
    { path = "/both"; strip_prefix = "/both"; add_prefix = "/int";
      pool = "app"; },
    { path = "/off"; strip_prefix = "/off"; rewrite_location = false;
      pool = "app"; },
    { path = "/own"; pool = "own"; }, { path = "/move";
      redirect = { to = "http://$inner/x"; }; },
    { pool = "app"; } ); };
  n = { hosts = [ "n.test" ]; routes = ( { pool = "named"; } ); };
  o = { hosts = [ "o.test" ]; rewrite_location = false;
        routes = ( { pool = "named"; } ); };
};
});
my $at = $p->address('http');
my $c = Client->new($at);

# What becomes of a field that the backend says.
sub becomes
{
	my ($target, $said, $host) = @_;
	my ($name) = $said =~ /^(.*?):/;

	$c->send(request("GET $target", [ 'Host: ' . ($host // 'a.test:81'),
	    "X-Say-$said" ]));
	my $r = $c->final;
	$c = Client->new($at) if !$r;
	return $r ? field($r, $name) // 'no field' : 'no answer';
}

my $us = 'http://a.test:81';
for (
    # our backend is called by its address
    [ '/', "http://$inner/x", "$us/x" ],
    [ '/', "http://$inner/x?u=http://$inner/y#f",
	"$us/x?u=http://$inner/y#f" ],
    [ '/', "HTTP://$inner/x", "$us/x" ], [ '/own', "http://$inner/x",
	"$us/x" ],
    [ '/', "http://$inner/%2F%20;a=b", "$us/%2F%20;a=b" ],
    [ '/', "http://$inner?q", qr{^\Q$us\E/?\?q$} ],
    [ '/', "http://$inner", qr{^\Q$us\E/?$} ],
    # or by the name with which it was asked
    [ '/', "$us/x", "$us/x" ],
    # others are none of ours
    map({ [ '/', $_, $_ ] } 'http://other.test/x', "http://$inner.test/x",
	"http://$inner\@evil.test/x", "http://${inner}0/x",
	"http://x.$inner/", "https://other.test", '/x', '/', 'x/y', '../x',
	'?q', '#f', '', '//other.test/x', 'mailto:a@b.test', '/x?http://y/',
	"ftp://$inner/x", "http:/$inner/x"),
    # strip_prefix: what the backend calls /x is our /app/x
    [ '/app/1', '/x', '/app/x' ], [ '/app/1', '/', '/app/' ],
    [ '/app/1', '/x?u=/y', '/app/x?u=/y' ],
    [ '/app/1', "http://$inner/x", "$us/app/x" ],
    [ '/app/1', "$us/x", "$us/app/x" ],
    [ '/app/1', '//other.test/x', '//other.test/x' ],
    [ '/app/1', 'http://other.test/x', 'http://other.test/x' ],
    [ '/app/1', 'x/y', 'x/y' ], [ '/app/1', '?q', '?q' ],
    # add_prefix: what the backend calls /int/x is our /x
    [ '/add', '/int/x', '/x' ], [ '/add', '/int/', '/' ],
    [ '/add', '/int', '/' ], [ '/add', '/int?q', '/?q' ],
    [ '/add', '/internal', '/internal' ], [ '/add', '/x', '/x' ],
    [ '/add', "http://$inner/int/x", "$us/x" ],
    [ '/add', "http://$inner/x", "$us/x" ],
    [ '/add', '/int//evil.test/', qr{^(?!//)} ],
    [ '/add', '/int/\\evil.test/', qr{^(?![/\\][/\\])} ],
    [ '/both/1', '/int/x', '/both/x' ], [ '/both/1', "http://$inner/int/x",
	"$us/both/x" ],
    # rewrite_location = false
    [ '/off/1', '/x', '/x' ], [ '/off/1', "http://$inner/x",
	"http://$inner/x" ]) {
	my ($target, $location, $expected) = @$_;

	for my $name ('Location', 'Content-Location') {
		my $is = becomes($target, "$name: $location");

		ref $expected ? like $is, $expected, "$target: $location" :
		    is $is, $expected, "$target: $name: $location";
	}
}
is becomes('/s201', "Location: http://$inner/x"), "$us/x", 'a 201 too';
is becomes('/s200', "Content-Location: http://$inner/x"), "$us/x",
    'and a 200';

for my $name ('inner.test', 'Inner.TEST', 'inner.test:80') {
	is becomes('/', "Location: http://$name/x", 'n.test'),
	    'http://n.test/x', "the pool's host: $name";
}
is becomes('/', "Location: http://$inner/x", 'n.test'), 'http://n.test/x',
    'or its address';
is becomes('/', "Location: http://$_/x", 'n.test'), "http://$_/x",
    "but not $_" for 'inner.test:81', 'inner.testing', 'x.inner.test';
is becomes('/', "Location: $_", 'a.test'), $_, "nor $_" for
    'https://a.test/x', 'http://a.test:8443/x', 'https://a.test:8443/x';

# Our own host, but not as the client came: a step to https stays one, or it
# would lead round in a circle.
like becomes('/app/1', 'Location: https://a.test/x', 'a.test'),
    qr{^https://a\.test/(?:app/)?x$}, 'strip_prefix: https stays';
like becomes('/app/1', 'Location: http://a.test:8443/x', 'a.test'),
    qr{^http://a\.test:8443/(?:app/)?x$}, 'and another port';
is becomes('/', 'Location: http://inner.test/x', 'o.test'),
    'http://inner.test/x', 'nor where the site says so';
like becomes('/', "Location: http://$inner/x", 'A.Test'),
    qr{^http://a\.test/x$}i, 'a host in other letters';
$c->send("GET http://n.test:8080/ HTTP/1.1\r\nHost: n.test:8080\r\n" .
    "X-Say-Location: http://inner.test/x\r\n\r\n");
is field($c->final, 'Location'), 'http://n.test:8080/x', 'an absolute form';

# Behind a proxy that ends TLS the client came with https; if it is trusted.
for ([ 'outer', 'https' ], [ 'http', 'http' ]) {
	my ($listener, $scheme) = @$_;
	my $r = Client::get($p->address($listener), '/app/1',
	    'X-Forwarded-Proto: https', "X-Say-Location: http://$inner/x");

	is field($r, 'Location'), "$scheme://a.test/app/x",
	    "a proxy in front, $listener: $scheme";
}

for (
    [ "5; url=http://$inner/x", "5; url=$us/app/x" ],
    [ "0;URL=http://$inner/x", "0;URL=$us/app/x" ],
    [ "0; url=\"http://$inner/x\"", "0; url=\"$us/app/x\"" ],
    [ "0; url='/x'", "0; url='/app/x'" ], [ '0; url=/x', '0; url=/app/x' ],
    [ '5', '5' ], [ '5; url=x', '5; url=x' ], [ '', '' ],
    [ '5; url=http://other.test/', '5; url=http://other.test/' ]) {
	my ($refresh, $expected) = @$_;

	is becomes('/app/s200', "Refresh: $refresh"), $expected,
	    "Refresh: $refresh";
}
is becomes('/move', 'X: 1'), 'no field', 'a redirect of ours';
$c->send(request('GET /move'));
is field($c->final, 'Location'), "http://$inner/x", 'is as it was written';
done_testing;
