# SPDX-License-Identifier: BSD-2-Clause
# Which routes use the cache, and how, is said by the file.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Client qw(field get);
use Fresh qw(fresh_backend same_twice);
use Portico qw(one_site);
use Test::More;

my $fresh = fresh_backend();
my $mute = fresh_backend(fields => '');
my $text = one_site(q{
    { path = "/on"; pool = "app"; cache = true; },
    { path = "/keyed"; pool = "app";
      cache = { key = [ "host", "target", "header:X-Kind" ]; }; },
    { path = "/query"; pool = "app"; cache = { ignore_query = "utm_*"; }; },
    { path = "/small"; pool = "app"; cache = { max_object = 1B; }; },
    { path = "/quiet"; pool = "app"; cache = { status_header = false; }; },
    { path = "/mute"; pool = "mute"; cache = { default_ttl = "1m"; }; },
    { path = "/mute-too"; pool = "mute"; cache = true; },
    { pool = "app"; }} =~ s/1B/"1B"/r,
    pools => { app => $fresh->address, mute => $mute->address });
my $p = Portico->start($text);
my $at = $p->address('http');

ok same_twice($at, '/on'), 'cache = true: stored';
ok !same_twice($at, '/off'), 'without: not stored';
like field(get($at, '/on'), 'Cache-Status') // '', qr/^cache; hit/,
    'a response says so';
is field(get($at, '/off'), 'Cache-Status'), undef, 'but not without a cache';

ok same_twice($at, '/keyed'), 'a key of its own: stored';
isnt get($at, '/keyed', 'X-Kind: a')->{body}, get($at, '/keyed')->{body},
    'and another one for another field';
is get($at, '/keyed', 'X-Kind: a')->{body},
    get($at, '/keyed', 'X-Kind: a')->{body}, 'which is stored, too';

is get($at, '/query?a=1&utm_source=x')->{body},
    get($at, '/query?a=1')->{body}, 'ignore_query: makes no difference';
isnt get($at, '/query?a=1')->{body}, get($at, '/query?a=2')->{body},
    'others do';

ok !same_twice($at, '/small'), 'larger than max_object: not stored';
ok same_twice($at, '/quiet'), 'status_header = false: stored';
is field(get($at, '/quiet'), 'Cache-Status'), undef, 'and not told';
ok same_twice($at, '/mute'), 'default_ttl: stored';
ok !same_twice($at, '/mute-too'), 'without: not';

my ($code, $said) = Portico::run_program('-x',
    'GET http://Shop.Example/query?utm_a=b&c=d', '-c', $p->file);
is $code, 0, 'portico -x';
like $said, qr{^cache +responses of 8388608 bytes}m, 'tells of the cache';
like $said, qr{^key +app \| shop\.example \| /query \| \?c=d \| http$}m,
    'and its key';
($code, $said) = Portico::run_program('-x', 'POST http://a/query', '-c',
    $p->file);
like $said, qr{^ +but this is no request that it answers$}m, 'POST has none';
($code, $said) = Portico::run_program('-x', 'GET http://a/off', '-c', $p->file);
unlike $said, qr{^(?:cache|key)\b}m, 'nor has a route without a cache';
is $p->stop, 0, 'stop';
done_testing;
