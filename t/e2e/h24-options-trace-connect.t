# SPDX-License-Identifier: BSD-2-Clause
# OPTIONS of the whole server, Max-Forwards, and two methods that are refused.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(ask request field);
use Portico;

my $echo = Backend->new('echo');
my $address = $echo->address;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "$address" ]; }; };
sites = {
  a = { hosts = "a.test"; routes = (
    { path = "/"; respond = { status = 200; body = "path"; }; },
    { path_re = "."; respond = { status = 200; body = "re"; }; },
    { path_is = "/"; respond = { status = 200; body = "is"; }; },
    { pool = "app"; } ); };
  b = { hosts = "b.test"; routes = ( { path = "/"; pool = "app"; } ); };
  c = { hosts = "c.test"; routes = ( { pool = "app"; } ); };
};
});
my $at = $p->address('http');

sub options
{
	my ($target, $host, @fields) = @_;

	$echo->clear;
	return ask($at, request("OPTIONS $target", [ "Host: $host", @fields ]));
}

my $r = options('*', 'a.test');
is $r->{status}, 200, 'OPTIONS *';
is echoed($r)->{head} =~ s/\n.*//sr, 'OPTIONS * HTTP/1.1', 'is passed on so';
is field(echoed($r), 'Host'), 'a.test', 'with its host';
$r = options('*', 'b.test');
is $r->{status}, 404, 'but not to a route of paths';
is join('', $echo->received), '', 'nothing reached the backend';
is options('/x', 'a.test')->{body}, 'path', 'OPTIONS of a path is routed';
is echoed(options('/x', 'c.test'))->{target}, '/x', 'and passed on';
is echoed(options('http://c.test', 'c.test'))->{target}, '*',
    'an absolute form without path is *';
is echoed(options('http://c.test/', 'c.test'))->{target}, '/',
    'and with one is not';
is ask($at, request("$_ *", [ 'Host: c.test' ]))->{status}, 400,
    "$_ * is no request" for qw(GET POST HEAD);

for my $target ('*', '/x') {
	my $r = options($target, 'c.test', 'Max-Forwards: 0');

	is $r->{status}, 200, "OPTIONS $target, Max-Forwards: 0: our answer";
	is $r->{body}, '', 'without a body';
	is join('', $echo->received), '', 'nothing reached the backend';
	for ([ 5, 4 ], [ 1, 0 ], [ 100, 99 ]) {
		my ($n, $left) = @$_;
		my $seen = echoed(options($target, 'c.test',
		    "Max-Forwards: $n"));

		is_deeply [ Client::fields($seen, 'Max-Forwards') ],
		    [ $left ], "$n becomes $left";
	}
}
my $seen = echoed(ask($at, request('GET /x', [ 'Host: c.test',
    'Max-Forwards: 7' ])));
is field($seen, 'Max-Forwards'), 7, 'that of a GET is not ours to count';
like options('*', 'c.test', "Max-Forwards: $_")->{status}, qr/^[24]00$/,
    "Max-Forwards: $_" for 'x', '-1', '99999999999999999999', '';

my $c = Client->new($at);
$c->send(request('OPTIONS *', [ 'Host: c.test', 'Max-Forwards: 0' ],
    'hello') . request('GET /after', [ 'Host: c.test' ]));
is $c->final->{status}, 200, 'with a body';
$r = $c->final;
ok $r ? echoed($r)->{target} eq '/after' : $c->ending ne 'open',
    'the next request follows, or the end';

$echo->clear;
for my $host ('a.test', 'c.test') {
	for my $target ('/x', "http://$host/x") {
		$r = ask($at, request("TRACE $target", [ "Host: $host",
		    'Cookie: s=secret' ]));
		is $r->{status}, 405, "$host: TRACE $target: 405";
		unlike "$r->{head}$r->{body}", qr/secret/, 'shows nothing';
		like field($r, 'Allow') // '', qr/\bGET\b/, 'says what is';
		unlike field($r, 'Allow') // '', qr/TRACE|CONNECT/, 'allowed';
	}
}
for my $target ('c.test:443', 'c.test:80', "$address") {
	my $c = Client->new($at);

	$c->send("CONNECT $target HTTP/1.1\r\nHost: $target\r\n\r\n");
	$r = $c->final;
	is $r && $r->{status}, 405, "CONNECT $target: 405";
}
is join('', $echo->received), '', 'nothing of them reached the backend';
done_testing;
