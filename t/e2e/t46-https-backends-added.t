# SPDX-License-Identifier: BSD-2-Clause
# A backend over TLS is added to a Portico that had none: gates come with it,
# and go with it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(get until_true);
use Control qw(command);
use Portico qw(one_backend);
use TlsBackend;

# Of an authority that the system does not know: it is asked, and refused.
my $b = TlsBackend->new(plain('secret'), cert =>
    Certs->new->leaf(names => [ 'shop.test' ]));
my $first = Backend->new(plain('plain'));
my $p = Portico->start(one_backend($first->address));
my $at = $p->address('http');
my $sock = $p->dir . '/portico.sock';

is get($at, '/')->{body}, 'plain', 'before';
is scalar(() = $p->pids('gate')), 0, 'there is no gate';
ok command($sock, 'backend add app https://' . $b->address . ' name=s')
    ->{ok}, 'a backend is added';
ok until_true(sub { $p->pids('gate') }, 10), 'there are gates';
is join(' ', map { get($at, "/$_")->{body} } 1 .. 6), 'plain ' x 5 . 'plain',
    'it is asked in vain, and then the other one';
ok $p->logged(qr{app/s: TLS with the backend failed: certificate verify fa}),
    'which is told';
ok command($sock, 'backend remove app/s')->{ok}, 'it is removed';
ok until_true(sub { !$p->pids('gate') }, 10), 'there is no gate any more';
is get($at, '/')->{body}, 'plain', 'the other one is asked';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
