# SPDX-License-Identifier: BSD-2-Clause
# Workers die with what gates have sent in their hands, several at a time, and
# before the steward looks some of the clients have gone: the others are
# served, and nothing is left.
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
use Backend qw(plain);
use Certs;
use Client qw(request until_true);
use Portico;
use Tls qw(get_tls one_https);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $b = Backend->new(plain('fine'));
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
# How many workers die of it before the steward has looked: at the first two
# the next message waits for him.
my @marks = ([ arrival_noted => 1 ], [ arrival_taken => 1 ],
    [ client_filled => 2 ], [ arrival_owned => 2 ], [ arrival_whole => 2 ]);
my %leave = (
	stays => sub { },
	closes => sub { $_[0]->close },
	resets => sub { $_[0]->reset },
);

sub start_portico
{
	my ($mark, $deaths) = @_;
	local $ENV{PORTICO_FAULT} = "$mark:0:kill:$deaths";

	return Portico->start(one_https($b->address, $cert,
	    tls => 'strict_sni = true;',
	    top => "gates = 1;\nworkers = { min = 3; max = 3; };"));
}

sub body_of { my ($c) = @_; return ($c->final // { body => 'none' })->{body} }

sub try_mark
{
	my ($mark, $deaths, $how, $version) = @_;
	my $name = "$mark, a client $how";
	my $p = start_portico($mark, $deaths);
	my @stewards = map { $p->pids($_) } qw(steward heir);

	kill 'STOP', @stewards;
	my ($first, $second) = map { Tls->new($p->address('https'),
	    version => $version) // die $Tls::error } 1 .. 2;
	ok $p->logged(qr/(?:$mark reached.*){$deaths}/s, 10), "$name: deaths";
	ok until_true(sub { 3 - $deaths == $p->workers }, 10),
	    "$name: who is left";
	is get_tls($p->address('https'), '/')->{body}, 'fine',
	    "$name: it serves others" if $deaths > 1;
	$leave{$how}->($first);
	kill 'CONT', @stewards;
	for my $c ($how eq 'stays' ? $first : (), $second) {
		$c->send(request('GET /'));
		is body_of($c), 'fine', "$name: who is there is served";
	}
	ok until_true(sub { 3 == $p->workers }, 10), "$name: three workers";
	is get_tls($p->address('https'), '/')->{body}, 'fine', "$name: later";
	$_->close for $second, $how eq 'stays' ? $first : ();
	is $p->quit, 0, "$name: QUIT";
	is_deeply [ $p->sums ], [ 1 ], "$name: sums are zero";
	return;
}

for my $mark (@marks) {
	try_mark(@$mark, 'stays', '1.2');
	try_mark(@$mark, 'closes', '1.3');
	try_mark(@$mark, 'resets', '1.2');
}
done_testing;
