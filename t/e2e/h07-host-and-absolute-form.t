# SPDX-License-Identifier: BSD-2-Clause
# There is one Host, it is lawful, and it decides.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(ask field);
use Portico;

my $echo = Backend->new('echo');
my $address = $echo->address;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = {
  app = { backends = [ "$address" ]; };
  named = { backends = [ "$address" ]; host = "inner.test"; };
  own = { backends = [ "$address" ]; host = "backend"; };
};
sites = {
  a = { hosts = [ "a.test", "*" ]; routes = ( { pool = "app"; } ); };
  n = { hosts = [ "n.test" ]; routes = ( { pool = "named"; } ); };
  o = { hosts = [ "o.test" ]; routes = ( { pool = "own"; } ); };
};
});
my $at = $p->address('http');

for (
    [ 'absent', '' ],
    [ 'twice', "Host: a.test\r\nHost: a.test\r\n" ],
    [ 'two different', "Host: a.test\r\nHost: b.test\r\n" ],
    [ 'a list', "Host: a.test, b.test\r\n" ],
    map { [ "'$_'", "Host: $_\r\n" ] } 'a b', 'a/b', 'a@b', 'a:b', 'a:1:2',
    'a:99999', "a\tb", 'a?b', 'a#b', '[::1', '::1', '[a.test]', "a\\b",
    'a"b', '<a>', '[::1]x', 'http://a.test') {
	my ($name, $fields) = @$_;
	my $c = Client->new($at);

	$echo->clear;
	$c->send("GET / HTTP/1.1\r\n$fields\r\n");
	my $r = $c->final;
	is $r && $r->{status}, 400, "Host $name";
	isnt $c->ending(5), 'open', 'and the connection ends';
	is join('', $echo->received), '', 'nothing reached the backend';
}

for my $host ('a.test', 'A.TEST', 'a.test:8080', '127.0.0.1', '[::1]:80',
    'xn--bcher-kva.test', 'a_b.test', 'a.test.', '1.2.3.4:5') {
	my $r = ask($at, "GET /x HTTP/1.1\r\nHost: $host\r\n\r\n");

	is $r->{status}, 200, "Host '$host'";
	is lc(field(echoed($r), 'Host') // ''), lc $host, 'sent on';
}

for (
    [ 'http://a.test/x?y', 'a.test', '/x?y', 'a.test' ],
    [ 'http://b.test/x', 'a.test', '/x', 'b.test' ],
    [ 'HTTP://b.test:81/x', 'a.test', '/x', 'b.test:81' ],
    [ 'http://b.test', 'b.test', '/', 'b.test' ],
    [ 'http://b.test?q', 'b.test', '/?q', 'b.test' ]) {
	my ($target, $host, $path, $wins) = @$_;
	my $r = ask($at, "GET $target HTTP/1.1\r\nHost: $host\r\n\r\n");
	my $seen = echoed($r);

	next if $r->{status} == 400 && $host ne $wins &&
	    pass("$target with Host $host: refused");
	is $r->{status}, 200, "absolute form $target";
	is $seen->{target}, $path, 'sent on in origin form';
	is_deeply $seen->{fields}{host}, [ $wins ], 'its host wins';
}
for my $target ('http://', 'http:///x', 'http://a@b.test/', 'ftp://a.test/',
    'http://a b/', 'http:/a.test/', 'http://a.test:x/') {
	is ask($at, "GET $target HTTP/1.1\r\nHost: a.test\r\n\r\n")->{status},
	    400, "not a target: $target";
}

for ([ 'n.test', 'inner.test' ], [ 'o.test', $address ]) {
	my ($host, $sent) = @$_;
	my $r = ask($at, "GET / HTTP/1.1\r\nHost: $host\r\n\r\n");

	is field(echoed($r), 'Host'), $sent, "$host: pool's host = $sent";
	is field(echoed($r), 'X-Forwarded-Host'), $host, 'the asked one';
}
done_testing;
