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

# What the configuration names is another matter.
for my $keys ('host = "other.test";', 'tls.name', 'hosts') {
	my $name = $keys eq 'tls.name' ? 'name = "other.test";' : '';
	my $host = $name || $keys eq 'hosts' ? '' : $keys;
	my $hosts = $keys eq 'hosts' ? 'other.test' : '*';

	$p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = [ $list ]; tls = { ca = "$file"; $name };
	    passive = { failures = 3; max_ejected = "100%"; }; $host }; };
	sites = { x = { hosts = "$hosts"; routes = ( { pool = "app"; } ); };
	    y = { hosts = "*.test"; routes = ( { pool = "app"; } ); }; };
	});
	$at = $p->address('http');
	try('other.test') for 1 .. 6;
	ok $p->logged(qr/is ejected .* hostname mismatch/), "$keys: ejected";
	is $p->quit, 0, 'QUIT';
}
done_testing;
