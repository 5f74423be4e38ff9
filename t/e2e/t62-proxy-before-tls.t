# SPDX-License-Identifier: BSD-2-Clause
# A PROXY header before the handshake says whose connection it is.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(request);
use Portico;
use Tls qw(get_tls one_https);

my $b = Backend->new({ '/' => sub { my ($for) = $_[1] =~
    /^X-Forwarded-For: (\S+)\r$/m; $_[0]->send(plain($for // 'nobody')) } });
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $p = Portico->start(one_https($b->address, $cert, listener =>
    'proxy_protocol = [ "127.0.0.0/29" ]; timeouts = { header = "1s"; };',
    top => 'access_log = { to = "@dir@/access.log"; };'));
my $at = $p->address('https');
my $signature = "\r\n\r\n\0\r\nQUIT\n";

# Version 2: the command, family, and what follows.
sub v2
{
	my ($command, $family, $rest) = @_;

	return $signature . pack('C C n/a*', 0x20 | $command, $family, $rest);
}

my $v4 = pack 'C4 C4 n n', 192, 0, 2, 7, 192, 0, 2, 1, 4000, 443;
my $v6 = pack 'H32 H32 n n', '20010db8' . '0' x 20 . '0007', '0' x 31 . '1',
    4000, 443;
my %good = (
	'version 1, IPv4' => [ "PROXY TCP4 192.0.2.7 192.0.2.1 4000 443\r\n",
	    '192.0.2.7' ],
	'version 1, IPv6' => [ "PROXY TCP6 2001:db8::7 ::1 4000 443\r\n",
	    '2001:db8::7' ],
	'version 1, unknown' => [ "PROXY UNKNOWN\r\n", '127.0.0.1' ],
	'version 2, IPv4' => [ v2(1, 0x11, $v4), '192.0.2.7' ],
	'version 2, IPv6' => [ v2(1, 0x21, $v6), '2001:db8::7' ],
	'version 2, local' => [ v2(0, 0, ''), '127.0.0.1' ],
	'version 2, TLVs' => [ v2(1, 0x11, $v4 . pack('C n/a*', 4, 'x' x 500)),
	    '192.0.2.7' ],
);

for my $version (qw(1.2 1.3)) {
	for my $name (sort keys %good) {
		my ($before, $who) = @{ $good{$name} };
		my $r = get_tls($at, '/', version => $version,
		    before => $before);

		is $r->{body}, $who, "$version: $name";
	}
}
# In pieces, and in one write with the hello.
my $c = Tls->new($at, lazy => 1, piece => 9, pause => 0.0005);
$c->put($good{'version 2, TLVs'}[0]);
ok $c->shake, 'in pieces of nine bytes';
$c->send(request('GET /'));
is +($c->final // {})->{body}, '192.0.2.7', 'the same client';
$c->close;
$c = Tls->new($at, lazy => 1);
$c->hold;
Net::SSLeay::do_handshake($c->ssl);
$c->flush;
$c->put($good{'version 1, IPv4'}[0] . $c->release);
ok $c->shake, 'in one write with the hello';
$c->send(request('GET /'));
is +($c->final // {})->{body}, '192.0.2.7', 'the same client';
$c->close;

my %bad = (
	'none' => '', 'a wrong word' => "PROXI TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
	'two' => "PROXY UNKNOWN\r\nPROXY UNKNOWN\r\n",
	'an endless line' => 'PROXY TCP4 ' . '1' x 3000,
	'another version' => $signature . "\x31\x11" . pack('n/a*', $v4),
	'addresses that are short' => v2(1, 0x11, substr $v4, 0, 8),
	'a TLV that is longer than all' => v2(1, 0x11, $v4 . "\4\xff\xff"),
	'a wrong checksum' => v2(1, 0x11, $v4 . pack('C n N', 3, 4, 1)),
);
$Client::TIMEOUT = 4;
for my $name (sort keys %bad) {
	ok !Tls->new($at, before => $bad{$name}), "refused: $name";
}
ok !Tls->new($at, from => '127.0.0.8', before =>
    $good{'version 1, IPv4'}[0]), 'a header from who is not listed';
my $r = get_tls($at, '/', from => '127.0.0.8');
ok $r->{status} == 0 || $r->{body} eq '127.0.0.8',
    'who is not listed speaks for himself, or not at all';
is get_tls($at, '/', from => '127.0.0.3', before =>
    $good{'version 1, IPv4'}[0])->{body}, '192.0.2.7', 'another listed one';
my @lines = $p->access_lines(5);
cmp_ok scalar(grep { /^192\.0\.2\.7 / } @lines), '>=', 5,
    'the log names the client';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
