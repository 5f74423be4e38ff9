# SPDX-License-Identifier: BSD-2-Clause
# Several access logs at once: JSON, formats of one's own, errors only,
# samples; each request in each log that it belongs to.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use Backend qw(plain);
use Client qw(ask get request until_true);
use Portico qw(free_port);

my $b = Backend->new({ '/ok' => plain('hello'), '/bad' => "HTTP/1.1 503 Bad\r\nContent-Length: 1\r\n\r\nx",
   
    '/slow' => sub { select undef, undef, undef, 0.3;
	$_[0]->send(plain('late')) },
    '/cut' => sub { $_[0]->send(substr plain('x' x 100), 0, 60);
	select undef, undef, undef, 0.5; # the client sees some of it
	return 0 } });
my $at = $b->address;
my $gone = '127.0.0.1:' . free_port();
my $p = Portico->start(qq{
access_log = (
    { to = "\@dir\@/combined"; },
    { to = "\@dir\@/json"; format = "json"; },
    { to = "\@dir\@/own"; format = "{status} {site}/{route} {pool}/{backend} "
	"[{time}] {time_iso} {request:X-Tag} {t_connect} {retries} "
	"{method} {target} {id} {cause}"; },
    { to = "\@dir\@/errors"; only = "errors"; },
    { to = "\@dir\@/half"; format = "{id}"; sample = "50%"; },
    { to = "\@dir\@/tenth"; format = "{id}"; sample = "10%"; },
    { to = "\@dir\@/combined"; format = "twice {target}"; }
);
listeners = { http = { address = "\@http\@";
    timeouts = { header = "1s"; }; }; };
pools = { app = { backends = ( { name = "gone"; address = "$gone"; },
	{ name = "app1"; address = "$at"; } ); };
    one = { backends = ( { name = "one1"; address = "$at"; } ); }; };
sites = { main = { hosts = "a.test"; routes = (
    { path = "/both"; pool = "app"; }, { pool = "one"; } ); }; };
});
my $http = $p->address('http');

sub lines
{
	my ($name, $n) = @_;
	my $file = $p->dir . "/$name";

	until_true(sub { (() = Portico::slurp($file) =~ /\n/g) >= $n }, 5);
	return split /\n/, Portico::slurp($file);
}

# The only line of a log that has the pattern.
sub line_of
{
	my ($name, $pattern) = @_;
	my $file = $p->dir . "/$name";
	my @found;

	until_true(sub { @found = grep { /$pattern/ }
	    split /\n/, Portico::slurp($file) }, 5);
	is scalar @found, 1, "$name: one line $pattern";
	return $found[0] // '{}';
}
sub object_of { return decode_json(line_of('json', @_)) }

get($http, '/ok', 'User-Agent: a "quoted\\ thing', 'Referer: http://r.test/',
    'X-Tag: tab	here"');
my $o = object_of(qr{"/ok"});
my %want = (client => '127.0.0.1', peer => '127.0.0.1', listener => 'http',
    site => 'main', route => 2, pool => 'one', backend => 'one1',
    method => 'GET', host => 'a.test', target => '/ok',
    protocol => 'HTTP/1.1', status => 200, body_bytes => 5, retries => 0,
    cause => '', cache => '', user_agent => 'a "quoted\\ thing',
    referer => 'http://r.test/');
is $o->{$_}, $want{$_}, "json: $_" for sort keys %want;
like $o->{time}, qr{^\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$},
    'json: time';
like $o->{time_iso}, qr{^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$},
    'json: time_iso';
like $o->{id}, qr/^[0-9a-f]{32}$/, 'json: id';
my $bytes = length request('GET /ok', [ 'User-Agent: a "quoted\\ thing',
    'Referer: http://r.test/', 'X-Tag: tab	here"' ]);
is $o->{bytes_in}, $bytes, 'json: bytes_in';
cmp_ok $o->{bytes_out}, '>', 50, 'json: bytes_out has the head too';
is scalar keys %$o, 28, 'json: all fields';
like line_of('json', qr{"/ok"}), qr/"status":200,/, 'numbers are numbers';
like line_of('own', qr{ /ok }), qr{^200\ main/2\ one/one1\ \[[^\]]+\]
    \ \d{4}-[^ ]+\ tab\\x09here\\x22\ \d+\ 0\ GET\ /ok\ $o->{id}\ -$}x,
    'a format of one\'s own, text escaped as in combined';
