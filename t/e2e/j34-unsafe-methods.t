# SPDX-License-Identifier: BSD-2-Clause
# What an unsafe request may have changed is fetched again (RFC 9111, 4.4).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Cached qw(cached response stored times);
use Client qw(ask get request);

my $fields = 'Cache-Control: max-age=60';
my $b = Backend->new(sub {
	my ($c) = @_;

	while (defined(my $r = $c->request)) {
		my ($method, $target) = $r =~ /^(\S+) (\S+)/;
		my ($place) = $target =~ /to=(\S+)/;
		my $status = $target =~ /fails/ ? 500 : 201;
		$c->send($method =~ /GET|HEAD/ ? response(200, $target, $fields)
		    : response($status, 'done', $place ? (
		    "Location: $place", 'Content-Location: /content') : ()))
		    or return;
	}
});
my $p = cached($b);
my $at = $p->address('http');

sub is_stored
{
	my ($target) = @_;

	return stored(get($at, $target));
}

sub store
{
	get($at, $_) for @_;
	return scalar grep { is_stored($_) } @_;
}

for my $method (qw(POST PUT DELETE PATCH FROB)) {
	is store('/a'), 1, "$method: stored";
	ask($at, request("$method /a", [], 'x'));
	ok !is_stored('/a'), "$method: not used any more";
}
store('/a');
ask($at, request('OPTIONS /a'));
ok is_stored('/a'), 'OPTIONS: a safe method';
store('/fails');
ask($at, request('POST /fails', [], 'x'));
ok is_stored('/fails'), 'an error has changed nothing';

my $port = $p->port('http');
for my $place ('/b?c', "http://127.0.0.1:$port/b?c", 'b?c') {
	is store('/b?c', '/content', '/other'), 3, "$place: stored";
	ask($at, request("POST /do?to=$place", [ "Host: 127.0.0.1:$port" ],
	    'x'));
	my @left = grep { is_stored($_) } '/b?c', '/content', '/other';
	is "@left", '/b?c /content /other', "$place: of another host: all stay";
	my $host = "Host: 127.0.0.1:$port";
	get($at, $_, $host) for '/b?c', '/content', '/other';
	ask($at, request("POST /do?to=$place", [ $host ], 'x'));
	@left = grep { stored(get($at, $_, $host)) } '/b?c', '/content',
	    '/other';
	is "@left", '/other', "$place: these are ended";
}
get($at, '/b?c', 'Host: elsewhere.test');
ask($at, request('POST /do?to=http://elsewhere.test/b?c',
    [ 'Host: 127.0.0.1' ], 'x'));
ok stored(get($at, '/b?c', 'Host: elsewhere.test')),
    'what others have is not for this host to end';
is $p->quit, 0, 'QUIT';
done_testing;
