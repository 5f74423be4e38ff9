# SPDX-License-Identifier: BSD-2-Clause
# portico -x says beforehand what becomes of a request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(get field request ask);
use Portico qw(run_program);

my $backend = Backend->new('echo');
my $at = $backend->address;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = ( { name = "app1"; address = "$at"; } ); }; };
sites = { shop = { hosts = [ "shop.test" ]; routes = (
  { path = "/admin"; pool = "app"; allow = [ "10.0.0.0/8" ]; },
  { path_re = "^/old/(.*)\$"; redirect = { to = "/new/{1}?{query}";
    status = 308; }; },
  { path = "/gone"; deny = 410; },
  { path = "/hi"; respond = { body = "hi"; }; },
  { path = "/app"; strip_prefix = "/app"; add_prefix = "/v2"; pool = "app";
    headers = { request = { set = { X-From = "{host}{rest}"; };
                            remove = [ "User-Agent" ]; };
                response = { set = { X-Way = "{client}"; }; }; }; } ); }; };
});
my $file = $p->file;

sub foretell
{
	my ($status, $out, $err) = run_program('-c', $file, '-x', @_);

	is $status, 0, "-x $_[0]" or diag $err;
	return $out;
}

my $base = 'http://shop.test';
my $said = foretell("GET $base/app/a%20b?q", '-H', 'X-Odd: 1',
    '-H', 'Connection: X-Hop', '-H', 'X-Hop: 1', '-H', 'User-Agent: me');
like $said, qr/^listener +http$/m, 'the listener';
like $said, qr/^site +shop$/m, 'the site';
like $said, qr{^route +5, path = "/app"$}m, 'the route';
like $said, qr/^pool +app: app1$/m, 'pool and backends';
like $said, qr{^sent +GET /v2/a%20b\?q HTTP/1\.1$}m, 'the request line';
like $said, qr/^dropped +X-Hop$/m, 'what does not go on';
like $said, qr/^sets +X-Way: 127\.0\.0\.1$/m, 'what is set for the client';
like $said, qr/^hides +Server$/m, 'what is hidden from it';

# The very head that a backend gets, but for the request's number.
$backend->clear;
is ask($p->address('http'), request('GET /app/a%20b?q', [ 'Host: shop.test',
    'X-Odd: 1', 'Connection: X-Hop', 'X-Hop: 1', 'User-Agent: me' ]))->{status},
    200, 'the same for true';
my ($got) = $backend->received;
my ($sent) = $said =~ /^sent +(.*?)^\w/ms;
$got =~ s/\r\n\r\n.*/\n/s;
s/(X-Request-Id: ).*/$1/i for $got, $sent;
is $sent =~ s/^ +//gmr, $got =~ s/\r//gr, 'is what was foretold';

like foretell("GET $base/old/x?y=1"),
    qr{^redirected +308 to /new/x\?y=1$}m, 'a redirect';
like foretell("GET $base/gone"), qr/^answered +410/m, 'a denial';
like foretell("GET $base/hi"), qr/^answered +200/m, 'an answer';
like foretell("GET $base/none"), qr/^answered +404: no route/m, 'no route';
like foretell("GET http://other.test/"), qr/^answered +421/m, 'no site';
like foretell("GET $base/admin"), qr/^answered +403/m, 'not allowed';
like foretell("GET $base/admin", '-a', '10.1.2.3'), qr/^sent +GET/m,
    'allowed from elsewhere';
like foretell("TRACE $base/app"), qr/^answered +405/m, 'a method';
like foretell("GET $base/%00"), qr/^answered +400/m, 'a bad target';
for my $bad ('', 'GET', "GET /no/host", 'GET ftp://shop.test/', $base) {
	my ($status, $out, $err) = run_program('-c', $file, '-x', $bad);
	is $status, 2, "no request: '$bad'";
	like $err, qr/-x/, 'is told';
}
my ($status, $out, $err) = run_program('-c', $file, '-x', "GET $base/", '-a',
    'nobody');
is $status, 2, 'no address';
is $p->stop, 0, 'stopped';
done_testing;