like line_of('combined', qr{"GET /ok}), qr{ 200 5 "http://r\.test/" },
    'combined beside them';
is line_of('combined', qr{^twice}), 'twice /ok', 'two logs into one file';

get($http, '/slow');
$o = object_of(qr{"/slow"});
cmp_ok $o->{t_route}, '<=', $o->{t_connect}, 'times: route, then connection';
cmp_ok $o->{t_connect}, '<', $o->{t_first}, 'then the first byte';
cmp_ok $o->{t_first}, '<=', $o->{t_total}, 'then the end';
cmp_ok $o->{t_first}, '>=', 290_000, 'in microseconds';
cmp_ok $o->{t_first}, '<', 5_000_000, 'not less';

# The first is asked first: half of the requests need a second attempt.
get($http, '/both/x') for 1 .. 2;
my @both = grep { /both/ } lines('json', 4);
is scalar(grep { decode_json($_)->{retries} == 1 } @both), 1,
    'an attempt that failed is a retry';

ask($http, request('POST /ok', [], 'x' x 5000) . request('GET /next'));
is object_of(qr{"POST"})->{bytes_in},
    length request('POST /ok', [], 'x' x 5000),
    'bytes_in: head and body, not the next request';
ask($http, "GET / HTTP/1.1\r\n\r\n");
$o = object_of(qr{"status":400});
is "@$o{qw(bytes_in host cause)}", '18  no Host', 'a refused one';
is $o->{$_}, undef, "$_ was never reached: null"
    for qw(route t_route t_connect t_first);
like line_of('own', qr{^400 }), qr{^400 -/- -/- .* - - 0 GET / \w{32} no Host$},
    'in a format of one\'s own: -';
ask($http, "\x01\x02\r\n\r\n");
$o = object_of(qr{"method":""});
is "@$o{qw(status bytes_in target)}", '400 6 ', 'what is no head';

get($http, '/utf', "User-Agent: \xc3\xa4\xff\xe2\x82\xac\xc2\x85\xed\xa0\x80");
is object_of(qr{"/utf"})->{user_agent},
    "\x{e4}\x{ff}\x{20ac}\x{85}\x{ed}\x{a0}\x{80}",
    'UTF-8 is kept, other bytes are the character of their number';
like line_of('json', qr{"/utf"}), qr/\xc3\xa4\\u00ff\xe2\x82\xac\\u0085/,
    'written so';
get($http, '/long' . ('"' x 3000), 'User-Agent: ' . ('\\' x 4000),
    'Referer: ' . ("\xff" x 4000));
my $long = line_of('json', qr{"/long});
ok eval { decode_json($long) }, 'a line that is cut is JSON still';
cmp_ok length $long, '<=', 4096, 'and no longer than 4 KB';
like line_of('combined', qr{"GET /long}), qr{ HTTP/1\.1" 404 .* "[^"]*"$},
    'nor is combined cut elsewhere than in values';

get($http, '/bad');
ask($http, request('GET /cut'));
like line_of('errors', qr{/bad}), qr{" 503 }, 'only errors: by status';
like line_of('errors', qr{/cut}), qr{" 200 }, 'and early ends';
unlike Portico::slurp($p->dir . '/errors'), qr{ /ok | /slow }, 'nothing else';
like object_of(qr{"/cut"})->{cause}, qr/closed in the middle/, 'with cause';

my $c = Client->new($http);
$c->send(request('GET /ok')) && $c->final for 1 .. 400;
my $total = 12 + 400;
my %all = map { decode_json($_)->{id} => 1 } lines('json', $total);
my ($half, $tenth) = map { { map { $_ => 1 } lines($_, 10) } }
    qw(half tenth);
is scalar keys %all, $total, 'the full log has each request';
cmp_ok scalar keys %$half, '>', $total * 0.35, 'half: not less';
cmp_ok scalar keys %$half, '<', $total * 0.65, 'half: not more';
cmp_ok scalar keys %$tenth, '<', $total * 0.2, 'a tenth';
is scalar(grep { !$half->{$_} } keys %$tenth), 0,
    'samples agree: the smaller is part of the larger';
is scalar(grep { !$all{$_} } keys %$half), 0, 'and both of the whole';
$p->quit;
done_testing;
