# SPDX-License-Identifier: BSD-2-Clause
# A worker dies that has put a request into the queue of a fallback pool, and
# has not yet said so on its row: the request waits on, in that queue.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
my $fault_bin;
BEGIN {
	$fault_bin = $ENV{PORTICO_FAULT_BIN};
	$ENV{PORTICO} = $fault_bin if defined $fault_bin;
}
use Test::More;
use Pool qw(backends pool hold wait_held release);
use Client qw(field request);
use Portico;

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my %b = backends(qw(a b));
my $one = 'max_connections = 1;';

# Of the two places one is in each pool; only the second has a queue.
sub try_mark
{
	my ($mark) = @_;
	local $ENV{PORTICO_FAULT} = $mark;
	my $p = Portico->start('listeners = {
	    http = { address = "@http@"; }; };
	    pools = { home = ' . pool('fallback = "rest";', $b{a}, $one) . ';
	    rest = ' . pool('queue = { length = 9; timeout = "20s"; };',
	    $b{b}, $one) . '; };
	    workers = { min = 3; max = 3; };
	    sites = { x = { hosts = "*"; routes = ( { pool = "home"; } ); };
	    };');
	my $at = $p->address('http');
	my @names = map { "$mark$_" =~ s/\W//gr } 1 .. 2;
	my @held;

	for (@names) {
		push @held, hold($at, $_);
		ok wait_held($_, 1), "$mark: a place is taken";
	}
	my @waiting = map { my $c = Client->new($at);
	    $c->send(request("GET /$_")); select undef, undef, undef, 0.2; $c
	    } 1 .. 3;
	ok $p->logged(qr/fault: \w+ reached/), "$mark: a worker has died"
	    if $mark =~ /join/;
	release($names[1]);
	is join(' ', map { my $r = $_->final // {};
	    ($r->{status} // 'none') . field($r, 'X-Backend') }
	    $held[1], @waiting), '200b 200b 200b 200b',
	    "$mark: all have their turn, in that queue";
	ok $p->logged(qr/fault: \w+ reached/), "$mark: a worker has died";
	release($names[0]);
	is $held[0]->final->{status}, 200, "$mark: and the first one ends";
	is $p->quit, 0, 'QUIT';
	unlike $p->log, qr/panic|letter/, "$mark: nobody panicked";
	my ($ended, @wrong) = $p->sums;
	is $ended, 1, 'sums were taken';
	is_deeply \@wrong, [], 'and are all zero';
}

try_mark($_) for 'queue_joined:0', 'queue_joined:1', 'queue_granted:0',
    'queue_held:1', 'seat_granted:0';
done_testing;
