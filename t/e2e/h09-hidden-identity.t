# SPDX-License-Identifier: BSD-2-Clause
# Neither our name nor what stands behind us shows in any byte.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(ask get request field);
use Portico;

my @identity = ('Server: Apache/2.4.99 (Debian)', 'X-Powered-By: PHP/5.2',
    'X-AspNet-Version: 4.0', 'X-AspNetMvc-Version: 5', 'X-Runtime: 0.01',
    'Via: 1.1 inner.test', 'via: 1.0 other');
my $b = Backend->new({
	'/' => plain('hello', @identity, 'X-Other: kept', 'X-Secret: 1'),
	'/site' => plain('hello', @identity, 'X-Secret: 1', 'X-Team: 2'),
	'/bad' => "no http\r\n\r\n",
	'/slow' => sub { sleep 20 },
});
my $address = $b->address;
my $port = $b->port;
my $gone = '127.0.0.1:' . Portico::free_port();
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; max_body = "1k";
                       timeouts = { header = "1s"; }; }; };
pools = {
  app = { backends = [ "$address" ]; timeouts = { response = "1s"; };
          retry = { attempts = 1; }; };
  gone = { backends = [ "$gone" ]; };
};
sites = {
  a = { hosts = "a.test"; hide = [ "X-Secret" ];
        routes = ( { path = "/gone"; pool = "gone"; },
                   { path = "/deny"; deny = 403; },
                   { path = "/move"; redirect = { to = "/x"; }; },
                   { path = "/say"; respond = { status = 200;
                                                body = "said"; }; },
                   { path = "/site"; hide = [ "X-Team" ]; pool = "app"; },
                   { pool = "app"; } ); };
  d = { hosts = "d.test"; routes = ( { pool = "app"; } ); };
};
});
my $at = $p->address('http');
my $all = '';

sub look
{
	my ($bytes) = @_;
	my $c = Client->new($at);

	$c->send($bytes);
	my $r = $c->final(head_only => !!($bytes =~ /^HEAD/));
	$all .= $c->raw;
	$c->close;
	return $r;
}

my $r = look("GET / HTTP/1.1\r\nHost: d.test\r\n\r\n");
for my $name (qw(X-Powered-By X-AspNet-Version X-AspNetMvc-Version X-Runtime
    Via)) {
	is field($r, $name), undef, "$name is hidden by default";
}
unlike $r->{head}, qr/Apache/, 'Server is hidden by default';
is field($r, 'X-Other'), 'kept', 'other fields are not';
is field($r, 'X-Secret'), 1, 'but for what is named';

$r = look(request('GET /'));
is field($r, 'X-Secret'), undef, 'hide of a site';
$r = look(request('GET /site'));
is field($r, 'X-Team'), undef, 'hide of a route';

my @errors = (
	[ 403, request('GET /deny') ], [ 502, request('GET /bad') ],
	[ '50[23]', request('GET /gone') ], [ 504, request('GET /slow') ],
	[ 302, request('GET /move') ], [ 200, request('GET /say') ],
	[ 413, request('POST /', [], 'x' x 2000) ],
	[ 421, request('GET /', ['Host: else.test']) ],
	[ 400, "GET / HTTP/1.1\r\n\r\n" ],
	[ 400, "nonsense\r\n\r\n" ], [ 404, request('GET /nowhere') ],
	[ 408, "GET / HTTP/1.1\r\nHost: a.test\r\n" ],
	[ 414, request('GET /' . 'x' x 9000) ],
	[ 431, request('GET /', ['X: ' . 'x' x 20000]) ],
	[ 417, request('POST /', ['Expect: x', 'Content-Length: 3']) ],
	[ 403, request('HEAD /deny') ],
);
for (@errors) {
	my ($status, $bytes) = @$_;
	my $r = look($bytes);
	my $what = substr($bytes, 0, 20) =~ tr/\r\n/  /r;

	like $r ? $r->{status} : 'none', qr/^$status$/, "$status: $what";
}
unlike $all, qr/portico/i, 'our name is nowhere';
unlike $all, qr/\b$port\b/, 'nor the port of the backend';
unlike $all, qr/127\.0\.0\.1/, 'nor its address';
unlike $all, qr/\b(?:app|gone)\b/, 'nor the name of a pool';
done_testing;
