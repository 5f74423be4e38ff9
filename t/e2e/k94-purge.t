# SPDX-License-Identifier: BSD-2-Clause
# PURGE: all of a URL, for those who may; 405 for others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply fetch
    send_request address portico);
use Client qw(field ask request);

start_cases(routes => q(
    { path = "/closed"; pool = "app"; cache = { purge_from = "10.0.0.0/8"; }; },
    { path = "/default"; pool = "app"; cache = true; },
    { pool = "app"; cache = { purge_from = "127.0.0.1"; }; }));
my $fresh = 'Cache-Control: max-age=3600';

my $path = new_path();
answers($path, (map { reply(200, "stored $_", $fresh, 'Vary: Foo') } 1 .. 3),
    reply(200, 'new', $fresh, 'Vary: Foo'));
fetch($path, "Foo: $_") for 1 .. 3;
my $r = send_request("PURGE $path");
is $r->{status}, 200, 'PURGE';
like $r->{body}, qr/\b3\b/, 'says how many variants';
is times_asked($path), 3, 'the origin does not learn of it';
is fetch($path, "Foo: $_")->{body}, 'new', "variant $_ is gone" for 1 .. 3;
is send_request("PURGE $path")->{status}, 200, 'once more';
is send_request("PURGE $path")->{status}, 404, 'then there is nothing';
is send_request('PURGE ' . new_path())->{status}, 404, 'nor ever was';

my ($one, $two) = map { "$path/q?a=$_" } 1, 2;
for ($one, $two) {
	answers($_, reply(200, 'stored', $fresh), reply(200, 'new', $fresh));
	fetch($_);
}
is send_request("PURGE $one")->{status}, 200, 'one with a query';
is fetch($one)->{body}, 'new', 'is gone';
is fetch($two)->{body}, 'stored', 'and no other one';
$path = new_path();
answers($path, reply(200, 'stored', $fresh), reply(200, 'new', $fresh));
fetch($path);
is send_request("PURGE $path", [ 'Host: b.test' ])->{status}, 404,
    'of another host';
is fetch($path)->{body}, 'stored', 'ends nothing here';
is send_request("PURGE $path", [ 'Host: A.TEST:80' ])->{status}, 200,
    'the host in another case';
is fetch($path)->{body}, 'new', 'is the same';

for my $of (qw(/closed/a /default/a)) {
	answers($of, reply(200, 'stored', $fresh), reply(200, 'new'));
	fetch($of);
	$r = send_request("PURGE $of");
	is $r->{status}, 405, "$of: PURGE is for others";
	unlike field($r, 'Allow') // '', qr/PURGE/, "$of: and is not offered";
	is send_request("PURGE $of", [ 'X-Forwarded-For: 10.0.0.1' ])->{status},
	    405, "$of: whatever they say who they are";
	is fetch($of)->{body}, 'stored', "$of: nothing has gone";
	is times_asked($of), 1, "$of: nor was it asked for";
}
done_testing;
