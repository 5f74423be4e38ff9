# SPDX-License-Identifier: BSD-2-Clause
# The error log says why a handshake failed, and whose; of a flood of them ten
# a second, and how many more there were.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client;
use Portico;
use Time::HiRes qw(sleep);
use Tls qw(get_tls one_https);

my $b = Backend->new(plain('fine'));
my $p = Portico->start(one_https($b->address,
    Certs->new->leaf(names => [ 'a.test' ]), tls => 'strict_sni = true;',
    listener => 'timeouts = { header = "1s"; };', top => 'gates = 1;'));
my $at = $p->address('https');

sub bytes
{
	my ($bytes) = @_;
	my $c = Client->new($at);

	$c->send($bytes) if length $bytes;
	$c->finish_sending if $bytes =~ /left/;
	return $c;
}

# what, who does it, what the log says of it
for (
    [ 'plain HTTP', sub { bytes("GET / HTTP/1.1\r\n\r\n") },
	qr/http request/ ],
    [ 'no TLS at all', sub { bytes("left\n" x 10) },
	qr/wrong version number/ ],
    [ 'a hello in TLS 1.1', sub { Tls->new($at, version => '1.1') },
	qr/(?:unsupported protocol|version too low)/ ],
    [ 'suites without AEAD', sub { Tls->new($at, version => '1.2',
	ciphers => 'ECDHE-ECDSA-AES128-SHA') }, qr/no shared cipher/ ],
    [ 'a group that is none of ours', sub { Tls->new($at,
	version => '1.3', groups => 'P-521') },
	qr/(?:no suitable key share|no shared)/ ],
    [ 'the name of a stranger', sub { Tls->new($at, name => 'b.test') },
	qr/name that no certificate has/ ],
    [ 'no name', sub { Tls->new($at, name => '') },
	qr/name that no certificate has/ ],
    [ 'half a hello, then the end', sub { my $c = Client->new($at);
	$c->send("\x16\x03\x01\x02\x00\x01"); $c->finish_sending; $c },
	qr/left during the handshake/ ],
    [ 'half a hello, and no more', sub { bytes("\x16\x03\x01\x02\x00\x01") },
	qr/took too long/ ]) {
	my ($what, $who, $pattern) = @$_;

	$p->clear_log;
	my $c = $who->();
	ok $p->logged(qr/listeners\.https: 127\.0\.0\.1:\d+: .*$pattern/, 4),
	    "$what: $pattern" or diag $p->log;
}

sleep 1.1;
$p->clear_log;
my @clients = map { bytes("GET / HTTP/1.1\r\n\r\n") } 1 .. 300;
sleep 1.2;
bytes("GET / HTTP/1.1\r\n\r\n"); # who fails next says how many failed
ok $p->logged(qr/\d+ more handshakes failed/, 4), 'a flood is counted';
my @lines = grep { /listeners\.https: / } split /\n/, $p->log;
my $more = 0;
$more += $_ for $p->log =~ /(\d+) more handshakes failed/g;
cmp_ok scalar @lines, '<=', 61, 'not told one by one';
is @lines + $more, 301, 'and each is told or counted';
is get_tls($at, '/')->{body}, 'fine', 'who is no part of it is served';
done_testing;
