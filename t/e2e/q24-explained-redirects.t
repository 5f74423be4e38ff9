# SPDX-License-Identifier: BSD-2-Clause
# portico -x says of a redirect what a client would get, and of a request that
# grows too large that it is refused.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(ask request);
use Portico;

my $backend = Backend->new('echo');
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "$backend->{address}" ]; }; };
sites = { x = { hosts = "*"; routes = (
	{ path = "/rest"; redirect = { to = "{rest}"; }; },
	{ path = "/more"; redirect = { to = "/{rest}?{query}"; }; },
	{ path_re = "^/re(.*)"; redirect = { to = "/{1}"; }; },
	{ path = "/grow"; headers = { request = { set = {
	    A = "{path}{path}{path}"; }; }; }; pool = "app"; } ); }; };
});

sub explained
{
	my ($target) = @_;

	return (Portico::run_program('-c', $p->file, '-x',
	    'GET http://' . $p->address('http') . $target))[1];
}

for my $target ('/rest', '/rest//evil.test/a', '/rest///', '/more/a?b=%22',
    '/more//evil.test', '/re//evil.test/x', '/re\\evil.test', '/rest/\\x',
    '/rest/.//evil.test') {
	my $answer = ask($p->address('http'), request("GET $target"));
	my $place = $answer->{fields}{location}[0];
	my $said = explained($target);

	unlike $place, qr{^[/\\][/\\]}, "$target leads to nobody else";
	like $said, qr/^redirected +302 to \Q$place\E$/m, "and -x says so";
}
for ([ 100, 200, qr/^sent +GET /m ], [ 5000, 431, qr/^answered +431: /m ]) {
	my ($n, $status, $pattern) = @$_;
	my $target = '/grow/' . '"' x $n;

	is ask($p->address('http'), request("GET $target"))->{status},
	    $status, "$n bytes that grow: $status";
	like explained($target), $pattern, 'and -x says so';
}
done_testing;
