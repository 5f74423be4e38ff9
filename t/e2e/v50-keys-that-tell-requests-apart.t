# SPDX-License-Identifier: BSD-2-Clause
# Nobody gets what was made for a request that the backend was told otherwise.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Backend;
use Client qw(ask field get request);
use Portico;
use Test::More;

# It says what it was told, and anybody may store that.
my @told = qw(Host X-Forwarded-Host X-Forwarded-Proto X-Tenant X-Original-URL
    X-HTTP-Method-Override X-Host Cookie X-Lang);
my $number = 0;
my $b = Backend->new(sub {
	my ($c) = @_;
	while (defined(my $r = $c->request)) {
		my ($target) = $r =~ /^\S+ (\S+)/;
		my ($vary) = $target =~ /vary=([\w-]+)/;
		my $body = join "\n", $target, map {
			my $name = $_;
			map { "$name: $_" } $r =~ /^\Q$name\E: (.*?)\r$/mig;
		} @told;
		$c->send("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n" .
		    ($vary ? "Vary: $vary\r\n" : '') . 'Content-Length: ' .
		    length($body) . "\r\n\r\n$body") or return;
	}
});
my $address = $b->address;
my $p = Portico->start(qq(
	listeners = {
		http = { address = "\@http\@";
			trusted_proxies = [ "127.0.0.2" ]; };
	};
	pools = { app = { backends = [ "$address" ]; }; };
	cache = { size = "16M"; };
	sites = { x = { hosts = "*"; cache = true; routes = (
	    { headers = { X-Beta = "^1"; }; path = "/two"; pool = "app";
	      add_prefix = "/beta"; },
	    { path = "/cookie"; pool = "app";
	      cache = { key = [ "host", "target", "cookie:lang" ]; }; },
	    { path = "/marks"; pool = "app";
	      cache = { ignore_query = [ "utm_*" ]; }; },
	    { pool = "app"; } ); }; };
));
my $at = $p->address('http');

sub body { return get($at, @_)->{body} }

# One URL by two routes that make two of it.
is body('/two/a'), "/two/a\nHost: a.test\nX-Forwarded-Host: a.test\n" .
    'X-Forwarded-Proto: http', 'a route that changes nothing';
like body('/two/a', 'X-Beta: 1'), qr{^/beta/two/a\n},
    'another one that does is told apart';
like body('/two/a'), qr{^/two/a\n}, 'and the first one has its own';

# One host, however it is written.
like body('/host', 'Host: Shop.EXAMPLE:80'),
    qr{^Host: shop.example\nX-Forwarded-Host: shop.example\n}m,
    'what is shared is asked for in one way';
like body('/host', 'Host: shop.example'), qr{^Host: shop.example\n}m,
    'so nobody makes others get another one';

# One path, however it is written.
like body('/%7Epath/%2f%c3'), qr{^/~path/%2F%C3\n}, 'so are paths';
like body('/path/x'), qr{^/path/x\n}, 'a path';
like body('/path/%78'), qr{^/path/x\n}, 'and another spelling of it';
like body('/semi;colon'), qr{^/semi;colon\n}, 'a reserved letter';
like body('/semi%3Bcolon'), qr{^/semi%3Bcolon\n}, 'is not its encoding';
like body('/dots/../path2'), qr{^/}, 'a path with dots';
like body('/path2'), qr{^/path2\n}, 'is not the one where they lead to';

# What a backend may take for the target, or the method.
unlike body('/over', 'X-Original-URL: /admin', 'X-Host: evil.test',
    'X-HTTP-Method-Override: DELETE', 'X-Forwarded-Host: evil.test'),
    qr/admin|evil|DELETE/, 'fields that no key knows do not reach it';
my $r = ask($at, request('POST /over', [ 'Host: a.test',
    'X-HTTP-Method-Override: PUT' ], 'x'));
like $r->{body}, qr/PUT/, 'what is not shared keeps them';

# Parameters that do not count, and what hides behind them.
like body('/marks?a=1&utm_x=2'), qr{utm_x=2}, 'a parameter that is ignored';
like body('/marks?a=1&utm_x=3'), qr{utm_x=2}, 'shares';
like body('/marks?a=1&utm_x=3;a=2'), qr{a=2}, 'but not one with a second';
like body('/marks?a=1&utm_x;a=2'), qr{;a=2}, 'nor in its name';
like body('/marks?a=1'), qr{utm_x=2}, 'which nobody else gets';

# Two cookies of a name: nobody knows which one a backend takes.
like body('/cookie', 'Cookie: lang=de; lang=en'), qr/lang=en/, 'two cookies';
unlike body('/cookie', 'Cookie: lang=de'), qr/lang=en/, 'are not the first';
unlike body('/cookie', 'Cookie: lang=en'), qr/lang=de/, 'nor the last';

# Vary speaks of what the backend is told.
sub as_proxy
{
	my ($target, @fields) = @_;
	my $c = Client->new($at, from => '127.0.0.2');
	$c->send(request("GET $target", [ 'Host: a.test', @fields ]));
	my $r = $c->final;
	$c->close;
	return $r->{body};
}
like body('/v?vary=X-Forwarded-Proto', 'Host: a.test',
    'X-Forwarded-Proto: https'), qr/Proto: http$/m,
    'a client says no scheme';
like body('/v?vary=X-Forwarded-For'), qr/vary/, 'who asks is another one';
my $n = () = $b->requests;
body('/v?vary=X-Forwarded-For');
is scalar(my @all = $b->requests), $n + 1, 'each time';
like as_proxy('/tls', 'X-Forwarded-Proto: https'), qr/Proto: https$/m,
    'a trusted proxy says the scheme';
like body('/tls'), qr/Proto: http$/m, 'which is part of what is asked for';
as_proxy('/xfh', 'X-Forwarded-Host: evil.test');
unlike body('/xfh'), qr/evil/, 'and so is the host';
done_testing;
