# SPDX-License-Identifier: BSD-2-Clause
# Answers that Portico makes itself.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(ask get request field);
use Portico;

my $p = Portico->start(q{
listeners = { http = { address = "@http@"; }; };
sites = { x = { hosts = "*"; routes = (
  { path = "/old"; redirect = { to = "/new"; status = 308; }; },
  { path = "/plain"; redirect = { to = "https://b.test/"; }; },
  { path = "/moved"; redirect = { to = "https://c.test/x?q=y%20z";
                                  status = 301; }; },
  { path = "/page"; respond = { status = 200; body = "<p>hi</p>";
                                type = "text/html"; }; },
  { path = "/empty"; respond = { status = 204; }; },
  { path = "/gone"; respond = { status = 410; body = "gone\n"; }; },
  { path = "/secret"; deny = 403; },
  { path = "/hidden"; deny = 404; } ); }; };
});
my $at = $p->address('http');

for (
    [ '/old', 308, '/new' ], [ '/old/a/b?c', 308, '/new' ],
    [ '/plain', 302, 'https://b.test/' ],
    [ '/moved/', 301, 'https://c.test/x?q=y%20z' ]) {
	my ($target, $status, $location) = @$_;
	my $r = get($at, $target);

	is $r->{status}, $status, "$target: $status";
	is field($r, 'Location'), $location, "to $location";
}
my $r = get($at, '/old/%0d%0aX-Forged:%201');
is field($r, 'X-Forged'), undef, 'no field comes out of a path';
is field($r, 'Location'), '/new', 'nor into one';

$r = get($at, '/page');
is $r->{status}, 200, 'respond';
is $r->{body}, '<p>hi</p>', 'its body';
like field($r, 'Content-Type'), qr{^text/html}, 'its type';
ok field($r, 'Date'), 'a Date';
$r = ask($at, request('HEAD /page'));
is field($r, 'Content-Length'), 9, 'HEAD has the length';
$r = get($at, '/gone');
is "$r->{status} $r->{body}", "410 gone\n", 'respond with a status';
like field($r, 'Content-Type'), qr{^text/plain}, 'text by default';
$r = get($at, '/empty');
is $r->{status}, 204, 'respond without content';
is field($r, 'Content-Length'), undef, 'and without a length';
is get($at, '/secret')->{status}, 403, 'deny';
is get($at, '/hidden')->{status}, 404, 'deny with another status';

# A body that nobody wants is read over, or the connection ends and says so.
my $c;
for my $path (qw(page old secret)) {
	for my $request (request("POST /$path", [], 'unwanted'),
	    request("POST /$path", ['Transfer-Encoding: chunked'],
		"5\r\nhello\r\n0\r\n\r\n")) {
		$c = Client->new($at);
		$c->send($request . request("GET /$path"));
		my ($one, $two) = ($c->final, $c->final);
		isnt $one->{status}, 400, "POST /$path";
		is $two ? $two->{status} : field($one, 'Connection'),
		    $two ? $one->{status} : 'close', 'and what follows';
	}
}
$c = Client->new($at);
$c->send("GET /page HTTP/1.0\r\n\r\n");
is $c->final->{body}, '<p>hi</p>', 'HTTP/1.0';
is $c->ending(3), 'closed', 'and the end';
done_testing;
