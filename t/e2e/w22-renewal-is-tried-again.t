# SPDX-License-Identifier: BSD-2-Clause
# Gates that could not start for a new certificate are made later on: not the
# files were bad, the machine was short of something.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs qw(serial);
use Client qw(until_true);
use Portico qw(need_program);
use Tls qw(one_https);

need_program('prlimit');

my $ca = Certs->new;
my $cert = Portico::temporary() . '/a.pem';
my $b = Backend->new({ '/' => plain('fine') });

sub renew { return $ca->leaf(names => [ 'a.test' ], file => $cert) }
sub served { my $c = Tls->new($_[0]); return $c ? $c->serial : 'none' }

renew();
my $p = Portico->start(one_https($b->address, $cert,
    top => 'connections = 64;'));
my $at = $p->address('https');
my $old = serial($cert);
system('prlimit', '--pid', $p->{pid}, '--nofile=130:130') == 0
    or die 'prlimit';
renew();
ok $p->logged(qr/changed, but new gates do not start/, 20),
    'there are too few descriptors for new gates';
is served($at), $old, 'the old ones go on';
sub failures { return scalar(() = $p->log =~ /new gates do not start/g) }
is failures(), 1, 'which is said once';
# Only who may raise limits could give them back.
ok until_true(sub { failures() == 2 }, 60),
    'they are tried again, though the files stay what they are';
is served($at), $old, 'the old ones still go on';
unlike $p->log, qr/cannot be used/, 'nothing is wrong with the files';
done_testing;
