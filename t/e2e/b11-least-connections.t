# SPDX-License-Identifier: BSD-2-Clause
# Who has least in flight for its weight gets the next request, exactly.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Pool qw(backends pool names tally hold wait_held release);
use Client qw(field request);
use Portico;

my %b = backends(qw(a b));
my $p = Portico->start('listeners = { http = { address = "@http@"; };
    even = { address = "@even@"; }; heavy = { address = "@heavy@"; }; };
    pools = {
    even = ' . pool('balance = "least-connections";', $b{a}, '', $b{b}, '') .
    '; heavy = ' . pool('balance = "least-connections";', $b{a},
    'weight = 1;', $b{b}, 'weight = 3;') . '; };
    sites = { x = { hosts = "*"; routes = (
    { listeners = "even"; pool = "even"; },
    { pool = "heavy"; } ); }; };
    workers = { min = 3; max = 3; };');
my ($even, $heavy) = map { $p->address($_) } qw(even heavy);

is tally(names($even, 20)), 'a 10 b 10', 'equals take turns';

my @busy = (hold($even, 'one'));
ok wait_held('one', 1), 'one request is held back';
my $free = names($even, 10);
like $free, qr/^(?:a{10}|b{10})$/, 'the other one gets all';
push @busy, hold($even, 'one'), hold($even, 'one');
ok wait_held('one', 3), 'two more: two here, one there';
$free = names($even, 10);
like $free, qr/^(?:a{10}|b{10})$/, 'one has less, and gets all';
release('one');
is tally(join '', map { field($_->final, 'X-Backend') } @busy),
    $free =~ /a/ ? 'a 1 b 2' : 'a 2 b 1', 'it was the one that had less';

my @many = map { hold($heavy, 'two') } 1 .. 8;
ok wait_held('two', 8), '8 are held back';
release('two');
is tally(join '', map { field($_->final, 'X-Backend') } @many), 'a 2 b 6',
    'by weights of 1 and 3';
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'nothing is left over';
done_testing;
