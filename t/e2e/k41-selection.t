# SPDX-License-Identifier: BSD-2-Clause
# RFC 9111, 4 and 4.1: which request a stored response may answer.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch send_request reused not_reused warm is_between address origin);
use Client qw(field fields request ask);

start_cases();
my $fresh = 'Cache-Control: max-age=3600';

# ---- 4: the target URI ----

my $r = reused('4: the same URI', [ $fresh ]);
is_between(field($r, 'Age'), 0, 2, '4: with an Age');
reused('4: with a query', [ $fresh ], suffix => '?a=b&c=d');

# Two requests that are not the same: the second one goes to the origin.
sub different
{
	my ($name, $one, $two, $first, $second) = @_;

	answers($_, reply(200, "at $_", $fresh), reply(200, "again at $_",
	    'Cache-Control: no-store')) for $one, $two;
	fetch($one, @{ $first || [] });
	my $other = fetch($two, @{ $second || [] });
	is $other->{body}, $one eq $two ? "again at $two" : "at $two",
	    "4: $name";
}

my $path = new_path();
different('another query', "$path?a=1", "$path?a=2");
different('no query', "$path?b=1", $path);
different('an empty query', "$path/q?", "$path/q");
different('the order of parameters', "$path/o?a=1&b=2", "$path/o?b=2&a=1");
different('paths know case', "$path/a", "$path/A");
different('a slash at the end', "$path/b", "$path/b/");
different('another host', "$path/c", "$path/c", [ 'Host: a.test' ],
    [ 'Host: b.test' ]);
different('another port', "$path/d", "$path/d", [ 'Host: a.test:81' ],
    [ 'Host: a.test:82' ]);
different('an encoded slash', "$path/e%2Ff", "$path/e/f");
different('host and path do not run together', "/b/x", "/x",
    [ 'Host: a.test' ], [ 'Host: a.test.b' ]);

sub same
{
	my ($name, $one, $two, $first, $second) = @_;

	answers($_, reply(200, 'first', $fresh), reply(200, 'second'))
	    for $one;
	answers($two, reply(200, 'second')) if $two ne $one;
	fetch($one, @{ $first || [] });
	is fetch($two, @{ $second || [] })->{body}, 'first', "4: $name";
}

$path = new_path();
same('hosts do not know case', "$path/a", "$path/a", [ 'Host: a.test' ],
    [ 'Host: A.TEST' ]);
same('the default port', "$path/b", "$path/b", [ 'Host: a.test:80' ],
    [ 'Host: a.test' ]);
same('letters that need no encoding', "$path/c", "$path/%63");
same('the absolute form', "$path/d", "$path/d");
answers($path, reply(200, 'first', $fresh), reply(200, 'second'));
is fetch($path)->{body}, 'first', '4: the origin form';
$r = ask(address(), "GET http://a.test$path HTTP/1.1\r\nHost: a.test\r\n\r\n");
is $r->{body}, 'first', '4: is the same as the absolute one';

# ---- 4: methods ----

$path = new_path();
warm($path, reply(200, 'the body', $fresh, 'ETag: "x"', 'Test: a'));
$r = send_request("HEAD $path");
is "$r->{status} $r->{body}", '200 ', '4: HEAD is answered by a stored GET';
is field($r, 'Content-Length'), 8, '4: with the length of the body';
is field($r, 'Test'), 'a', '4: and its fields';
ok defined field($r, 'Age'), '4: and an Age';
is times_asked($path), 1, '4: from the cache';
$path = new_path();
answers($path, reply(200, 'the body', $fresh), reply(200, 'the body'));
send_request("HEAD $path");
is fetch($path)->{body}, 'the body', '4: no GET is answered by a HEAD';

for my $method (qw(POST PUT DELETE PATCH FOO)) {
	$path = new_path();
	warm($path, reply(200, 'stored', $fresh), reply(200, 'done'));
	$r = send_request("$method $path", [], 'x');
	is $r->{body}, 'done', "4: $method is written through";
	is times_asked($path), 2, "4: $method: to the origin";
}
$path = new_path();
warm($path, reply(200, 'stored', $fresh), reply(200, 'found'));
is send_request("GET $path", [], 'a query')->{body}, 'found',
    '4: a GET with a body is not answered from the cache';

# ---- 4: the newest of those that fit ----

$path = new_path();
warm($path, reply(200, 'without Vary', $fresh, 'Date: ' . date(-20)),
    reply(200, 'newer', $fresh, 'Date: ' . date(-10)), reply(200, 'never'));
fetch($path, 'Cache-Control: no-cache');
is fetch($path)->{body}, 'newer', '4: the most recent response is used';
$path = new_path();
warm($path, reply(200, 'any', $fresh, 'Date: ' . date(-20)),
    reply(200, 'german', $fresh, 'Vary: Accept-Language'), reply(200, 'never'));
fetch($path, 'Cache-Control: no-cache', 'Accept-Language: de');
is fetch($path, 'Accept-Language: de')->{body}, 'german',
    '4: also where an older one has no Vary';

# ---- 4.1: Vary ----

sub vary_reused
{
	my ($name, $vary, $first, $second) = @_;

	return reused("4.1: $name", [ $fresh, map { "Vary: $_" }
	    ref $vary ? @$vary : $vary ], first => $first, second => $second);
}

sub vary_not_reused
{
	my ($name, $vary, $first, $second) = @_;

	return not_reused("4.1: $name", [ $fresh, map { "Vary: $_" }
	    ref $vary ? @$vary : $vary ], first => $first, second => $second);
}

