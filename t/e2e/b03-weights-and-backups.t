# SPDX-License-Identifier: BSD-2-Clause
# Requests are dealt out by weight, evenly, over all workers.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(get field);
use Portico;

my %b = map { ($_ => Backend->new('echo', name => $_)) } qw(a b c spare);

sub pool
{
	my (%weights) = @_;
	my $list = join ', ', map {
		my $address = $b{$_}->address;
		my $more = $_ eq 'spare' ? 'backup = true' :
		    "weight = $weights{$_}";
		qq({ name = "$_"; address = "$address"; $more; })
	} sort keys %weights;

	return "{ backends = ( $list ); }";
}

my $pools = join '', map { "$_->[0] = $_->[1]; " } [ two => pool(a => 2,
    b => 1) ], [ even => pool(a => 1, b => 1, c => 1) ], [ five => pool(
    a => 5, b => 1, c => 1) ], [ none => pool(a => 1, b => 0) ],
    [ backed => pool(a => 1, b => 1, spare => 1)
    =~ s/}$/retry = { attempts = 5; }; }/r ];
my $p = Portico->start(qq{
workers = { min = 4; max = 4; };
listeners = { http = { address = "\@http\@"; }; };
pools = { $pools };
sites = { x = { hosts = "*"; routes = (
  { path = "/two"; pool = "two"; }, { path = "/even"; pool = "even"; },
  { path = "/five"; pool = "five"; }, { path = "/none"; pool = "none"; },
  { pool = "backed"; } ); }; };
});
my $at = $p->address('http');

sub dealt
{
	my ($n, $path) = @_;

	return join '', map {
		substr field(get($at, $path), 'X-Backend') // '-', 0, 1
	} 1 .. $n;
}

# Of each `period` in a row, sorted: the same.
sub every_window_is
{
	my ($sequence, $expected, $what) = @_;
	my $n = length $expected;
	my %windows = map {
		(join('', sort split //, substr $sequence, $_, $n) => 1)
	} 0 .. length($sequence) - $n;

	is join(' ', sort keys %windows), $expected, $what;
	return;
}

every_window_is(dealt(30, '/two'), 'aab', '2:1, in every three requests');
every_window_is(dealt(12, '/even'), 'abc', 'each in its turn');
my $five = dealt(28, '/five');
every_window_is($five, 'aaaaabc', '5:1:1, in every seven requests');
unlike $five, qr/aaaaa/, 'and smoothly, not in runs';
is dealt(5, '/none'), 'aaaaa', 'weight 0 gets none';

my $c = Client->new($at);
my $kept = join '', map {
	$c->send(Client::request('GET /two'));
	field($c->final, 'X-Backend')
} 1 .. 12;
every_window_is($kept, 'aab', 'the same on one connection');

unlike dealt(10, '/'), qr/s/, 'a backup waits';
$b{a}->stop;
is dealt(4, '/'), 'bbbb', 'one is gone: still it waits';
$b{b}->stop;
is dealt(4, '/'), 'ssss', 'all are gone: it serves';
done_testing;
