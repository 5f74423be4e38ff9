# SPDX-License-Identifier: BSD-2-Clause
# Redirects with places: nothing that a client says leads elsewhere.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(ask get request field);
use Portico qw(one_site);

my $p = Portico->start(one_site('
    { path = "/s"; redirect = { to = "https://{host}{path}?{query}";
      status = 301; }; },
    { path = "/old"; redirect = { to = "/new{rest}"; status = 308; }; },
    { path = "/go"; redirect = { to = "{rest}"; status = 303; }; },
    { path = "/away"; redirect = { to = "https://b.test{rest}?{query}";
      status = 307; }; },
    { path = "/user"; path_re = "^/user/([^/]+)/?([^/]*)$";
      redirect = { to = "/u/{1}?id={2}&from={client}"; }; },
    { path = "/double"; redirect = { to = "/x?a={query}&{query}"; }; },
    { path = "/frag"; redirect = { to = "/x?{query}#top"; }; },
    { redirect = { to = "{path}"; }; }'));
my $at = $p->address('http');

for (
    [ '/s', 'https://a.test/s' ], [ '/s?x=1', 'https://a.test/s?x=1' ],
    [ '/s/a%20b?x=%20y', 'https://a.test/s/a%20b?x=%20y' ],
    [ '/s?', 'https://a.test/s' ],
    [ '/old', '/new' ], [ '/old/', '/new/' ], [ '/old/a', '/new/a' ],
    [ '/old/a%2Fb?q', '/new/a%2Fb' ], [ '/old/%C3%A9', '/new/%C3%A9' ],
    [ '/%6fld/a', '/new/a' ],
    [ '/go/x', '/x' ], [ '/go/x/y?z', '/x/y' ],
    [ '/away', 'https://b.test' ], [ '/away/x?y=z', 'https://b.test/x?y=z' ],
    [ '/user/a', '/u/a?id=&from=127.0.0.1' ],
    [ '/user/a/b', '/u/a?id=b&from=127.0.0.1' ],
    [ '/frag', '/x#top' ], [ '/frag?q', '/x?q#top' ],
    [ '/double?b', '/x?a=b&b' ], [ '/x', '/x' ], [ '/x?y', '/x' ]) {
	my ($target, $expected) = @$_;

	is field(get($at, $target), 'Location'), $expected, $target;
}
for ([ '/s', 301 ], [ '/old', 308 ], [ '/go/x', 303 ], [ '/away', 307 ],
    [ '/user/a', 302 ]) {
	is get($at, $_->[0])->{status}, $_->[1], "$_->[0]: $_->[1]";
}
is field(ask($at, request('GET /s?x', [ 'Host: A.test:8443' ])), 'Location')
    =~ tr/A-Z/a-z/r, 'https://a.test/s?x', 'the host has no port';
my $r = ask($at, "GET /s HTTP/1.0\r\n\r\n");
unlike field($r, 'Location') // '', qr{^https:///}, 'without a Host';

# Open redirects and header injection.
for my $target ('//evil.test/x', '/go//evil.test', '/go///evil.test', '/go/',
    '/go', '/go/%2f/evil.test', '/go/%2Fevil.test', '/go/\\evil.test',
    '/go/%5Cevil.test', '/\\evil.test', '/go/%09/evil.test', '///evil.test',
    '/go@evil.test', '/%2f/evil.test') {
	my $r = get($at, $target);
	my $location = field($r, 'Location') // '';

	unlike $location, qr{^[\t ]*[/\\][\t ]*[/\\]}, "$target: not to //";
	unlike $location, qr{^(?:https?:|[^/])}, 'nor elsewhere';
	$r->{status} == 400 or isnt $location, '', 'but somewhere';
}
for my $target ('/old/%0d%0aX-Forged:%201', '/s/%0aX-Forged:1?%0d%0aX-Forged:1',
    '/user/%0d%0aX-Forged:1', '/user/a/%0d%0a%0d%0a<script>',
    '/old/%3Cscript%3E', '/old/"><script>', '/old/%00x',
    '/away/%0d%0aX-Forged:1') {
	my $r = get($at, $target);

	next if $r->{status} == 400 && pass("$target: refused");
	is field($r, 'X-Forged'), undef, "$target: makes no field";
	unlike field($r, 'Location'), qr/[\0-\x20<>"\x7f-\xff]/,
	    'Location is a URI';
	unlike $r->{body}, qr/<script>/, 'and the text is harmless';
}
done_testing;
