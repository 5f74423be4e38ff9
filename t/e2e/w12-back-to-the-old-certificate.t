# SPDX-License-Identifier: BSD-2-Clause
# The certificate is bad and the gate dead: once the old file is back, a gate
# comes soon, however often one could not start before.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(until_true);
use Portico;
use Time::HiRes qw(time);
use Tls qw(get_tls one_https);

umask 077;
my $dir = Portico::temporary();
my $live = Certs->new->leaf(names => [ 'a.test' ], file => "$dir/live.pem");
my $b = Backend->new(plain('fine'));
my $p = Portico->start(one_https($b->address, $live, top => 'gates = 1;'));
my $at = $p->address('https');

is get_tls($at, '/')->{body}, 'fine', 'served';
rename $live, "$dir/kept";
Certs::save($live, "no certificate\n");
ok $p->logged(qr/certificates have changed, but cannot be used/, 15),
    'a bad one';
is get_tls($at, '/')->{body}, 'fine', 'the gate keeps the old one';
kill 'KILL', $p->pids('gate');
ok $p->logged(qr/gate 0 died young: its successor waits 16 s/, 40),
    'it dies, and no other can start';
rename "$dir/kept", $live;
my $began = time;
ok until_true(sub { get_tls($at, '/', timeout => 2)->{body} eq 'fine' }, 30),
    'the old file is back: served';
cmp_ok time - $began, '<', 10, 'soon';
is scalar($p->pids('gate')), 1, 'by one gate';
is $p->quit, 0, 'QUIT';
done_testing;
