# SPDX-License-Identifier: BSD-2-Clause
# RFC 5861: stale-while-revalidate and stale-if-error.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch send_request warm is_between released origin portico);
use Client qw(field fields until_true);

start_cases(routes => q(
    { path = "/more"; pool = "app"; cache = { stale_while_revalidate = "1m";
      stale_if_error = "1m"; }; },
    { pool = "app"; cache = true; }), pool => 'retry = { attempts = 1; };
    passive = { failures = 1000; };');
sub cc { return "Cache-Control: $_[0]" }
sub age { return scalar field($_[0], 'Age') }

# ---- 3: stale-while-revalidate ----

my $path = new_path();
answers($path, reply(200, 'old', cc('max-age=60, stale-while-revalidate=1000'),
    'Age: 100', 'ETag: "a"'), [ [ 'hold', 'swr' ], reply(200, 'new',
    cc('max-age=60'), 'ETag: "b"') ], reply(200, 'never'));
fetch($path);
my @r = map { fetch($path) } 1 .. 30;
is scalar(grep { $_->{body} eq 'old' } @r), 30,
    '3: thirty requests get the stale one at once';
is_between(age($r[0]), 100, 102, '3: with an honest Age');
ok until_true(sub { times_asked($path) == 2 }, 5), '3: one renewal begins';
like +(asked($path))[1], qr/^If-None-Match: "a"\r$/m, '3: by its validator';
sleep 0.2;
is times_asked($path), 2, '3: and no second one';
released('swr');
ok until_true(sub { fetch($path)->{body} eq 'new' }, 5),
    '3: then there is a new one';
is times_asked($path), 2, '3: which came by that renewal';

$path = new_path();
answers($path, reply(200, 'old', cc('max-age=60, stale-while-revalidate=1000'),
    'Age: 100', 'ETag: "a"', 'Test: a'), reply(304, '', 'ETag: "a"',
    cc('max-age=600'), 'Test: b'), reply(200, 'never'));
fetch($path) for 1, 2;
ok until_true(sub { field(fetch($path), 'Test') eq 'b' }, 5),
    '3: a 304 renews it, too';
is fetch($path)->{body}, 'old', '3: the body stays';
is times_asked($path), 2, '3: by one request';

sub not_stale
{
	my ($name, @fields) = @_;
	my $to = new_path();

	answers($to, reply(200, 'old', @fields), reply(200, 'new'));
	fetch($to);
	is fetch($to)->{body}, 'new', $name;
}

not_stale('3: not beyond its window', cc('max-age=60, ' .
    'stale-while-revalidate=30'), 'Age: 100');
not_stale('3: nor where there is none', cc('max-age=60'), 'Age: 100');
not_stale("3: nor with $_", cc("max-age=60, stale-while-revalidate=1000, $_"),
    'Age: 100') for 'must-revalidate', 'proxy-revalidate', 'no-cache';
not_stale('3: nor with s-maxage', cc('s-maxage=60, ' .
    'stale-while-revalidate=1000'), 'Age: 100');
not_stale("3: nor if it is $_", cc("max-age=60, stale-while-revalidate=$_"),
    'Age: 100') for 'x', '-100', '';

# A renewal that fails leaves what there is; it is tried again.
$path = new_path();
answers($path, reply(200, 'old', cc('max-age=60, stale-while-revalidate=1000'),
    'Age: 100', 'ETag: "a"'), reply(503, 'error'), reply(200, 'new',
    cc('max-age=60')));
fetch($path) for 1, 2;
until_true(sub { times_asked($path) >= 2 }, 5);
is fetch($path)->{body}, 'old', '3: an error does not replace it';
ok until_true(sub { fetch($path)->{body} eq 'new' }, 15),
    '3: it is tried again';

# ---- 4: stale-if-error ----

sub on_error
{
	my ($name, $fields, $error, $want, @asking) = @_;
	my $to = new_path();

	answers($to, reply(200, 'stored', @$fields), $error);
	fetch($to);
	my $r = fetch($to, @asking);
	is $r->{status} == 200 ? $r->{body} : $r->{status}, $want, "4: $name"
	    or diag $r->{head};
	return $r;
}

my @sie = (cc('max-age=60, stale-if-error=1000'), 'Age: 100', 'ETag: "a"');
for my $status (500, 502, 503, 504) {
	my $r = on_error("$status", \@sie, reply($status, 'error'), 'stored');

	is_between(age($r), 100, 102, "4: $status: an honest Age");
}
on_error("$_ is no error", \@sie, reply($_, 'other'), $_)
    for 400, 403, 404, 410, 429, 501;
on_error('the origin closes', \@sie, [ [ 'close' ] ], 'stored');
on_error('it resets', \@sie, [ [ 'reset' ] ], 'stored');
on_error('what it says is no response', \@sie, "hello\r\n\r\n", 'stored');
on_error('beyond the window', [ cc('max-age=60, stale-if-error=30'),
    'Age: 100' ], reply(503, 'error'), 503);
on_error('nothing allows it', [ cc('max-age=60'), 'Age: 100' ],
    reply(503, 'error'), 503);
on_error('the request does', [ cc('max-age=60'), 'Age: 100', 'ETag: "a"' ],
    reply(503, 'error'), 'stored', cc('stale-if-error=1000'));
on_error('the request does, not for so long', [ cc('max-age=60'),
    'Age: 100', 'ETag: "a"' ], reply(503, 'error'), 503,
    cc('stale-if-error=10'));
on_error("$_ forbids it", [ cc("max-age=60, stale-if-error=1000, $_"),
    'Age: 100', 'ETag: "a"' ], reply(503, 'error'), 503)
    for 'must-revalidate', 'proxy-revalidate', 's-maxage=60', 'no-cache';
on_error('stale from the start by Expires', [ 'Expires: ' . date(-10),
    cc('stale-if-error=1000'), 'ETag: "a"' ], reply(503, 'error'), 'stored');
$path = new_path();
answers($path, reply(200, 'stored', @sie), reply(503, 'error'), reply(304, '',
    'ETag: "a"', cc('max-age=600'), 'Test: b'));
fetch($path) for 1, 2;
ok until_true(sub { (field(fetch($path), 'Test') // '') eq 'b' }, 15),
    '4: what is kept is renewed, sooner or later';

# ---- by the operator ----

answers('/more/a', reply(200, 'old', cc('max-age=60'), 'Age: 80',
    'ETag: "a"'), reply(200, 'new', cc('max-age=60')));
fetch('/more/a');
is fetch('/more/a')->{body}, 'old', 'stale_while_revalidate of the route';
ok until_true(sub { fetch('/more/a')->{body} eq 'new' }, 5), 'renews it';
answers('/more/b', reply(200, 'old', cc('max-age=10, ' .
    'stale-while-revalidate=0'), 'Age: 60', 'ETag: "a"'),
    reply(503, 'error'));
fetch('/more/b');
is fetch('/more/b')->{body}, 'old', 'stale_if_error of the route';
answers('/more/c', reply(200, 'old', cc('max-age=10, must-revalidate'),
    'Age: 60', 'ETag: "a"'), reply(503, 'error'));
fetch('/more/c');
is fetch('/more/c')->{status}, 503, 'but not with must-revalidate';
done_testing;
