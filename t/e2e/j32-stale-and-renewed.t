# SPDX-License-Identifier: BSD-2-Clause
# What is stale is asked for anew by its validators, or used where that is
# allowed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(parsed);
use Cached qw(cached response stored together times);
use Client qw(ask field get request until_true);
use Time::HiRes qw(sleep);

my $file = Portico::temporary() . '/state';
sub state_is { open my $f, '>', $file or die $!; print $f @_; close $f }
sub state_now { open my $f, '<', $file or die $!; return scalar <$f> }
state_is('one');

sub tagged
{
	my ($control) = @_;

	return sub {
		my ($c, $r) = @_;
		my $state = state_now();
		return 0 if $state eq 'dead';
		return $c->send(response(503, 'sorry')) if $state eq 'ill';
		return $c->send("HTTP/1.1 304 Same\r\nETag: \"$state\"\r\n" .
		    "Cache-Control: $control\r\nX-New: yes\r\n\r\n")
		    if $r =~ /^If-None-Match: "$state"/m;
		$c->send(response(200, "state $state", "ETag: \"$state\"",
		    "Cache-Control: $control"));
	};
}

my $b = Backend->new({
	'/tag' => tagged('max-age=1'),
	'/each' => tagged('no-cache'),
	'/swr' => tagged('max-age=1, stale-while-revalidate=60'),
	'/sie' => tagged('max-age=1, stale-if-error=60'),
	'/must' => tagged('max-age=1, must-revalidate, stale-if-error=60'),
	'/plain' => tagged('max-age=1'),
	'/date' => sub { my ($c, $r) = @_;
	    my $date = 'Sun, 06 Nov 1994 08:49:37 GMT';
	    $r =~ /^If-Modified-Since: $date/m ? $c->send("HTTP/1.1 304 Same" .
	    "\r\nCache-Control: max-age=60\r\n\r\n") : $c->send(response(200,
	    'old', "Last-Modified: $date", 'Cache-Control: max-age=1')) },
});
my $p = cached($b, pool => 'retry = { attempts = 1; }; passive = false;',
    cache => 'max_stale = "1h";');
my $at = $p->address('http');
my @all = qw(/tag /each /swr /sie /must /plain /date);
my %first = map { $_ => get($at, $_) } @all;

is $first{$_}{status}, 200, "$_: fetched" for @all;
sleep 2.1;

my $r = get($at, '/tag');
is $r->{body}, 'state one', '304: the stored body';
is field($r, 'X-New'), 'yes', '304: with the new fields';
is times($b, '/tag'), 2, '304: the backend was asked';
ok stored(get($at, '/tag')), '304: it is fresh again';
is times($b, '/tag'), 2, '304: and not asked for a while';

$r = get($at, '/each') for 1, 2;
is times($b, '/each'), 3, 'no-cache: asked each time';
is $r->{body}, 'state one', 'no-cache: and used';

$r = get($at, '/date');
is $r->{body}, 'old', 'Last-Modified: used again';
ok stored(get($at, '/date')), 'Last-Modified: for as long as the 304 says';

# conditions of the client's own are judged by what is stored
$r = get($at, '/plain', 'If-None-Match: "one"');
is $r->{status}, 304, 'a client that has it gets 304';
my @asked = grep { m{^GET /plain} } $b->requests;
is scalar(() = $asked[-1] =~ /^If-None-Match/mg), 1,
    'and the backend is asked with one condition';

state_is('two');
$r = get($at, '/swr');
is $r->{body}, 'state one', 'stale-while-revalidate: the stale one at once';
ok until_true(sub { times($b, '/swr') == 2 }), 'and it is asked for';
ok until_true(sub { get($at, '/swr')->{body} eq 'state two' }, 5),
    'then the new one is there';
sleep 2.1;
state_is('three');
my @r = together($at, 20, request('GET /swr'));
is scalar(grep { $_->{status} == 200 } @r), 20, 'twenty ask for the stale one';
sleep 0.5;
is times($b, '/swr'), 3, 'one request in the background for all';

for my $state (qw(ill dead)) {
	state_is($state);
	$r = get($at, '/sie');
	is $r->{status}, 200, "$state: stale-if-error: the stale one";
	is $r->{body}, 'state one', "$state: as it was";
	cmp_ok field($r, 'Age'), '>=', 2, "$state: its age is not hidden";
	$r = get($at, '/must');
	is $r->{status}, $state eq 'ill' ? 503 : 502,
	    "$state: must-revalidate: no";
}
sleep 1.5;
my $before = times($b, '/sie');
my @stale = together($at, 50, request('GET /sie'));
is scalar(grep { $_->{body} eq 'state one' } @stale), 50,
    'fifty get the stale one';
cmp_ok times($b, '/sie') - $before, '<=', 3, 'and few of them ask';
is $p->quit, 0, 'QUIT';
is_deeply [ ($p->sums)[1 .. 9] ], [ (undef) x 9 ], 'nothing is left';
done_testing;
