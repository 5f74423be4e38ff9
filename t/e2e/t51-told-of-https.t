# SPDX-License-Identifier: BSD-2-Clause
# Backends and clients are told that it is https; browsers, to stay there.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed plain);
use Certs;
use Client qw(ask field fields get request);
use Portico;
use Tls qw(ask_tls get_tls);

my $echo = Backend->new('echo');
my $b = Backend->new({
	'/own' => plain('x', 'Strict-Transport-Security: max-age=5'),
	'/early' => sub { $_[0]->send("HTTP/1.1 103 Early Hints\r\n" .
	    "Link: </a>\r\n\r\n" . plain('x')) },
	'/ws' => sub { $_[0]->send("HTTP/1.1 101 Switching Protocols\r\n" .
	    "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"); 0 },
	'/none' => sub { $_[0]->send("HTTP/1.1 204 No Content\r\n\r\n") },
	map { $_ => plain('fine') } qw(/ /sticky /never /other) });
my ($echo_at, $at) = ($echo->address, $b->address);
my $place = Backend->new({ '/place' => sub {
	$_[0]->send("HTTP/1.1 302 Found\r\nLocation: http://$at/x?y\r\n" .
	    "Content-Length: 0\r\n\r\n") } });
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $p = Portico->start(qq{
listeners = {
    https = { address = "\@https\@"; tls = { certificates = "$cert";
	hsts = "2h"; }; };
    behind = { address = "\@behind\@"; tls = "$cert";
	trusted_proxies = "127.0.0.1"; };
    http = { address = "\@http\@"; };
};
pools = { echo = { backends = "$echo_at"; };
    app = { backends = "$at"; };
    place = { backends = "@{[ $place->address ]}"; host = "$at"; };
    sticky = { backends = "$at"; sticky = { cookie = "route"; }; };
    dead = { backends = "127.0.0.1:1"; }; };
sites = { a = { hosts = "a.test"; routes = (
    { path = "/echo"; pool = "echo"; },
    { path = "/place"; pool = "place"; },
    { path = "/sticky"; pool = "sticky"; },
    { path = "/dead"; pool = "dead"; },
    { path = "/deny"; deny = 403; },
    { path = "/www"; redirect = { to = "{scheme}://www.test{path}"; }; },
    { path = "/say"; respond = { body = "x"; }; headers = { response =
	{ set = { X-Scheme = "{scheme}"; }; }; }; },
    { path = "/never"; pool = "app"; headers = { response =
	{ remove = "Strict-Transport-Security"; }; }; },
    { path = "/other"; pool = "app"; headers = { response =
	{ set = { strict-transport-security = "max-age=1"; }; }; }; },
    { path = "/hidden"; pool = "app"; strip_prefix = "/hidden";
	hide = "Strict-Transport-Security"; },
    { pool = "app"; } ); }; };
});
my ($https, $behind, $http) = map { $p->address($_) } qw(https behind http);

# ---- What backends are told ----

my $seen = echoed(get_tls($https, '/echo'));
is field($seen, 'X-Forwarded-Proto'), 'https', 'X-Forwarded-Proto';
like field($seen, 'Forwarded'), qr/;proto=https\b/, 'Forwarded';
is field($seen, 'Host'), 'a.test', 'the Host as it came';
$seen = echoed(get_tls($https, '/echo', fields => [
    'X-Forwarded-Proto: http', 'Forwarded: proto=http' ]));
is join('|', fields($seen, 'X-Forwarded-Proto')), 'https',
    'whatever the client says';
unlike field($seen, 'Forwarded'), qr/proto=http\b(?!s)/, 'in either field';
$seen = echoed(get_tls($behind, '/echo', fields => [
    'X-Forwarded-Proto: http', 'X-Forwarded-Port: 81' ]));
