# SPDX-License-Identifier: BSD-2-Clause
# Who is refused in the middle of a large body reads why (RFC 9112, 9.6).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get request field);
use Portico qw(one_site);
use Time::HiRes qw(sleep time);

my $b = Backend->new(plain('fine'));
my $p = Portico->start(one_site('
    { path = "/deny"; max_body = "100M"; deny = 403; },
    { path = "/stream"; buffer_request = false; pool = "app"; },
    { pool = "app"; }', listener => 'max_body = "100k";',
    pools => { app => $b->address }));
my $at = $p->address('http');
my $mega = 'x' x (1 << 20);
my $chunk = sprintf "%x\r\n%s\r\n", length $mega, $mega;
my $n = 10;

# Sends all, as a plain client does, before it reads the first byte.
sub insist
{
	my ($path, $chunked, $pause) = @_;
	my $c = Client->new($at);

	$c->send(request("POST $path", [ $chunked ?
	    'Transfer-Encoding: chunked' :
	    'Content-Length: ' . $n * (1 << 20) ]));
	for (1 .. $n) {
		$c->send($chunked ? $chunk : $mega) or last;
		sleep $pause if $pause;
	}
	$c->send("0\r\n\r\n") if $chunked;
	sleep 0.2;
	return ($c, $c->final);
}

for (
    [ 413, '/', 0 ], [ 413, '/', 1 ], [ 413, '/stream', 0 ],
    [ 413, '/stream', 1 ], [ 403, '/deny', 0 ], [ 403, '/deny', 1 ],
    [ 413, '/', 0, 0.3 ], [ 413, '/', 1, 0.3 ]) {
	my ($status, $path, $chunked, $pause) = @$_;
	my $name = $path . ($chunked ? ', chunks' : ', length') .
	    ($pause ? ', in three seconds' : '');
	my ($c, $r) = insist($path, $chunked, $pause);

	is $r && $r->{status}, $status, "$name: $status";
	ok $r && !$r->{broken}, 'whole';
	is $r && length $r->{body}, $r && field($r, 'Content-Length'),
	    'with its body';
	is $c->ending(5), 'closed', 'then a close, no reset';
	is $c->rest, '', 'and nothing else';
}
is scalar(() = $b->requests), 0, 'nothing reached the backend';

# It is not endless: neither for who stays, nor for who never stops.
my $began = time;
my $c = Client->new($at);
$c->send(request('POST /', [ 'Content-Length: 10000000' ], 'x'));
is $c->final->{status}, 413, 'a client that sends no more';
is $c->ending(10), 'closed', 'is let go';
is get($at, '/')->{body}, 'fine', 'and others are served';
done_testing;