my @one = ('Foo: 1');
my @three = ('Foo: 1', 'Bar: abc', 'Baz: 789');
vary_reused('the same value', 'Foo', \@one, \@one);
vary_reused('names do not know case', 'fOO', \@one, [ 'FOO: 1' ]);
vary_not_reused('another value', 'Foo', \@one, [ 'Foo: 2' ]);
vary_not_reused('none where there was one', 'Foo', \@one, []);
vary_not_reused('one where there was none', 'Foo', [], \@one);
vary_not_reused('an empty one is not none', 'Foo', [ 'Foo: 1' ], [ 'Foo:' ]);
vary_reused('none both times', 'Foo', [], []);
vary_reused('a field that is not named', 'Foo', [ @one, 'Other: 2' ],
    [ @one, 'Other: 3' ]);
vary_reused('two names', 'Foo, Bar', [ @three[0, 1] ], [ @three[0, 1] ]);
vary_not_reused('two names, one differs', 'Foo, Bar', [ @three[0, 1] ],
    [ 'Foo: 2', 'Bar: abc' ]);
vary_not_reused('two names, the other differs', 'Foo, Bar', [ @three[0, 1] ],
    [ 'Foo: 1', 'Bar: abcd' ]);
vary_not_reused('two names, one is missing', 'Foo, Bar', \@one, []);
vary_reused('three names', 'Foo, Bar, Baz', \@three, \@three);
vary_reused('three names in other order', 'Foo, Bar, Baz', \@three,
    [ reverse @three ]);
for my $n (0 .. 2) {
	my @other = @three;

	$other[$n] .= 'x';
	vary_not_reused("three names, $other[$n] differs", 'Foo, Bar, Baz',
	    \@three, \@other);
}
vary_not_reused('a difference in the middle', 'Foo, Bar, Baz', \@three,
    [ 'Foo: 1', 'Bar: abcd', 'Baz: 789' ]);
vary_reused('three names, one is missing both times', 'Foo, Bar, Baz',
    [ @three[0, 2] ], [ @three[0, 2] ]);
vary_reused('names in several lines', [ 'Foo', 'Bar' ], [ @three[0, 1] ],
    [ @three[0, 1] ]);
vary_not_reused('names in several lines, the last differs', [ 'Foo', 'Bar' ],
    [ @three[0, 1] ], [ 'Foo: 1', 'Bar: x' ]);
vary_reused('values: blanks round commas', 'Foo', [ 'Foo: 1,2' ],
    [ 'Foo:  1 ,  2 ' ]);
vary_reused('values: several lines are one list', 'Foo', [ 'Foo: 1, 2' ],
    [ 'Foo: 1', 'Foo: 2' ]);
vary_not_reused('values: their order', 'Foo', [ 'Foo: 1', 'Foo: 2' ],
    [ 'Foo: 2', 'Foo: 1' ]);
vary_not_reused('values know case', 'Foo', [ 'Foo: a' ], [ 'Foo: A' ]);
vary_not_reused('one value does not run into the next', 'Foo, Bar',
    [ 'Foo: 1', 'Bar: 2' ], [ 'Foo: 1, 2' ]);
vary_not_reused("'" . (ref $_ ? join("' and '", @$_) : $_) . "'", $_,
    \@three, \@three) for '*', '*, *', [ '*', '*' ], ', *', [ '', '*' ],
    '*, Foo', 'Foo, *', [ 'Foo', '*' ];
vary_reused('an empty Vary', '', \@one, [ 'Foo: 2' ]);
vary_not_reused('Cookie', 'Cookie', [ 'Cookie: a=b' ], [ 'Cookie: a=c' ]);
vary_not_reused('Authorization of the second', 'Authorization', [],
    [ 'Authorization: Basic YTpi' ]);

# Several responses under one URI.
$path = new_path();
answers($path, map { reply(200, "for $_", $fresh, 'Vary: Foo',
    "ETag: \"$_\"") } 1 .. 8);
fetch($path, "Foo: $_") for 1 .. 8;
is fetch($path, "Foo: $_")->{body}, "for $_",
    "4.1: variant $_ of eight is still there" for 1, 3, 8, 2;
is times_asked($path), 8, '4.1: none was asked for twice';
is send_request("HEAD $path", [ 'Foo: 5' ])->{status}, 200,
    '4.1: HEAD selects, too';
is field(send_request("HEAD $path", [ 'Foo: 5' ]), 'ETag'), '"5"',
    '4.1: the same way';

# One whose request does not match is not a response to be validated as if
# it were the one that was asked for.
$path = new_path();
answers($path, reply(200, 'one', 'Cache-Control: max-age=60', 'Age: 100',
    'Vary: Foo', 'ETag: "one"'), { if => '^If-None-Match:.*"one"',
    then => reply(304, '', 'ETag: "one"', 'Vary: Foo'),
    else => reply(200, 'two', $fresh, 'Vary: Foo', 'ETag: "two"') });
fetch($path, 'Foo: 1');
like fetch($path, 'Foo: 2')->{status}, qr/^200$/, '4.1: another variant';
my ($second) = (asked($path))[1];
like $second, qr/^Foo: 2\r$/m, '4.1: is asked for by its own fields';
is fetch($path, 'Foo: 2')->{body}, 'two', '4.1: and stored beside it'
    if $second !~ /^If-None-Match/m;

# Bounds: so many variants that some must go; nobody gets another one's.
$path = new_path();
answers($path, map { reply(200, "for $_", $fresh, 'Vary: Foo') } 1 .. 100);
my $wrong = grep { fetch($path, "Foo: $_")->{body} ne "for $_" } 1 .. 60;
is $wrong, 0, '4.1: sixty variants, each gets its own';
is fetch($path, 'Foo: 60')->{body}, 'for 60', '4.1: the newest is kept';
is times_asked($path), 60, '4.1: in the cache';
done_testing;
