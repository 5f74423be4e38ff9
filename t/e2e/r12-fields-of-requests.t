# SPDX-License-Identifier: BSD-2-Clause
# Fields of requests are removed, set and added, in this order.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(get request field fields);
use Portico qw(one_site);

my $echo = Backend->new('echo');
my $p = Portico->start(one_site('
  { path = "/set"; headers = { request = {
      set = { X-One = "1"; X-Two = "2"; }; }; }; pool = "app"; },
  { path = "/add"; headers = { request = {
      add = { X-One = "1"; Via-Us = "yes"; }; }; }; pool = "app"; },
  { path = "/remove"; headers = { request = {
      remove = [ "x-one", "Cookie", "User-Agent" ]; }; }; pool = "app"; },
  { path = "/order"; headers = { request = { remove = [ "X-One", "X-Two" ];
      set = { X-Two = "set"; X-Three = "set"; };
      add = { X-One = "add"; X-Three = "add"; }; }; }; pool = "app"; },
  { path_re = "^/places/([a-z]+)/([^/]*)(/.*)?$"; path = "/places";
    headers = { request = { set = { X-Host = "{host}"; X-Path = "{path}";
      X-Query = "{query}"; X-Rest = "{rest}"; X-Client = "<{client}>";
      X-Group = "{1}-{2}-{3}"; X-Text = "no places"; }; }; };
    pool = "app"; },
  { path = "/ours"; headers = { request = { remove = [ "X-Forwarded-Host",
      "Forwarded" ]; set = { X-Forwarded-For = "{client}, 10.0.0.1";
      X-Forwarded-Proto = "https"; X-Request-Id = "fixed"; }; }; };
    pool = "app"; },
  { path = "/none"; headers = { request = { remove = [ "X-Forwarded-For",
      "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id",
      "Forwarded" ]; }; }; pool = "app"; },
  { pool = "app"; }', site => 'headers = { request = {
      set = { X-Site = "{host}"; }; }; };',
    pools => { app => $echo->address }));
my $at = $p->address('http');

sub seen { return echoed(get($at, @_)) }
sub list { return join '|', fields(@_) }

is list(seen('/'), 'X-Site'), 'a.test', 'what the site sets';
is list(seen('/', 'X-Site: b', 'x-site: c'), 'X-Site'), 'a.test',
    'replaces what the client sends';
my $seen = seen('/set', 'X-One: a', 'x-one: b', 'X-Three: c');
is list($seen, 'X-One'), 1, 'set: replaces all of that name';
is list($seen, 'X-Two'), 2, 'or is new';
is list($seen, 'X-Three'), 'c', 'others stay';
is list(seen('/set', 'Connection: X-One, X-Two', 'X-One: a'), 'X-One'), 1,
    'and no Connection field takes it away';
$seen = seen('/add', 'X-One: a', 'x-one: b');
is list($seen, 'X-One'), 'a|b|1', 'add: stays beside what there is';
is list($seen, 'Via-Us'), 'yes', 'or is new';
$seen = seen('/remove', 'X-One: a', 'x-ONE: b', 'Cookie: c', 'User-Agent: d',
    'X-Two: e');
is list($seen, $_), '', "remove: $_" for qw(X-One Cookie User-Agent);
is list($seen, 'X-Two'), 'e', 'others stay';
$seen = seen('/order', 'X-One: a', 'X-Two: b', 'X-Three: c');
is list($seen, 'X-One'), 'add', 'removed, then added';
is list($seen, 'X-Two'), 'set', 'removed, then set';
is list($seen, 'X-Three'), 'set|add', 'set, then added';

$seen = echoed(Client::ask($at, request('GET /places/abc/d%20e?f=g%20h',
    [ 'Host: A.test:81' ])));
like list($seen, 'X-Host'), qr/^a\.test$/i, '{host}, without the port';
is list($seen, 'X-Path'), '/places/abc/d%20e', '{path}';
is list($seen, 'X-Query'), 'f=g%20h', '{query}';
is list($seen, 'X-Rest'), '/abc/d%20e', '{rest}';
is list($seen, 'X-Client'), '<127.0.0.1>', '{client}';
like list($seen, 'X-Group'), qr/^abc-d(?:%20| )e-$/, '{1} to {9}';
is list($seen, 'X-Text'), 'no places', 'plain text';
is list(seen('/places/a/'), 'X-Query'), '', 'no query: nothing';
for my $bytes ('%0d%0aX-Forged:%201', '%0aX-Forged:%201', '%0dX-Forged:1',
    '%00X-Forged:1', '%09') {
	my $r = get($at, "/places/a/$bytes");

	next if $r->{status} == 400 && pass("$bytes: refused");
	my $seen = echoed($r);
	is list($seen, 'X-Forged'), '', "$bytes: makes no field";
	unlike list($seen, $_), qr/[\0-\x08\x0a-\x1f\x7f]/,
	    "nor a control byte in $_" for qw(X-Path X-Rest X-Group);
}

$seen = seen('/ours', 'X-Forwarded-For: 9.9.9.9', 'X-Request-Id: theirs');
is list($seen, 'X-Forwarded-For'), '127.0.0.1, 10.0.0.1',
    'what we send ourselves can be set';
is list($seen, 'X-Forwarded-Proto'), 'https', 'each';
is list($seen, 'X-Request-Id'), 'fixed', 'of them';
is list($seen, $_), '', "and removed: $_" for qw(X-Forwarded-Host Forwarded);
$seen = seen('/none', 'X-Forwarded-For: 9.9.9.9', 'X-Request-Id: theirs',
    'X-Forwarded-Proto: https', 'Forwarded: for=1.2.3.4');
is list($seen, $_), '', "removed: $_" for qw(X-Forwarded-For
    X-Forwarded-Proto X-Forwarded-Host X-Request-Id Forwarded);
is list($seen, 'Host'), 'a.test', 'Host stays';
done_testing;