is field($seen, 'X-Forwarded-Proto'), 'http', 'but a trusted proxy knows';
is field($seen, 'X-Forwarded-Port'), '81', 'of ports, too';
$seen = echoed(get_tls($behind, '/echo'));
is field($seen, 'X-Forwarded-Proto'), 'https', 'and may say nothing';
$seen = echoed(get($http, '/echo'));
is field($seen, 'X-Forwarded-Proto'), 'http', 'http is http';
$seen = echoed(ask($http, request('GET https://a.test/echo')));
is field($seen, 'X-Forwarded-Proto'), 'http', 'whatever a target says';
$seen = echoed(ask_tls($https, request('GET http://a.test/echo')));
is field($seen, 'X-Forwarded-Proto'), 'https', 'the same for https';

# ---- What clients are told ----

is field(get_tls($https, '/place'), 'Location'), 'https://a.test/x?y',
    'a place of the backend';
is field(get($http, '/place'), 'Location'), 'http://a.test/x?y', 'by http';
like field(get_tls($https, '/sticky'), 'Set-Cookie'), qr/; Secure$/,
    'a sticky cookie';
unlike field(get($http, '/sticky'), 'Set-Cookie'), qr/Secure/, 'by http';
is field(get_tls($https, '/www/x'), 'Location'), 'https://www.test/www/x',
    '{scheme} in a redirect';
is field(get($http, '/www/x'), 'Location'), 'http://www.test/www/x',
    'by http';
is field(get_tls($https, '/say'), 'X-Scheme'), 'https', 'in a field';
is field(get_tls($behind, '/say', fields => [ 'X-Forwarded-Proto: HTTP' ]),
    'X-Scheme'), 'http', 'as a trusted proxy says';
is field(get_tls($behind, '/say', fields => [ 'X-Forwarded-Proto: gopher' ]),
    'X-Scheme'), 'https', 'if it makes sense';

# ---- Strict-Transport-Security ----

sub hsts { return join '|', fields($_[0], 'Strict-Transport-Security') }

my $ours = 'max-age=7200';
my $r = get_tls($https, '/');
is $r->{status}, 200, 'an answer of a backend';
is hsts($r), $ours, 'has the field';
is hsts(get_tls($https, '/none')), $ours, 'with 204';
is hsts(get_tls($https, '/dead')), $ours, 'with 502';
is hsts(get_tls($https, '/deny')), $ours, 'with 403';
is hsts(get_tls($https, '/say')), $ours, 'an answer of ours';
is hsts(get_tls($https, '/www')), $ours, 'a redirect';
is hsts(ask_tls($https, request('HEAD /'))), $ours, 'HEAD';
is hsts(ask_tls($https, request('GET /', [ 'Host: x.test' ]))), $ours, 'with 421';
is hsts(ask_tls($https, "GET / HTTP/1.1\r\n\r\n")), $ours, 'with 400';
is hsts(ask_tls($https, "nonsense\r\n\r\n")), $ours, 'no request at all';
is hsts(get_tls($https, '/own')), 'max-age=5', 'a backend knows better';
is hsts(get_tls($https, '/hidden/own')), $ours, 'unless that is hidden';
is hsts(get_tls($https, '/never')), '', 'a route may take it out';
is hsts(get_tls($https, '/other')), 'max-age=1', 'or say it itself';
is hsts(get_tls($behind, '/')), '', 'a listener without hsts';
is hsts(get($http, '/')), '', 'not by http';
is hsts(get($http, '/own')), 'max-age=5', 'but what a backend says';
my $c = Tls->new($https);
$c->send(request('GET /early'));
$r = $c->response;
is $r->{status}, 103, 'an interim answer';
is hsts($r), '', 'needs none';
is hsts($c->final), $ours, 'the final one has it';
$c = Tls->new($https);
$c->send(request('GET /ws', [ 'Connection: upgrade', 'Upgrade: websocket',
    'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x' ]));
is hsts($c->final_or_101), $ours, 'a change of the protocol';
done_testing;
