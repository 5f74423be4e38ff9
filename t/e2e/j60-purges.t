# SPDX-License-Identifier: BSD-2-Clause
# PURGE ends what is stored for a URL, for those who may; and for nobody else.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(ask field get request);
use Cached qw(cached response stored times);
use Portico;

my @for_long = ('Cache-Control: max-age=1000');
my $origin = Backend->new({
	'/a' => response(200, 'aaa', @for_long),
	'/b?x=1' => response(200, 'bbb', @for_long),
	'/lang' => sub {
		my ($c, $request) = @_;
		my ($l) = $request =~ /^Accept-Language: (\S+)/mi;
		return $c->send(response(200, $l // 'none', @for_long,
		    'Vary: Accept-Language'));
	},
	'/etag' => sub {
		my ($c, $request) = @_;
		return $c->send($request =~ /^If-None-Match: "v"/mi
		    ? "HTTP/1.1 304 Same\r\nETag: \"v\"\r\n"
		    . "Cache-Control: max-age=1000\r\n\r\n"
		    : response(200, 'etag', @for_long, 'ETag: "v"'));
	},
});
my $p = cached($origin, cache => 'purge_from = [ "127.0.0.0/8" ];');
my $at = $p->address('http');

sub purge
{
	my ($target, @fields) = @_;

	return ask($at, request("PURGE $target", \@fields));
}

sub is_stored
{
	my ($target, @fields) = @_;

	return stored(ask($at, request("GET $target", \@fields)));
}

# One URL.
get($at, '/a');
get($at, '/b?x=1');
ok is_stored('/a'), 'it is stored';
my $r = purge('/a');
is "$r->{status} $r->{body}", "200 1\n", 'one was purged';
like field($r, 'Content-Type'), qr{^text/plain}, 'as text';
ok !is_stored('/a'), 'and is fetched anew';
ok is_stored('/b?x=1'), 'another one is still there';
$r = purge('/b');
is "$r->{status} $r->{body}", "404 0\n", 'the query belongs to it';
$r = purge('/b?x=1', 'Host: A.TEST:80');
is "$r->{status} $r->{body}", "200 1\n",
    'the host in any case, and with the usual port';
$r = purge('/%61', 'Host: other.test');
is $r->{status}, 404, 'another host has another one';
$r = purge('/%61');
is $r->{status}, 200, 'but the path may be written otherwise';
$r = purge('/a');
is $r->{status}, 404, 'twice is once';
is scalar(grep { /^PURGE/ } $origin->requests), 0, 'no backend saw any';

# All variants, and HEAD.
is ask($at, request('GET /lang', ["Accept-Language: $_"]))->{body}, $_,
    "variant $_" for qw(de en fr);
ok is_stored('/lang', 'Accept-Language: en'), 'all are stored';
$r = purge('/lang');
is "$r->{status} $r->{body}", "200 3\n", 'all three are purged';
ok !is_stored('/lang', "Accept-Language: $_"), "$_ is fetched anew"
    for qw(de en fr);
get($at, '/a');
ok stored(ask($at, request('HEAD /a'))), 'HEAD is answered from it';
purge('/a');
ok !stored(ask($at, request('HEAD /a'))), 'and is not, after a purge';

# A soft one keeps what can be renewed.
get($at, '/etag');
$r = purge('/etag', 'Soft-Purge: 1');
is "$r->{status} $r->{body}", "200 1\n", 'softly';
my $before = times($origin, '/etag');
$r = get($at, '/etag');
is "$r->{status} $r->{body}", '200 etag', 'it is whole';
is times($origin, '/etag'), $before + 1, 'the backend was asked';
like((grep { m{^GET /etag} } $origin->requests)[-1],
    qr/^If-None-Match: "v"/mi, 'whether it is still the same');
ok is_stored('/etag'), 'and now it is fresh again';

# The connection goes on; a body is read over.
my $c = Client->new($at);
$c->send("PURGE /none HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\n"
    . "12345GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n");
is $c->final->{status}, 404, 'a purge with a body';
is $c->final->{body}, 'aaa', 'and the next request behind it';
$c->close;
$r = ask($at, request('PURGE *'));
is $r->{status}, 400, 'PURGE * is none' or diag $r->{head};

# Lists of who may are no part of it, but the list for purges is.
$p->reload(Portico::slurp($p->file)
    =~ s/purge_from = \[ [^]]*\]/purge_from = [ "127.0.0.9" ]/r,
    sub { purge('/a')->{status} == 405 });
get($at, '/a');
$r = purge('/a');
is $r->{status}, 405, 'who may not is told so';
like field($r, 'Allow'), qr/GET/, 'and what he may';
ok is_stored('/a'), 'and nothing is purged';
$r = ask($at, request('PURGE /a'), from => '127.0.0.9');
is $r->{status}, 200, 'who may may';
ok $p->logged(qr/"PURGE \/a" .*: answered 405: a PURGE from who is not in/),
    'that somebody may not is in the log';
is scalar(grep { /^PURGE/ } $origin->requests), 0, 'no backend saw any';
is $p->stop, 0, 'the end';

# Keys of which a URL says a part only; methods that a route asks for; routes
# that have no cache.
$origin->clear;
my $o = $origin->address;
$p = Portico->start(qq{
	cache = { purge_from = [ "127.0.0.1" ]; };
	listeners = { http = { address = "\@http\@"; }; };
	pools = { a = { backends = [ "$o" ]; };
	    b = { backends = [ "$o" ]; }; };
	sites = { x = { hosts = "*"; routes = (
	    { path = "/a"; methods = [ "GET", "HEAD" ]; pool = "a";
	      cache = { key = [ "host", "target", "header:X-Kind" ]; }; },
	    { path = "/b"; headers = { X-Beta = "1"; }; pool = "b";
	      cache = true; },
	    { path = "/b"; pool = "a"; cache = true; },
	    { path = "/open"; pool = "a"; } ); }; };
});
$at = $p->address('http');
ask($at, request('GET /a', ["X-Kind: $_"])) for 1 .. 3;
ok is_stored('/a', 'X-Kind: 2'), 'stored by a field';
$r = purge('/a', 'X-Kind: 2');
is $r->{status}, 200, 'purged';
like $r->{body}, qr/^1, and others when they are asked for$/, 'told';
ok !is_stored('/a', "X-Kind: $_"), "X-Kind: $_ is fetched anew" for 1 .. 3;
ok is_stored('/a', "X-Kind: $_"), "and is stored again: $_" for 1 .. 3;
ask($at, request('GET /b?x=1', $_)) for [], ['X-Beta: 1'];
$r = purge('/b?x=1');
is "$r->{status} $r->{body}", "200 2\n", 'what two routes have stored';
is purge('/open')->{status}, 404, 'a route without a cache';
is scalar(grep { m{^PURGE /open} } $origin->requests), 1, 'hands it on';
is $p->stop, 0, 'the end';
done_testing;
