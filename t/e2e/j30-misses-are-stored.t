# SPDX-License-Identifier: BSD-2-Clause
# What is fetched once is there for the next one, whole, or it is not stored.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(chunked);
use Cached qw(cached response stored times);
use Client qw(ask field get request until_true);

my $max = 'Cache-Control: max-age=60';
my $large = join '', map { sprintf "%08d", $_ } 1 .. 50_000;
my @chunks = map { substr $large, $_ * 9000, 9000 } 0 .. 30;
my $chunked = chunked(@chunks) =~ s/200 OK\r\n/200 OK\r\n$max\r\n/r;
my $turns = Portico::temporary() . '/turns';
my $b = Backend->new({
	# not to be stored, twice; then it is
	'/turns' => sub { my ($c) = @_; open my $f, '>>', $turns; print $f 'x';
	    close $f; $c->send(response(200, 'in turn', -s $turns < 3 ?
	    'Cache-Control: private' : $max)) },
	'/a' => response(200, 'hello', $max),
	'/large' => response(200, $large, $max),
	'/chunked' => $chunked,
	'/empty' => "HTTP/1.1 204 No Content\r\n$max\r\n\r\n",
	'/none' => response(200, '', $max),
	'/gone' => response(404, 'not here', $max),
	'/open' => sub { my ($c) = @_;
	    $c->send("HTTP/1.1 200 OK\r\n$max\r\n\r\nuntil the end"); 0 },
	'/cut' => sub { my ($c) = @_; $c->send("HTTP/1.1 200 OK\r\n$max\r\n" .
	    "Content-Length: 100000\r\n\r\n" . 'x' x 90_000); 0 },
	'/halved' => sub { my ($c) = @_; $c->send("HTTP/1.1 200 OK\r\n$max" .
	    "\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"); 0 },
	'/huge' => response(200, 'x' x 1_100_000, $max),
	'/grows' => "HTTP/1.1 200 OK\r\n$max\r\nTransfer-Encoding: chunked" .
	    "\r\n\r\n" . sprintf("%x\r\n%s\r\n", 60_000, 'y' x 60_000) x 20 .
	    "0\r\n\r\n",
	'/no' => response(200, 'secret', 'Cache-Control: no-store'),
	'/part' => "HTTP/1.1 206 Partial Content\r\n$max\r\n" .
	    "Content-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nab",
	'/mute' => response(200, 'no word about it'),
});
my $p = cached($b, cache => 'max_object = "1M";',
    pool => 'retry = { attempts = 1; }; passive = false;');
my $at = $p->address('http');

sub twice
{
	my ($target, $body, $status) = @_;
	my ($first, $second) = map { get($at, $target) } 1, 2;

	is $_->{status}, $status // 200, "$target: status"
	    for $first, $second;
	ok $first->{body} eq $body && $second->{body} eq $body,
	    "$target: the same body twice";
	ok !stored($first) && stored($second), "$target: then it is a hit";
	is times($b, $target), 1, "$target: the backend is asked once";
	like field($second, 'Age') // '', qr/^\d+$/, "$target: with its age";
	return;
}

twice('/a', 'hello');
twice('/large', $large);
twice('/chunked', join '', @chunks);
twice('/empty', '', 204);
twice('/none', '');
twice('/gone', 'not here', 404);
my $head = ask($at, request('HEAD /large'));
is field($head, 'Content-Length'), length $large, 'HEAD: the length of it';
is times($b, '/large'), 1, 'HEAD: the backend is not asked';

for my $target (qw(/open /cut /halved /huge /grows /no /part /mute)) {
	my @r = map { get($at, $target) } 1 .. 3;
	is scalar(grep { stored($_) } @r), 0, "$target: no hit";
	is times($b, $target), 3, "$target: the backend is asked each time";
}
is length get($at, '/grows')->{body}, 1_200_000, '/grows: it comes whole';
is join('', map { stored(get($at, '/turns')) ? 'h' : 'm' } 1 .. 5), 'mmmhh',
    'what may be stored in the end replaces the mark';
my $r = get($at, '/fresh', 'Cache-Control: only-if-cached');
is $r->{status}, 504, 'only-if-cached: 504';
is $p->quit, 0, 'QUIT';
is_deeply [ ($p->sums)[1 .. 9] ], [ (undef) x 9 ], 'nothing is left';
done_testing;
