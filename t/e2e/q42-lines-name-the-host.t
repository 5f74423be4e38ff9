# SPDX-License-Identifier: BSD-2-Clause
# A refusal's line names the host that was asked for, by which one of many
# sites is found; of what never became a request there is nothing to quote.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(ask request);
use Portico qw(free_port);

my $gone = '127.0.0.1:' . free_port();
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; timeouts = { header = "1s"; }; }; };
pools = { gone = { backends = "$gone"; retry = { attempts = 1; }; }; };
sites = { s = { hosts = "a.test"; routes = (
    { path = "/gone"; pool = "gone"; }, { path = "/no"; deny = 403; } ); }; };
});

for (
    [ 'GET /', 'B.test', qr{"GET /" for b\.test: answered 421: no site} ],
    [ 'GET /x', 'a.test:81', qr{"GET /x" for a\.test: answered 404: no route} ],
    [ 'GET /no', 'a.test', qr{"GET /no" for a\.test: answered 403: denied} ],
    [ 'GET /gone', 'a.test',
	qr{"GET /gone" for a\.test: answered 502: gone/\Q$gone\E: } ],
    [ 'GET /', 'h' x 240, qr{"GET /" for h{200}: answered 421: no site} ]) {
	my ($line, $host, $pattern) = @$_;

	ask($p->address('http'), request($line, [ "Host: $host" ]));
	ok $p->logged(qr/ 127\.0\.0\.1: $pattern/, 5), "$line of $host"
	    or diag $p->log;
}
for ([ "\x16\x03\x01\x02\n\r\n\r\n", qr/answered 400: control byte/ ],
    [ 'GET / HT', qr/answered 408: / ]) {
	my ($bytes, $pattern) = @$_;

	ask($p->address('http'), $bytes);
	ok $p->logged(qr/ 127\.0\.0\.1: $pattern/, 5), "nothing to quote: $pattern"
	    or diag $p->log;
}
done_testing;
