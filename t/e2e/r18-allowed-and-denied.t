# SPDX-License-Identifier: BSD-2-Clause
# allow and deny_clients: who may come; who is denied is denied first.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(ask request);
use Portico;

my $b = Backend->new(plain('fine'));
my $app = $b->address;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; };
  outer = { address = "\@outer\@"; trusted_proxies = [ "127.0.0.0/8" ]; };
  local6 = { address = "\@local6\@"; }; };
pools = { app = { backends = [ "$app" ]; }; };
sites = {
  a = { hosts = "a.test"; routes = (
    { path = "/in"; allow = [ "127.0.0.1", "10.0.0.0/8" ]; pool = "app"; },
    { path = "/out"; deny_clients = "127.0.0.2"; pool = "app"; },
    { path = "/both"; allow = "127.0.0.0/8"; deny_clients = "127.0.0.2/31";
      pool = "app"; },
    { path = "/six"; allow = "::1"; pool = "app"; },
    { path = "/said"; deny_clients = "127.0.0.2"; respond = { status = 200;
      body = "fine"; }; },
    { path = "/moved"; allow = "127.0.0.1"; redirect = { to = "/x"; }; },
    { pool = "app"; } ); };
  b = { hosts = "b.test"; allow = "127.0.0.1"; deny_clients = "127.0.0.3";
    routes = ( { path = "/own"; allow = "127.0.0.0/8"; pool = "app"; },
      { path = "/open"; allow = false; pool = "app"; },
      { pool = "app"; } ); };
};
});

for (
    [ 200, '/in', '127.0.0.1' ], [ 403, '/in', '127.0.0.2' ],
    [ 200, '/out', '127.0.0.1' ], [ 403, '/out', '127.0.0.2' ],
    [ 200, '/both', '127.0.0.1' ], [ 403, '/both', '127.0.0.2' ],
    [ 403, '/both', '127.0.0.3' ], [ 200, '/both', '127.0.0.4' ],
    [ 403, '/six', '127.0.0.1' ], [ 200, '/six', '@local6' ],
    [ 403, '/in', '@local6' ], [ 200, '/out', '@local6' ],
    [ 403, '/said', '127.0.0.2' ], [ 200, '/said', '127.0.0.1' ],
    [ 403, '/moved', '127.0.0.2' ], [ 302, '/moved', '127.0.0.1' ],
    [ 200, '/x', '127.0.0.2' ],
    # a site's lists are its routes' too, unless they say otherwise
    [ 200, '/', '127.0.0.1', 'b.test' ], [ 403, '/', '127.0.0.2', 'b.test' ],
    [ 200, '/own', '127.0.0.2', 'b.test' ],
    [ 403, '/own', '127.0.0.3', 'b.test' ],
    [ 200, '/open', '127.0.0.2', 'b.test' ],
    [ 403, '/open', '127.0.0.3', 'b.test' ]) {
	my ($status, $path, $from, $host) = @$_;
	my $name = join ' ', grep defined, $path, $from, $host;
	my $at = $p->address($from =~ /^\@(.*)/ ? $1 : 'http');

	$b->clear;
	for my $method ('GET', 'POST') {
		my $r = ask($at, request("$method $path", [ 'Host: ' .
		    ($host // 'a.test') ], $method eq 'POST' ? 'x' : undef),
		    from => $from =~ /^\@/ ? undef : $from);
		is $r->{status}, $status, "$method $name: $status";
	}
	is join('', $b->requests), '', 'nothing is sent on' if $status == 403;
}

# Whom trusted proxies name is the client; what others say counts for nothing.
for (
    [ 200, '/in', 'outer', '10.1.2.3' ], [ 403, '/in', 'outer', '9.9.9.9' ],
    [ 403, '/out', 'outer', '127.0.0.2' ],
    [ 403, '/in', 'outer', '10.1.2.3, 9.9.9.9' ],
    [ 200, '/in', 'http', '9.9.9.9' ], [ 200, '/out', 'http', '127.0.0.2' ]) {
	my ($status, $path, $listener, $for) = @$_;

	is ask($p->address($listener), request("GET $path",
	    [ "X-Forwarded-For: $for" ]))->{status}, $status,
	    "$listener, $path for $for: $status";
}
done_testing;
