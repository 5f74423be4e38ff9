# SPDX-License-Identifier: BSD-2-Clause
# Mutated requests come out as what other servers read alike; a short run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../differential";
use Test::More;
use Differential;
use Origins;
use Reader qw(read_all reading);
use Recorder;
use Replay qw(replay replay_to_all);
use Sender qw(send_cases);
use Verdict qw(new_verdict);

my @origins = map { Origins->new($_) } @Origins::NAMES;
my $get = "GET / HTTP/1.1\r\nHost: a.test\r\n";
my $post = "POST / HTTP/1.1\r\nHost: a.test\r\n";
my $coded = "${post}Transfer-Encoding: chunked\r\n\r\n";

# The measure first: what our own reader takes for how many requests.
for (
	[ 1, 'whole', "$get\r\n" ],
	[ 2, 'whole', "$get\r\n\r\n$get\r\n" ],
	[ 1, 'whole', "${get}Connection: close\r\n\r\nmore" ],
	[ 2, 'whole', "${post}Content-Length: 003\r\n\r\nabc$get\r\n" ],
	[ 2, 'whole', "${coded}05;a=\"b\"\r\nhello\r\n0\r\nA: b\r\n\r\n$get\r\n" ],
	[ 0, 'more', $get ],
	[ 0, 'more', "${post}Content-Length: 3\r\n\r\nab" ],
	[ 0, 'more', "${coded}5\r\nhell" ],
	[ 1, 'more', "${post}Content-Length: 3\r\n\r\nabcG" ],
	[ 0, 'bad', "${coded}5\nhello\r\n0\r\n\r\n" ],
	[ 0, 'bad', "${coded}0x5\r\nhello\r\n0\r\n\r\n" ],
	[ 0, 'bad', "${coded}5\r\nhello!\r\n0\r\n\r\n" ],
	[ 0, 'bad', "${coded}0\r\nA: b\r\n c\r\n\r\n" ],
	(map { [ 0, 'bad', "$post$_\r\n\r\nhello" ] }
	'Content-Length: +5', 'Content-Length: 5, 5', 'Content-Length : 5',
	"Content-Length: 5\r\nContent-Length: 5", "A: b\r\n c", "A: b\rc",
	"A: b\nc", "A: \0", 'Transfer-Encoding: identity', 'Host: a.test',
	"Transfer-Encoding: chunked\r\nContent-Length: 5"),
	(map { [ 0, 'bad', "$_\r\nHost: a.test\r\n\r\n" ] } 'GET /',
	'GET  / HTTP/1.1', "GET\t/ HTTP/1.1", 'GET / HTTP/1.1 ', 'GET a HTTP/1.1',
	'GET /a#b HTTP/1.1', 'GET * HTTP/1.1', 'CONNECT a:1 HTTP/1.1')) {
	my ($many, $end, $bytes) = @$_;
	my ($requests, $how) = read_all(\$bytes);

	is scalar(@$requests) . " $how", "$many $end",
	    'reads ' . Differential::visible($bytes);
}

# Would the others be seen to read it differently?
my $smuggled = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n";
my $reading = reading('POST', '/', 'a.test', 'abc');
my $length = "${post}Content-Length: 3\r\n\r\nabc";
my @planted = (
	{ bytes => $length, reading => $reading },
	{ bytes => $length . $smuggled, reading => $reading },
	{ bytes => $length, reading => reading('POST', '/', 'a.test', '') },
	{ bytes => $length, reading => reading('POST', '/', 'b.test', 'abc') },
	{ bytes => "${post}Content-Length: 3\r\n\r\nab", reading => $reading },
	{ bytes => $length, reading => '', cut => 1 },
	{ bytes => "${coded}5\r\nhe", reading => '', cut => 1 },
	{ bytes => $length, reading => $reading });
for (map { { name => $origins[$_]->name, result =>
    (replay_to_all(\@planted, @origins))[$_] } } 0 .. $#origins) {
	my %wrong = map { $_->[0] => 1 } @{ $_->{result}{differences} };

	is join(' ', grep { $wrong{ $planted[$_] } } 0 .. $#planted),
	    '1 2 3 4 5', "$_->{name}: what is read differently is seen";
	is $_->{result}{same}, 3, 'and nothing else';
}

# Would Portico be seen to go wrong?
sub Planted::records
{
	my ($records, $code) = @_;

	$code->(@$_) for @$records;
	return;
}

# One lawful request was sent; what is recorded, and what was answered.
sub faults
{
	my ($records, %outcome) = @_;
	my $v = new_verdict(bless($records, 'Planted'), [ { sent =>
	    [ [ $reading, 0 ] ], end => 'whole', answers => [ 1 ],
	    close => 'close', %outcome } ]);

	return join '; ', map { $_->[1] =~ s/:.*//sr } @{ $v->{faults} };
}

my $mine = '127.1.0.0';
my @record = ('whole', 1, $mine, $length);
is faults([ [ @record ] ]), '', 'a request that came out right';
is faults([ [ 'whole', 1, $mine, "$post\r\n" ] ]),
    'sent as POST / a.test - 3', 'without its body';
is faults([ [ @record ], [ 'whole', 2, $mine, $smuggled ] ]),
    'the client never got its answer', 'a request too many';
is faults([ [ 'whole', 1, '127.0.0.1', $length ] ]),
    'for 127.0.0.1, who sent nothing; ' .
    'answer 1 came twice or was never given', 'forged';
is faults([ [ @record ] ], sent => [], end => 'bad'), 'sent on though not ' .
    'lawful', 'not lawful';
is faults([], answers => []), 'a lawful request was not answered', 'lost';
is faults([], answers => [ '=400' ]), '', 'refused';
is faults([], answers => [ '=502' ]), 'answered 502 by Portico itself',
    'an answer of no use';
is faults([], answers => [ '=200' ]), 'answered 200 by Portico itself',
    'in place of the backend';
is faults([], answers => [ '=200' ], sent => [ [ $reading, 1 ] ]), '',
    'the end of Max-Forwards';
is faults([ [ @record ] ], answers => [ 1, '=400' ]),
    '2 answers to fewer requests', 'an answer too many';
is faults([ [ @record ] ], close => 'late'), 'no answer and no end in time',
    'too late';
is faults([ [ 'cut', 0, $mine, $post ] ], answers => []), 'cut short though ' .
    'it was sent whole; a lawful request was not answered', 'cut short';

my $bare = Recorder->new;
my $outcomes = send_cases($bare->address, 1, 50);
cmp_ok scalar @{ new_verdict($bare, $outcomes)->{faults} }, '>', 40,
    'what stands between must be a proxy';

Differential::run($ENV{SEED} // 1, 2000, @origins);
done_testing;
