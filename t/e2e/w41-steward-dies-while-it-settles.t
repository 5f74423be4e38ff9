# SPDX-License-Identifier: BSD-2-Clause
# A worker dies, and then the steward that has begun to settle what it held:
# his heir still knows what was known of it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
my $fault_bin;
BEGIN {
	$fault_bin = $ENV{PORTICO_FAULT_BIN};
	$ENV{PORTICO} = $fault_bin if defined $fault_bin;
}
use IO::Socket::UNIX;
use Test::More;
use Time::HiRes qw(time);
use Backend qw(echoed plain);
use Certs;
use Client qw(field get request until_true);
use Portico;
use Tls qw(get_tls);
use Tunnel qw(numbers);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $PATIENCE = 20;
my $clients = Certs->new(name => 'Clients');
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $alice = $clients->leaf(names => [ 'alice' ], client => 1, cn => 'Alice');
my $text = numbers(0, 40_000);
my $echo = Backend->new('echo');
my $own = Backend->new(plain($text));

sub start_portico
{
	return Portico->start(qq{
	workers = { min = 4; max = 8; };
	listeners = {
	    http = { address = "\@http\@"; };
	    unix = { address = "unix:\@dir\@/sock"; };
	    https = { address = "\@https\@"; tls = {
		certificates = "$cert"; client_ca = "${\$clients->file}";
		verify_client = "optional"; }; };
	};
	pools = { echo = { backends = "${\$echo->address}"; };
	    own = { backends = "${\$own->address}"; }; };
	sites = { a = { hosts = "*"; routes = (
	    { path = "/echo"; pool = "echo"; }, { pool = "own"; } ); }; };
	access_log = { to = "\@dir\@/access.log"; format = "combined"; };
	});
}

# What a backend is told of who has a certificate; "" if it is right.
sub ask_as_alice
{
	my ($p) = @_;
	my $r = get_tls($p->address('https'), '/echo', cert => $alice);

	return 'no answer' if !$r || $r->{status} != 200;
	my $who = field(echoed($r), 'X-SSL-Client-Verify') // 'nothing';
	return $who eq 'SUCCESS' ? '' : "the backend is told $who";
}

# Over a unix socket an answer may be cut, but none has bytes twice.
sub ask_over_unix
{
	my ($p) = @_;
	my $s = IO::Socket::UNIX->new(Peer => $p->dir . '/sock')
	    or return "connect: $!";
	my $in = '';

	print {$s} request('GET /', [ 'Connection: close' ]);
	$s->flush;
	1 while sysread $s, $in, 65536, length $in;
	my ($body) = $in =~ /\r\n\r\n(.*)/s;
	return '' if !defined $body;
	return index($text, $body) == 0 ? '' : 'not what was asked for';
}

my $asked = 0;
sub ask_and_count
{
	my ($p) = @_;

	$asked++;
	return get($p->address('http'), '/')->{body} eq $text ? '' : 'wrong';
}

sub lines_are_right
{
	my ($p) = @_;
	my $lines = $p->access_lines($asked);

	return $lines == $asked ? () : "$lines lines of $asked requests";
}

for (['arrival_owned:9,settle_row', \&ask_as_alice],
    ['arrival_taken:9,arrival_adopted', \&ask_as_alice],
    ['record_sent:9,settle_row', \&ask_as_alice],
    ['client_sent:9,settle_row', \&ask_over_unix],
    ['line_written:9,settle_row', \&ask_and_count, \&lines_are_right]) {
	my ($marks, $ask, $after) = @$_;
	local $ENV{PORTICO_FAULT} = $marks;
	my $p = start_portico();
	my ($last) = $marks =~ /,(\w+)/;
	my $end = time + $PATIENCE;
	my @wrong;

	until (@wrong || $p->log =~ /fault: $last reached/ || time > $end) {
		@wrong = grep { $_ ne '' } $ask->($p);
	}
	push @wrong, grep { $_ ne '' } map { $ask->($p) } 1 .. 10;
	ok $p->logged(qr/fault: $last reached/, 1), "$marks: both have died";
	ok until_true(sub { $p->workers >= 4 && $p->pids('steward') == 1 },
	    5), 'the family is complete';
	is $p->quit, 0, 'QUIT';
	push @wrong, $after->($p) if $after;
	is "@wrong", '', 'and nobody has noticed';
	my ($ended, @sums) = $p->sums;
	is $ended, 1, 'sums were taken';
	is "@sums", '', 'and are all zero';
}
done_testing;
