# SPDX-License-Identifier: BSD-2-Clause
# All backends are down: what is stored is served, and says how old it is.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch send_request is_between origin status_of);
use Client qw(field until_true);

start_cases(cache => 'max_stale = "5m";', pool => 'retry = { attempts = 1; };
    passive = { failures = 1000; };');
my @aged = ('Cache-Control: max-age=60', 'Age: 100', 'ETag: "a"');
my %paths;

# name, fields of what is stored
for (
    [ 'stale', @aged ], [ 'fresh', 'Cache-Control: max-age=3600' ],
    [ 'old', 'Cache-Control: max-age=60', 'Age: 500', 'ETag: "a"' ],
    (map { [ $_, "Cache-Control: max-age=60, $_", 'Age: 100', 'ETag: "a"' ] }
	'must-revalidate', 'proxy-revalidate', 's-maxage=60', 'no-cache',
	'stale-if-error=10') ) {
	my ($name, @fields) = @$_;

	$paths{$name} = new_path();
	answers($paths{$name}, reply(200, "stored $name", @fields), { if =>
	    '^If-None-Match: "a"', then => reply(304, '', 'ETag: "a"',
	    'Cache-Control: max-age=3600'), else => reply(200, 'new') });
	fetch($paths{$name});
}
origin()->down;

for my $name ('stale', 'fresh', 'stale-if-error=10') {
	for (1 .. 3) {
		my $r = fetch($paths{$name});

		is "$r->{status} $r->{body}", "200 stored $name",
		    "down: $name: is served";
		my $least = $name eq 'fresh' ? 0 : 100;
		is_between(field($r, 'Age'), $least, $least + 30,
		    "down: $name: an honest Age");
	}
}
for my $name ('old', 'must-revalidate', 'proxy-revalidate', 's-maxage=60',
    'no-cache') {
	like fetch($paths{$name})->{status}, qr/^50[234]$/,
	    "down: $name: is not";
}
my $path = $paths{stale};
is send_request("HEAD $path")->{status}, 200, 'down: HEAD';
is fetch($path, 'If-None-Match: "a"')->{status}, 304, 'down: conditions';
is fetch($path, 'Range: bytes=0-5')->{body}, 'stored', 'down: ranges';
like send_request("POST $path", [], 'x')->{status}, qr/^50[234]$/,
    'down: POST is not answered by it';
is fetch($path)->{body}, 'stored stale', 'down: and ends nothing';
like fetch(new_path())->{status}, qr/^50[234]$/, 'down: nothing is stored';

origin()->up;
ok until_true(sub { (status_of(fetch($path)) // '') =~ /fwd-status=304/ ||
    field(fetch($path), 'Age') < 50 }, 15), 'up: it is asked for again';
is fetch($path)->{body}, 'stored stale', 'up: and holds';
is fetch($paths{$_})->{body}, "stored $_", "up: so does $_"
    for 'old', 'must-revalidate', 'no-cache';
done_testing;
