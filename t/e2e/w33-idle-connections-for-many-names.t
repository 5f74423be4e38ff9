# SPDX-License-Identifier: BSD-2-Clause
# Who asks for many names leaves room for connections that others use.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(ask request);
use Portico qw(one_backend);
use TlsBackend;

my $ca = Certs->new;
my $leaf = $ca->leaf(names => [ '*.shop.test' ]);
my $b = TlsBackend->new(plain('x'), cert => $leaf);
my $p = Portico->start(one_backend('https://' . $b->address, pool =>
    'idle_connections = 4; tls = { ca = "' . $ca->file . '"; };'));
my $at = $p->address('http');

sub try { return ask($at, request('GET /', [ "Host: $_[0].shop.test" ])) }

sub shaken { return scalar grep { /^\S+ $_[0]\.shop/ } $b->handshakes }

is try("a$_")->{status}, 200, "a$_" for 1 .. 12;
is try('www')->{status}, 200, 'www' for 1 .. 10;
is shaken('www'), 1, 'one handshake for all that ask for the same name';
is try($_)->{status}, 200, $_ for ('www', 'm') x 5;
is shaken('www') + shaken('m'), 2, 'and for each of two';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
