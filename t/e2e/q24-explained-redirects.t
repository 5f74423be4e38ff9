# SPDX-License-Identifier: BSD-2-Clause
# portico -x says of a redirect what a client would get.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(ask request);
use Portico;

my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
sites = { x = { hosts = "*"; routes = (
	{ path = "/rest"; redirect = { to = "{rest}"; }; },
	{ path = "/more"; redirect = { to = "/{rest}?{query}"; }; },
	{ path_re = "^/re(.*)"; redirect = { to = "/{1}"; }; } ); }; };
});

for my $target ('/rest', '/rest//evil.test/a', '/rest///', '/more/a?b=%22',
    '/more//evil.test', '/re//evil.test/x', '/re\\evil.test', '/rest/\\x',
    '/rest/.//evil.test') {
	my $answer = ask($p->address('http'), request("GET $target"));
	my $place = $answer->{fields}{location}[0];
	my (undef, $said) = Portico::run_program('-c', $p->file, '-x',
	    "GET http://" . $p->address('http') . $target);

	unlike $place, qr{^[/\\][/\\]}, "$target leads to nobody else";
	like $said, qr/^redirected 302 to \Q$place\E$/m, "and -x says so";
}
done_testing;
