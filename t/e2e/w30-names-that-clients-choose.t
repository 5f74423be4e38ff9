# SPDX-License-Identifier: BSD-2-Clause
# A client that asks https backends for names that they do not have harms
# nobody but itself.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(ask request);
use Portico;
use TlsBackend;

my $ca = Certs->new;
my $file = $ca->file;
my $leaf = $ca->leaf(names => [ 'shop.test', '*.shop.test' ]);
my @b = map { TlsBackend->new(plain("b$_"), cert => $leaf) } 1 .. 2;
my $list = join ', ', map { sprintf '"https://%s"', $_->address } @b;
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = [ $list ]; tls = { ca = "$file"; };
	    passive = { failures = 3; eject = "60s"; max_ejected = "100%"; };
	}; };
});
my $at = $p->address('http');

sub try { return ask($at, request('GET /', [ "Host: $_[0]" ])) }

is try('shop.test')->{status}, 200, 'its own name';
is try("evil$_.test")->{status}, 502, 'a name that it has not' for 1 .. 20;
ok $p->logged(qr/hostname mismatch: certificate is for shop\.test/),
    'the log says why';
is try('shop.test')->{status}, 200, "its own name, still" for 1 .. 4;
is try('www.shop.test')->{status}, 200, 'and another one of its';
unlike $p->log, qr/ejected/, 'nobody is ejected';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
