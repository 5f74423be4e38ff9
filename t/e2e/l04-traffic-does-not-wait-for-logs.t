# SPDX-License-Identifier: BSD-2-Clause
# A log that nobody reads, a disk that is full and a logger that stands still
# stop no request; what is lost is counted and said.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Fcntl;
use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);
use Backend qw(plain);
use Client qw(ask request until_true);
use Portico;

my $b = Backend->new(plain('hello'));
my $at = $b->address;
my $dir = Portico::temporary();
my $fifo = "$dir/fifo";
POSIX::mkfifo($fifo, 0600) or die $!;
my $p = Portico->start(qq{
access_log = (
    { to = "$fifo"; format = "json"; },
    { to = "\@dir\@/file"; },
    { to = "/dev/full"; only = "errors"; }
);
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "$at" ]; }; };
}, dir => $dir);
my $http = $p->address('http');
my $c = Client->new($http);
my $asked = 0;

# So many requests; how many were answered, and the longest time of one.
sub ask_many
{
	my ($n) = @_;
	my ($answered, $longest) = (0, 0);

	for (1 .. $n) {
		my $begin = time;
		my $target = '/?' . ++$asked . '=' . 'x' x 900;

		$c = Client->new($http) if $c->{end};
		$c->send(request("GET $target"));
		my $r = $c->final;
		$answered++ if $r && $r->{status} == 200;
		$longest = time - $begin if time - $begin > $longest;
	}
	return ($answered, $longest);
}

sub in_file { return scalar(() = Portico::slurp("$dir/file") =~ /\n/g) }

# 64 KB in the pipe and 128 KB before it: the rest is lost.
my ($answered, $longest) = ask_many(300);
is $answered, 300, 'a FIFO without reader stops no request';
cmp_ok $longest, '<', 2, 'and none waits for it';
ok until_true(sub { in_file() == 300 }, 5), 'other logs have every line';
ok $p->logged(qr/log \Q$fifo\E: \d+ lines were lost: nobody reads/, 5),
    'the loss is said, and where';
my $lost = 0;
my $sum = sub { $lost = 0;
    $lost += $_ for $p->log =~ /log \Q$fifo\E: (\d+) lines/g; $lost };

sysopen my $reader, $fifo, O_RDONLY | O_NONBLOCK or die $!;
my $read = '';
until_true(sub { sysread $reader, $read, 65536, length $read;
    $sum->() + (() = $read =~ /\n/g) >= 300 }, 10);
is $lost + (() = $read =~ /\n/g), 300, 'every line was read, or counted';
ask_many(1);
ok until_true(sub { sysread $reader, $read, 65536, length $read;
    $read =~ m{/\?301=x} }, 5), 'a reader that came gets what follows';
is scalar(grep { !/^\{.*\}$/ } split /\n/, $read), 0, 'all of it whole lines';

ask($http, "GET / HTTP/1.1\r\n\r\n");
ok $p->logged(qr{log /dev/full: 1 lines were lost: No space left}, 5),
    'a full disk is said';
ask($http, "GET / HTTP/1.1\r\n\r\n") for 1 .. 3;
ok until_true(sub { my $n = 0;
    $n += $_ for $p->log =~ m{log /dev/full: (\d+) lines}g; $n == 4 }, 5),
    'all lost lines are counted';
unlike $p->log, qr/log lines were lost/, 'in no ring was one lost';

# The logger stands still: the rings hold 256 KB each.
my $before = in_file();
my ($logger) = $p->pids('logger');
kill 'STOP', $logger;
($answered, $longest) = ask_many(600);
is $answered, 600, 'a logger that stands still stops no request';
cmp_ok $longest, '<', 2, 'and none waits for it';
my $stopped = time;
kill 'CONT', $logger;
ok $p->logged(qr/slot \d+: \d+ log lines were lost: no room/, 5),
    'what the rings had no room for is said, slot and count';
sleep 1.5;
my $rings = 0;
$rings += $_ for $p->log =~ /slot \d+: (\d+) log lines/g;
my $said = () = $p->log =~ /slot \d+: \d+ log lines/g;
cmp_ok $said, '<=', (1 + int(time - $stopped)) * 5,
    'not more than once a second for each slot';
cmp_ok in_file() - $before, '>', 0, 'what they had room for is written';
# Each request has two lines, and each may be lost on its own.
my $in_file = in_file() - $before;
cmp_ok $in_file + $rings, '<=', 1200, 'none is counted twice';
cmp_ok $in_file + $rings, '>=', 600, 'none is lost without being counted';

# Nobody has read the FIFO since: what it does not take at the end counts too.
my $until_now = $sum->();
$p->quit;
cmp_ok $sum->(), '>', $until_now, 'so do lines that are left at the end';
done_testing;
