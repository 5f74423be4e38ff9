# SPDX-License-Identifier: BSD-2-Clause
# An error answer of our own leaves its reason in the log.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(ask get request);
use Portico qw(one_backend free_port);

my $b = Backend->new({
	'/bad' => "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
	'/shut' => sub { return 0 },
	'/never' => sub { $_[0]->drain; return 0 },
	'/cut' => sub { $_[0]->send(substr plain('x' x 100), 0, 60);
		select undef, undef, undef, 0.5; # the client sees some of it
	    return 0 },
});
my $at = $b->address;
my $gone = '127.0.0.1:' . free_port();
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; max_body = "1k";
                       timeouts = { header = "1s"; }; }; };
pools = { app = { backends = ( { name = "app1"; address = "$at"; } );
                  timeouts = { response = "500ms"; };
                  retry = { attempts = 1; }; };
          gone = { backends = ( { name = "gone1"; address = "$gone"; } ); }; };
sites = { s = { hosts = "a.test"; routes = (
    { path = "/gone"; pool = "gone"; }, { pool = "app"; } ); }; };
});

# status, request, pattern that one line of the log must have
for (
    [ 400, "GET / HTTP/1.1\r\n\r\n", qr/host/i ],
    [ 400, request('POST /', [ 'Content-Length: 1', 'Content-Length: 2' ]),
	qr/length/i ],
    [ 400, request('POST /', [ 'Content-Length: 1',
	'Transfer-Encoding: chunked' ]), qr/length|encoding/i ],
    [ 413, request('POST /', [ 'Content-Length: 2000' ]), qr/body|length/i ],
    [ 414, request('GET /' . 'x' x 9000), qr/uri|target|line/i ],
    [ 431, request('GET /', [ map { "X-$_: y" } 1 .. 200 ]), qr/field|head/i ],
    [ 421, request('GET /', [ 'Host: b.test' ]), qr/b\.test|host|site/i ],
    [ 408, "GET / HTTP/1.1\r\n", qr/head|time/i ],
    [ 502, request('GET /bad'), qr/app1.*length/i ],
    [ 502, request('GET /shut'), qr/app1/ ],
    [ 504, request('GET /never'), qr/app1/ ],
    [ '50[23]', request('GET /gone'), qr/gone1.*(?:connect|refused)/i ],
    [ 'cut', request('GET /cut'), qr/app1/ ]) {
	my ($status, $bytes, $pattern) = @$_;
	my ($line) = substr($bytes, 0, 40) =~ /^([^\r]*)/;

	$p->clear_log;
	my $r = ask($p->address('http'), $bytes);
	like $r->{broken} ? 'cut' : $r->{status}, qr/^$status$/,
	    "$line: $status";
	ok $p->logged(qr/$pattern/, 3) && $p->log =~ /\b127\.0\.0\.1\b/,
	    "with the client and the reason: $pattern"
	    or diag $p->log;
}
$p->clear_log;
ask($p->address('http'), "GET /\x1b[31m HTTP/1.1\r\n\x01: \x02\r\n\r\n");
ask($p->address('http'), request('GET /bad', [ "X-A: \x1b\x07" ]));
get($p->address('http'), '/bad');
ok $p->logged(qr/app1/), 'what a peer sends';
unlike $p->log, qr/[^\x20-\x7e\n]/, 'leaves no control byte in the log';
done_testing;
