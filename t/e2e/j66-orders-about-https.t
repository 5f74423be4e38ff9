# SPDX-License-Identifier: BSD-2-Clause
# Orders to the cache for URLs of https: they come to a listener with TLS.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Cached qw(response stored);
use Certs;
use FakeMaster qw(ctl);
use Portico;
use Tls qw(get_tls);

my $origin = Backend->new(response(200, 'fine', 'Cache-Control: max-age=100'));
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $clients = Certs->new(name => 'Clients');
my $o = $origin->address;
my $p = Portico->start(qq{
	cache = { size = "16M"; key = [ "host", "target", "scheme" ]; };
	listeners = {
	    http = { address = "\@http\@"; redirect_https = true; };
	    https = { address = "\@https\@"; tls = {
		certificates = "$cert"; client_ca = "${\$clients->file}";
		verify_client = "optional"; }; };
	};
	pools = { app = { backends = "$o"; }; };
	sites = {
	    a = { hosts = "a.test"; routes = ( { pool = "app";
		cache = true; } ); };
	    b = { hosts = "b.test"; routes = ( { pool = "app"; } ); };
	};
});
my $sock = $p->dir . '/portico.sock';

sub there { return stored(get_tls($p->address('https'), $_[0])) }

# Status, standard output, standard error of a command about the cache.
sub cache { return join '|', ctl('-s', $sock, 'cache', @_) }

there('/x');
ok there('/x'), 'a response over TLS is stored';
is cache('purge', 'https://a.test/x'), "0|purged 1\n|", 'and is purged';
ok !there('/x'), 'indeed';
is cache('purge', 'http://a.test/x'), "1||porticoctl: an answer was 308\n",
    'a listener that redirects says so';
ok there('/x'), 'and nothing is purged';
is cache('purge', 'https://b.test/x'), "0|purged 0\n|",
    'a site without a cache has nothing';
is cache('purge', 'https://c.test/x'), "1||porticoctl: an answer was 421\n",
    'and a host without a site is none';
is scalar(grep { /^PURGE/ } $origin->requests), 0, 'no backend saw any';
open my $f, '>', $p->dir . '/urls' or die $!;
print $f "https://a.test/y\n";
close $f or die $!;
is cache('warm', $p->dir . '/urls'), "0|stored 1, failed 0\n|", 'warmed';
ok there('/y'), 'it is there';
is $p->quit, 0, 'finished';
my ($ended, @sums) = $p->sums;
is "$ended @sums", '1 ', 'and nothing is left over';
done_testing;
