# SPDX-License-Identifier: BSD-2-Clause
# redirect_https: nothing gets to a route but what asks for a certificate.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Certs;
use Client qw(ask field request);
use Portico qw(run_program);

my $b = Backend->new('echo');
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $conf = sub {
	my ($https) = @_;
	my $at = $b->address;

	return qq{
	listeners = {
	    http = { address = "\@http\@"; redirect_https = true; };
	    plain = { address = "\@plain\@"; };
	    https = { address = $https; tls = "$cert"; }; };
	pools = { app = { backends = [ "$at" ]; }; };
	sites = { a = { hosts = [ "a.test", "[::1]" ];
	    headers = { response = { set = { X-Site = "a"; }; }; };
	    routes = ( { pool = "app"; } ); }; };
	access_log = { to = "\@dir\@/access.log"; only = "errors"; };
	};
};
my $p = Portico->start($conf->('"@https@"'));
my $at = $p->address('http');
my $port = $p->port('https');

my @sent = (
	[ 'GET /', "/" ],
	[ 'GET /a/b?c=d&e', '/a/b?c=d&e' ],
	[ 'HEAD /x', '/x' ],
	[ 'POST /x', '/x' ],
	[ 'PUT /x%2Fy', '/x%2Fy' ],
	[ 'DELETE /', '/' ],
	[ 'BREW /pot', '/pot' ],
	[ 'get /', '/' ],
	[ 'OPTIONS *', '/' ],
	[ 'GET http://a.test/x?y', '/x?y' ],
	[ 'GET https://a.test/x', '/x' ],
	[ 'GET //other.test/x', '//other.test/x' ],
	[ 'POST /.well-known/acme-challenge/x',
	    '/.well-known/acme-challenge/x' ],
	[ 'GET /.well-known/acme-challenge', '/.well-known/acme-challenge' ],
	[ 'GET /.well-known/acme-challenge/../../x',
	    '/.well-known/acme-challenge/../../x' ],
	[ 'GET /.well-known/acme-challenge/%2e%2e/x',
	    '/.well-known/acme-challenge/%2e%2e/x' ],
	[ 'GET /x/../.well-known/acme-challenge/x',
	    '/x/../.well-known/acme-challenge/x' ],
	[ 'GET /.WELL-KNOWN/acme-challenge/x',
	    '/.WELL-KNOWN/acme-challenge/x' ],
);
for (@sent) {
	my ($line, $to) = @$_;
	my $r = ask($at, request($line));

	is $r->{status}, 308, "$line: sent elsewhere";
	is field($r, 'Location'), "https://a.test:$port$to", 'to https';
	is field($r, 'X-Site'), 'a', 'as the site says';
}

my $r = ask($at, request('POST /up', [ 'X-Forwarded-Proto: https',
    'Upgrade: h2c', 'Connection: upgrade' ], 'x' x 1000));
is $r->{status}, 308, 'nothing that a client says is a way round';
$r = ask($at, request('GET /', [ 'Host: A.test:1234' ]));
is field($r, 'Location'), "https://a.test:$port/", 'its port is not kept';
$r = ask($at, request('GET /', [ 'Host: [::1]:80' ]));
is field($r, 'Location'), "https://[::1]:$port/", 'an address is a host';
$r = ask($at, "GET /x HTTP/1.0\r\nHost: a.test\r\n\r\n");
is field($r, 'Location'), "https://a.test:$port/x", 'HTTP/1.0';
$r = ask($at, request('GET /', [ 'X-Test: 1',
    'Expect: 100-continue' ], 'body'));
is $r->{status}, 308, 'nobody is told to go on';

# several on one connection
my $c = Client->new($at);
$c->send(request('POST /1', [], 'abc') . request('GET /2'));
is field($c->final, 'Location'), "https://a.test:$port/1", 'the first';
is field($c->final, 'Location'), "https://a.test:$port/2", 'the second';
$c->close;

# what is refused as ever
for ([ 400, "GET / HTTP/1.1\r\n\r\n", 'no Host' ],
    [ 400, "GET / HTTP/1.1\r\nHost: a.test\r\nHost: a.test\r\n\r\n", 'two' ],
    [ 400, "GET / HTTP/1.1\r\nHost: a test\r\n\r\n", 'one that is none' ],
    [ 421, "GET / HTTP/1.0\r\n\r\n", 'HTTP/1.0 without one' ],
    [ 421, request('GET /', [ 'Host: other.test' ]), 'one of no site' ],
    [ 400, request('GET /.well-known/acme-challenge/..%2f..%2fx'), 'dots' ],
    [ 405, request('CONNECT a.test:443',
	[ 'Host: a.test:443' ]), 'CONNECT' ],
    [ 405, request('TRACE /'), 'TRACE' ]) {
	my ($status, $bytes, $name) = @$_;
	my $r = ask($at, $bytes);

	is $r->{status}, $status, "$name: $status";
	is field($r, 'Location'), undef, 'and no place';
}
is scalar($b->requests), 0, 'the backend has seen nothing of all that';

for my $line ('GET /.well-known/acme-challenge/token',
    'HEAD /.well-known/acme-challenge/token?x',
    'GET http://a.test/.well-known/acme-challenge/token') {
	is ask($at, request($line))->{status}, 200, "$line: let through";
}
is scalar($b->requests), 3, 'to the backend';
is ask($p->address('plain'), request('GET /x'))->{status}, 200,
    'another listener does not redirect';
my @lines = $p->access_lines(8); # of what was refused
is scalar(grep { / 308 / } @lines), 0, 'a redirect is no error';

# ---- -x says the same ----

my $http = $p->port('http');
my ($status, $said) = run_program('-c', $p->file, '-x',
    "GET http://a.test:$http/x?y");
is $status, 0, '-x of http';
like $said, qr{^redirected +308 to https://a\.test:$port/x\?y$}m,
    'it would be sent to https';
unlike $said, qr/^route/m, 'no route is asked';
($status, $said) = run_program('-c', $p->file, '-x', 'GET https://a.test/');
like $said, qr{^listener +https$}m, '-x of https: a listener with TLS';
like $said, qr{X-Forwarded-Proto: https$}m, 'what is sent says so';

# ---- The port that goes without saying ----

Certs::save($p->dir . '/443.conf', $conf->('"127.0.0.1:443"')
    =~ s/\@(?:http|plain)\@/'127.0.0.1:' . ++$http/ger
    =~ s/\@dir\@/$p->dir/ger);
$http--;
($status, $said) = run_program('-c', $p->dir . '/443.conf', '-x',
    "GET http://a.test:$http/x");
like $said, qr{^redirected +308 to https://a\.test/x$}m,
    'port 443 is not named';
done_testing;
