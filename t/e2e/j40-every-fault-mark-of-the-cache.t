# SPDX-License-Identifier: BSD-2-Clause
# A death at any mark of the cache is noticed by nobody, spoils no content, and
# leaves nothing behind. j40-....t MARK[:N] ... tries only those; KEEP=1 shows
# the logs.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
BEGIN {
	$ENV{PORTICO} = $ENV{PORTICO_FAULT_BIN}
	    if defined $ENV{PORTICO_FAULT_BIN};
}
use Test::More;
use Time::HiRes qw(sleep time);
use Client qw(ask request);
use Marks qw(left_behind try_all);
use Portico;
use Torture qw(start_origin start_load load_line spoiled);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $ENV{PORTICO_FAULT_BIN};

my $AT_ONCE = 3; # a case sleeps half of its time
my $PATIENCE = 20; # seconds until a mark is reached

# Contents that change all the time, of any size and coding.
my @paths = map { ("/v/$_->[0]/$_->[1]?age=0", "/v/$_->[0]/$_->[1]?age=1",
    "/v/$_->[0]/$_->[1]?chunked&age=0") } [ 40, 1 ], [ 3000, 2 ],
    [ 30_000, 3 ], [ 150_000, 4 ];
my @loads = (
	[ '-n', 400, '-c', 8, '-H', 'plain.test' ],
	[ '-n', 300, '-c', 8, '-H', 'swr.test' ],
	[ '-n', 200, '-c', 4, '-r', 1, '-H', 'small.test' ],
);
my $origin = start_origin();

# Marks that others have: of orders to the cache and of what answers.
sub marks
{
	open my $f, '<', "$Portico::TOP/src/base/fault.def" or die $!;
	return grep { !/^chore_(?:begun|ended)$/ }
	    map { /^FAULT_MARK\(((?:fill|chore|cache|serve)_\w+)/ ? $1 : () }
	    <$f>;
}

sub cases
{
	return map { /^(\w+)(?::(\d+))?$/ ? [ $1, $2 // 0 ] : () } @ARGV
	    if @ARGV;
	return map { ([ $_, 0 ], [ $_, 9 ]) } marks();
}

# One cache is so small that it always evicts.
sub start_portico
{
	return Portico->start(qq{
	workers = { min = 4; max = 8; };
	cache = { size = "8M"; max_object = "1M"; };
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = [ "$origin" ]; }; };
	sites = {
		plain = { hosts = [ "plain.test" ]; routes = ( {
		    pool = "app"; cache = true; } ); };
		swr = { hosts = [ "swr.test" ]; routes = ( { pool = "app";
		    cache = { stale_while_revalidate = "5s"; }; } ); };
		small = { hosts = [ "small.test" ]; routes = ( {
		    pool = "app"; cache = { max_object = "100k"; }; } ); };
	};
	access_log = { to = "\@dir\@/access"; };
	});
}

# Asked in their own way: a part, a change, a secret, nothing to store, what
# is never asked for again; and clients that leave.
sub ask_oddly
{
	my ($at, $i) = @_;
	my @host = ('Host: plain.test');
	my @wrong;
	my $seed = 1000 + $i;
	my $r = ask($at, request("GET /v/20000/$seed", [ @host,
	    'Range: bytes=0-99' ]));

	push @wrong, "part: $r->{status}" if $r->{status} != 206
	    || length $r->{body} != 100;
	ask($at, request('POST /echo', \@host, 'x'));
	$r = ask($at, request("GET /v/50/$seed", [ @host,
	    'Authorization: Basic eDp5' ]));
	push @wrong, "secret: $r->{status}" if $r->{status} != 200;
	for (1 .. 3) {
		$r = ask($at, request("GET /b/5000/$_", \@host));
		push @wrong, "not stored: $r->{status}" if $r->{status} != 200;
		$r = ask($at, request("GET /v/400000/$seed$_", \@host));
		push @wrong, "large: $r->{status}" if $r->{status} != 200;
	}
	my @c = map { my $c = Client->new($at);
	    $c->send(request("GET /v/600000/$seed?delay=100", \@host));
	    $c } 1 .. 6;
	sleep 0.05;
	$_->reset for @c[0 .. 2];
	push @wrong, map { my $r = $_->final;
	    ($r->{status} // 0) == 200 && !$r->{broken} ? () : 'joined' }
	    @c[3 .. 5];
	return @wrong;
}

# All of it once, and once more until the mark has been reached.
sub drive
{
	my ($p, $reached) = @_;
	my $end = time + $PATIENCE;
	my ($at, @wrong, $i) = $p->address('http');

	do {
		my @running = map { start_load(@$_, $at, @paths) } @loads;
		push @wrong, ask_oddly($at, ++$i);
		for (@loads) {
			my $line = load_line(shift @running, 20);
			push @wrong, "[@$_] $line" if spoiled($line) ne '';
		}
	} until (@wrong || $p->log =~ $reached || time > $end);
	return @wrong;
}

sub is_complete
{
	my ($p) = @_;

	return $p->pids('steward') == 1 && $p->pids('heir') == 1
	    && $p->workers >= 4;
}

# What is wrong after a death at the mark.
sub try_mark
{
	my ($mark, $n) = @_;
	my $reached = qr/fault: $mark reached/;

	local $ENV{PORTICO_FAULT} = "$mark:$n";
	my $p = start_portico();
	my @wrong = drive($p, $reached);
	push @wrong, left_behind($p, $reached, \&is_complete);
	push @wrong, $p->log if @wrong && $ENV{KEEP};
	return @wrong;
}

try_all($AT_ONCE, \&try_mark, sub { "$_[0] after $_[1]" }, cases());
done_testing;
