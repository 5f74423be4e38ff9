# SPDX-License-Identifier: BSD-2-Clause
# Somebody empties the cache's file, or cuts a part of it off, while it is used:
# who looks there dies, and a new family with another file goes on at once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(ask field request until_true);
use Portico;
use Torture qw(start_origin start_load load_line spoiled);
use Upgrade qw(generation);

plan skip_all => 'a sanitizer reports the signal'
    if Portico::sanitized;
my $origin = start_origin();
my $dir = Portico::temporary();
my $size = 20 << 20;
my $p = Portico->start(qq{
	cache = { size = "20M"; file = "$dir/cache"; };
	control = "\@dir\@/control";
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = [ "$origin" ]; }; };
	sites = { x = { hosts = "*"; routes = ( { pool = "app";
	    cache = true; } ); }; };
});
my $at = $p->address('http');
my @load = ('-n', 300, '-c', 8, '-H', 'a.test', $at, map {
    "/v/$_/1?age=60" } 10, 3000, 90_000, 900_000);
my $ctl = $Portico::BINARY =~ s{portico$}{porticoctl}r;

for my $rest (0, $size / 4, 4096) {
	is spoiled(load_line(start_load(@load))), '', 'it is used';
	my $before = generation($p);
	truncate "$dir/cache", $rest or die $!;
	ok until_true(sub { generation($p) > $before }, 10),
	    "cut to $rest bytes: a new family";
	ok until_true(sub { -s "$dir/cache" == $size }, 5),
	    'with a file of the right size';
	is spoiled(load_line(start_load(@load))), '', 'all is served';
	like ask($at, request('GET /v/10/1?age=60', [ 'Host: a.test' ]))
	    ->{fields}{'cache-status'}[0] // '', qr/hit/, 'and stored';
	is system("$ctl -s $p->{dir}/control cache status >/dev/null"), 0,
	    'the master says how it is';
}
like $p->log, qr/its file \S+ was cut off/, 'the log says why';
is $p->quit(10), 0, 'QUIT';
done_testing;
