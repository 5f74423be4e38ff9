# SPDX-License-Identifier: BSD-2-Clause
# A backend whose certificate is not right is not asked; the log says why.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(ask get request until_true);
use Portico;
use TlsBackend;

my $ca = Certs->new;
my $other = Certs->new;
my $below = $ca->under;
my $ours = $ca->leaf(names => [ 'us.test' ], client => 1, cn => 'us.test');
my %leaf = (
	right => $ca->leaf(names => [ 'shop.test' ]),
	wild => $ca->leaf(names => [ '*.shop.test' ]),
	deep => $below->leaf(names => [ 'shop.test' ]),
	address => $ca->leaf(names => [ '127.0.0.1' ]),
	foreign => $other->leaf(names => [ 'shop.test' ]),
	ended => $ca->leaf(names => [ 'shop.test' ], days => -1),
	early => $ca->leaf(names => [ 'shop.test' ], starts => 2),
	named => $ca->leaf(names => [ 'a.test', 'b.test' ]),
	client => $ca->leaf(names => [ 'shop.test' ], client => 1),
	self => $other->leaf(names => [ 'shop.test' ]),
);
Certs::run('req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:P-256', '-nodes', '-keyout', "$leaf{self}.key",
    '-out', $leaf{self}, '-subj', '/CN=shop.test', '-addext',
    'subjectAltName=DNS:shop.test', '-batch', '-noenc');
Certs::save($leaf{self}, Portico::slurp("$leaf{self}.key")
    . Portico::slurp($leaf{self}));
my %backend = map { $_ => TlsBackend->new(plain($_), cert => $leaf{$_}) }
    keys %leaf;
$backend{asks} = TlsBackend->new(plain('asks'), cert => $leaf{right},
    client_ca => $ca->file);
$backend{asks12} = TlsBackend->new(plain('asks12'), cert => $leaf{right},
    client_ca => $ca->file, version => '1.2');
$backend{plain} = Backend->new(sub {
	$_[0]->more && $_[0]->send("HTTP/1.1 400 Bad Request\r\n\r\n");
});
$backend{closes} = Backend->new(sub { return });

my $file = $ca->file;
my $tls = qq{ca = "$file"; name = "shop.test";};
my @pools = (
	# pool, backend, tls, answer or what the log says
	[ 'right', 'right', $tls, 'right' ],
	[ 'wild', 'wild', qq{ca = "$file"; name = "www.shop.test";}, 'wild' ],
	[ 'deep', 'deep', $tls, 'deep' ],
	[ 'byhost', 'right', qq{ca = "$file";}, 'right' ],
	[ 'address', 'address', qq{ca = "$file"; name = "127.0.0.1";},
	    'address' ],
	[ 'blind', 'self', 'verify = false;', 'self' ],
	[ 'blind2', 'ended', 'verify = false; name = "no.test";', 'ended' ],
	[ 'trusted', 'self', qq{ca = "$leaf{self}"; name = "shop.test";},
	    'self' ],
	[ 'shown', 'asks', qq{$tls cert = "$ours";}, 'asks' ],
	[ 'shown12', 'asks12', qq{$tls cert = "$ours";}, 'asks12' ],
	[ 'foreign', 'foreign', $tls,
	    qr/unable to get local issuer certificate/ ],
	[ 'system', 'right', 'name = "shop.test";',
	    qr/unable to get local issuer certificate/ ],
	[ 'self', 'self', $tls, qr/self-signed certificate$/ ],
	[ 'ended', 'ended', $tls, qr/certificate has expired$/ ],
	[ 'early', 'early', $tls, qr/certificate is not yet valid$/ ],
	[ 'named', 'named', $tls,
	    qr/hostname mismatch: certificate is for a\.test, b\.test$/ ],
	[ 'partial', 'wild', qq{ca = "$file"; name = "a.b.shop.test";},
	    qr/hostname mismatch: certificate is for \*\.shop\.test$/ ],
	[ 'numbered', 'right', qq{ca = "$file"; name = "127.0.0.1";},
	    qr/IP address mismatch: certificate is for shop\.test$/ ],
	[ 'client', 'client', $tls, qr/unsuitable certificate purpose$/ ],
	[ 'hidden', 'asks', $tls, qr/certificate required$/ ],
	[ 'hidden12', 'asks12', $tls, qr/handshake failure$/ ],
	[ 'plain', 'plain', $tls, qr/the answer is none of TLS$/ ],
	[ 'closes', 'closes', $tls,
	    qr/closed during the handshake$|Connection reset by peer$/ ],
);
my ($pools, $routes) = ('', '');
for (@pools) {
	my ($pool, $backend, $keys) = @$_;

	$pools .= sprintf '%s = { backends = ( { name = "%s"; address = ' .
	    '"https://%s"; } ); tls = { %s }; passive = false; };', $pool,
	    $backend, $backend{$backend}->address, $keys;
	$routes .= qq{{ path = "/$pool"; pool = "$pool"; },};
}
$pools .= sprintf 'gone = { backends = ( "https://127.0.0.1:%d" ); };',
    Portico::free_port();
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { $pools };
	sites = { x = { hosts = "*"; routes = ( $routes
	    { path = "/gone"; pool = "gone"; } ); }; };
});
my $at = $p->address('http');

sub try
{
	my ($pool) = @_;

	return ask($at, request("GET /$pool", [ 'Host: Shop.test:81' ]));
}

for (@pools) {
	my ($pool, $backend, $keys, $expected) = @$_;

	$p->clear_log;
	my $r = try($pool);
	if (!ref $expected) {
		is $r->{body}, $expected, "$pool: is asked";
		next;
	}
	is $r->{status}, 502, "$pool: 502";
	my $from = $pool =~ /^hidden/ || $backend =~ /plain|closes/ ? '' :
	    'certificate verify failed: ';
	ok $p->logged(qr{answered\ 502:\ $pool/$backend:\ TLS\ with\ the\ 
	    backend\ failed:\ }x), "$pool: the log names it";
	my ($why) = $p->log =~ /answered 502.*?backend failed: (.*)/;
	like "$why", qr/^\Q$from\E/, "$pool: $why";
	like "$why", $expected, "$pool: and says why";
}
is try('gone')->{status}, 502, 'nobody listens';
ok $p->logged(qr{gone/\S+: the backend cannot be connected: Connection ref}),
    'which is told as without TLS';
is scalar(grep { $_ !~ /failed/ } $backend{ended}->handshakes), 1,
    'no handshake with a false certificate came to its end';
is +($backend{asks}->handshakes)[0], 'TLSv1.3 shop.test - us.test -',
    'the backend sees our certificate';
is +(grep { $_ =~ /^TLS/ } $backend{address}->handshakes)[0],
    'TLSv1.3 - - - -', 'an address is no SNI';
unlike Portico::slurp("/proc/$_/cmdline") . $p->log, qr/panic|crash/,
    'nobody has crashed' for $p->pid;
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
