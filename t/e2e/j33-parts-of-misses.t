# SPDX-License-Identifier: BSD-2-Clause
# Who asks for a part, or on a condition, has the whole fetched for all.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Cached qw(cached response stored together times);
use Client qw(field get request until_true);
use Time::HiRes qw(sleep);

my $text = join '', map { sprintf "%06d", $_ } 1 .. 30_000;
my @fields = ('ETag: "x"', 'Cache-Control: max-age=60');
my $b = Backend->new({
	'/part' => sub { my ($c) = @_; sleep 0.2;
	    $c->send(response(200, $text, @fields)) },
	'/many' => sub { my ($c) = @_; sleep 0.3;
	    $c->send(response(200, $text, @fields)) },
	'/same' => response(200, $text, @fields),
	'/not' => sub { my ($c, $r) = @_; $c->send($r =~ /^Range/m ?
	    "HTTP/1.1 206 Part\r\nCache-Control: no-store\r\n" .
	    "Content-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nab"
	    : response(200, 'abcdefghi', 'Cache-Control: no-store')) },
});
my $p = cached($b);
my $at = $p->address('http');

my $r = get($at, '/part', 'Range: bytes=6-11');
is $r->{status}, 206, 'a part of a miss: 206';
is $r->{body}, '000002', 'that part';
my ($asked) = $b->requests;
unlike $asked, qr/^Range/m, 'the backend was asked for all of it';
ok stored(get($at, '/part')), 'which is stored';
is times($b, '/part'), 1, 'by one request';

my @r = together($at, 20, request('GET /many', [ 'Range: bytes=0-5' ]));
is scalar(grep { $_->{status} == 206 && $_->{body} eq '000001' } @r), 20,
    'twenty parts';
is times($b, '/many'), 1, 'one fetch';

$r = get($at, '/same', 'If-None-Match: "x"');
is $r->{status}, 304, 'on a condition: 304';
($asked) = grep { m{/same} } $b->requests;
unlike $asked, qr/^If-None-Match/m, 'the backend was not told of it';

$r = get($at, '/not', 'Range: bytes=0-1') for 1, 2;
is $r->{status}, 206, 'what cannot be stored is relayed as it comes';
is $r->{body}, 'ab', 'with the part of the backend';
is scalar(grep { !/\S+ \S+ / } $p->access_lines(1)), 0, 'lines are logged';
is scalar($p->access_lines(25)), 25, 'one for each client, none beside';
is $p->quit, 0, 'QUIT';
is_deeply [ ($p->sums)[1 .. 9] ], [ (undef) x 9 ], 'nothing is left';
done_testing;
