# SPDX-License-Identifier: BSD-2-Clause
# More handshakes are begun and not gone on with than a gate has places for:
# who has had a second makes room for who comes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client;
use Portico;
use Time::HiRes qw(time);
use Tls qw(get_tls one_https);

# So few descriptors that a gate has places for some hundreds.
my $few = Portico::temporary() . '/portico';
Certs::save($few, qq(#!/bin/sh\nulimit -n 1000\nexec "$Portico::BINARY" "\$@"\n));
chmod 0755, $few;
local $Portico::BINARY = $few;

my $b = Backend->new(plain('fine'));
my $p = Portico->start(one_https($b->address,
    Certs->new->leaf(names => [ 'a.test' ]), top =>
    'gates = 1; connections = 300;',
    listener => 'timeouts = { header = "40s"; };'));
my $at = $p->address('https');
my ($gate) = $p->pids('gate');
my ($limit) = Portico::slurp("/proc/$gate/limits") =~ /open files +(\d+)/;
cmp_ok $limit, '<=', 1000, "a gate with $limit descriptors";

is get_tls($at, '/')->{body}, 'fine', 'served';
my @stalled = map { my $c = Client->new($at); $c->send("\x16\3\1"); $c }
    1 .. $limit / 2;
cmp_ok scalar(@stalled), '>', ($limit - 128) / 2, scalar(@stalled) . ' stall';
for my $round (1 .. 5) {
	my $began = time;
	is get_tls($at, '/', timeout => 8)->{body}, 'fine', "others get in: $round";
	cmp_ok time - $began, '<', 4, 'soon';
}
ok $p->logged(qr/its handshake made room for others/, 5), 'the log says why';
my $open = grep { $_->ending(0.001) eq 'open' } @stalled;
cmp_ok $open, '>', @stalled / 2, "$open of them are not in the way";
$_->close for @stalled;
is get_tls($at, '/')->{body}, 'fine', 'afterwards';
is join(' ', $p->pids('gate')), $gate, 'the same gate';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
