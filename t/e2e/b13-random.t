# SPDX-License-Identifier: BSD-2-Clause
# Random choices spread by weight, and avoid who is busy.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Pool qw(backends pool names hold wait_held release);
use Portico;

my %b = backends(qw(a b c d));
my $p = Portico->start('listeners = { http = { address = "@http@"; };
    two = { address = "@two@"; }; };
    pools = { four = ' . pool('balance = "random";', map { ($b{$_},
    $_ eq 'd' ? 'weight = 0;' : '') } sort keys %b) . '; two = ' .
    pool('balance = "random";', $b{a}, '', $b{b}, '') . '; };
    sites = { x = { hosts = "*"; routes = ( { listeners = "two";
    pool = "two"; }, { pool = "four"; } ); }; };');
my $at = $p->address('http');
my %seen = map { $_ => 0 } qw(a b c d);
my $names = names($at, 600);

$seen{$_}++ for split //, $names;
for (qw(a b c)) {
	cmp_ok $seen{$_}, '>', 120, "$_ had $seen{$_} of 600";
}
is $seen{d}, 0, 'weight 0 has none';
unlike $names, qr/^(?:abc|acb|bac|bca|cab|cba){200}$/, 'not in turns';

# Of two draws the one that has less in flight wins; it can lose only when
# both draws name the busy one.
my @busy = map { hold($p->address('two'), 'x') } 1 .. 2;
ok wait_held('x', 2), 'two are held back';
%seen = (a => 0, b => 0);
push @busy, hold($p->address('two'), 'x') for 1 .. 10;
ok wait_held('x', 12), 'ten more';
release('x');
$seen{Client::field($_->final, 'X-Backend')}++ for @busy;
cmp_ok abs($seen{a} - $seen{b}), '<=', 8, "$seen{a} and $seen{b} of 12";
done_testing;
