# SPDX-License-Identifier: BSD-2-Clause
# What comes after the handshake is lawful, or ends in an alert.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(request);
use Portico;
use Records;
use Tls qw(get_tls one_https);

my $b = Backend->new(plain('fine'));
my $p = Portico->start(one_https($b->address,
    Certs->new->leaf(names => [ 'a.test' ])));
my $at = $p->address('https');
my @before = sort($p->pids('gate'), $p->workers);
my ($UPDATE, $ASKED) = ("\x18\0\0\1\0", "\x18\0\0\1\1");
my $get = request('GET /x');

# Records that are lawful; then a request on the same connection.
sub accepts
{
	my ($name, $version, $code) = @_;
	my $r = Records->connect($at, version => $version)
	    or return fail "$name: $Tls::error";

	$r->get('/x', qr/fine$/) or fail "$name: one request before";
	$code->($r);
	ok $r->get('/x', qr/fine$/), "$version: $name"
	    or diag $r->ending(1);
	$r->close;
	return;
}

# Records that are not; and which alerts may say so, 0: or none.
sub refuses
{
	my ($name, $version, $code, @alerts) = @_;
	my $r = Records->connect($at, version => $version)
	    or return fail "$name: $Tls::error";
	my $said = join '|', @alerts;

	$r->get('/x', qr/fine$/) or fail "$name: one request before";
	$code->($r);
	my $how = $r->ending(5);
	$how = "alert 0, $how" if $how =~ /^[cr]/;
	like $how, qr/^alert (?:$said), (?:closed|reset)$/,
	    "$version: $name";
	$r->close;
	return;
}

sub flipped
{
	my ($record, $at) = @_;

	substr($record, $at, 1) ^= "\x01";
	return $record;
}

for my $version (qw(1.2 1.3)) {
	my $v13 = $version eq '1.3';

	refuses("a bit of the $_->[0]", $version, sub {
		my ($r) = @_;
		$r->put(flipped($r->record(Records::DATA, $get), $_->[1])) },
	    20) for [ 'tag', -1 ], [ 'ciphertext', 9 ];
	refuses('the same record again', $version, sub {
		my ($r) = @_;
		my $record = $r->record(Records::DATA, "GET /x HTTP/1.1\r\n");
		$r->put($record x 2) }, 20);
	refuses('a record is missing', $version, sub {
		my ($r) = @_;
		$r->record(Records::DATA, 'x');
		$r->send(Records::DATA, $get) }, 20);
	refuses('a length of 65535', $version, sub {
		$_[0]->put("\x17\3\3\xff\xff" . 'x' x 70000) }, 22);
	refuses('shorter than its tag', $version, sub {
		$_[0]->put("\x17\3\3\0\x05hello") }, 20, 50);
	refuses('no length at all', $version, sub {
		$_[0]->put("\x17\3\3\0\0") }, 20, 50, 10);
	refuses('an unknown type', $version, sub {
		$_[0]->send(99, 'x') }, 10);
	refuses('heartbeat', $version, sub {
		$_[0]->send(24, "\1\xff\xff") }, 10);
	refuses('change_cipher_spec, sealed', $version, sub {
		$_[0]->send(Records::CCS, "\1") }, 10);
	refuses('plain HTTP', $version, sub { $_[0]->put($get) }, 10, 22, 70);
	refuses('an alert of one byte', $version, sub {
		$_[0]->send(Records::ALERT, "\1") }, 10, 50);
	refuses('an empty alert', $version, sub {
		$_[0]->send(Records::ALERT, '') }, 10, 50);
	refuses('an empty message', $version, sub {
		$_[0]->send(Records::HANDSHAKE, '') }, 10);
	refuses('Finished once more', $version, sub {
		$_[0]->send(Records::HANDSHAKE, "\x14\0\0\x20" . 'x' x 32) },
	    10, 100, 40);
	refuses('an endless message', $version, sub {
		my ($r) = @_;
		$r->send(Records::HANDSHAKE, "\x0b\xff\xff\xff" . 'x' x 1000);
		$r->send(Records::HANDSHAKE, 'x' x 16000) for 1 .. 3 },
	    10, 100, 40, 22, 50, 47);
	refuses('warnings without end', $version, sub {
		my ($r) = @_;
		$r->put(join '', map { $r->record(Records::ALERT, "\1\x5a") }
		    1 .. 300) }, 0, 10, 40, 80, 90);
}
refuses('more than 16384 bytes in a record', '1.3', sub {
	$_[0]->send(Records::DATA, 'x' x 16385) }, 22);
refuses('and with zeros', '1.3', sub {
	$_[0]->send(Records::DATA, 'x' x 100, pad => 16350) }, 22);
refuses('no type inside', '1.3', sub {
	$_[0]->send(0, '', inner => "\0" x 20) }, 10);
refuses('nothing inside', '1.3', sub {
	$_[0]->send(0, '', inner => '') }, 10);
refuses('change_cipher_spec, plain', '1.3', sub {
	$_[0]->put("\x14\3\3\0\1\1") }, 10);
refuses('an alert that nobody sealed', '1.3', sub {
	$_[0]->put("\x15\3\3\0\2\1\0") }, 10, 20, 22);
refuses('a key update of an unknown kind', '1.3', sub {
	$_[0]->send(Records::HANDSHAKE, "\x18\0\0\1\2") }, 47);
refuses('a key update of two bytes', '1.3', sub {
	$_[0]->send(Records::HANDSHAKE, "\x18\0\0\2\0\0") }, 50);
refuses('something behind a key update', '1.3', sub {
	$_[0]->send(Records::HANDSHAKE, $UPDATE . $UPDATE) }, 10, 50);
refuses('old keys after a key update', '1.3', sub {
	$_[0]->send(Records::HANDSHAKE, $UPDATE);
	$_[0]->send(Records::DATA, $get) }, 20);
refuses('half a message, then a request', '1.3', sub {
	$_[0]->send(Records::HANDSHAKE, "\x18\0\0");
	$_[0]->send(Records::DATA, $get) }, 10);
refuses('a ticket from a client', '1.3', sub {
	$_[0]->send(Records::HANDSHAKE, "\4\0\0\x0d" . "\0" x 13) }, 10);
refuses('another hello', '1.3', sub {
	$_[0]->send(Records::HANDSHAKE, "\1\0\0\x29\3\3" . "\0" x 39) }, 10);
refuses('an unknown warning', '1.3', sub {
	$_[0]->send(Records::ALERT, "\1\x78") }, 10, 40, 47, 80, 0);

# It is said that there is none (RFC 5246, 7.2.2), or it is the end.
my $again = Records->connect($at, version => '1.2');
$again->send(Records::HANDSHAKE, "\1\0\0\x29\3\3" . "\0" x 32 .
    "\0\0\2\xc0\x2b\1\0");
if ($again->get('/x', qr/fine$/)) {
	is "@{ $again->{alerts} }", '1 100', '1.2: no renegotiation';
} else {
	like $again->ending(5), qr/^alert (?:100|40|10), /,
	    '1.2: no renegotiation';
}
$again->close;

accepts('user_canceled', '1.3', sub { $_[0]->send(Records::ALERT, "\1\x5a") });
accepts('a key update', '1.3', sub {
	$_[0]->send(Records::HANDSHAKE, $UPDATE); $_[0]->update('write') });
accepts('twenty of them', '1.3', sub {
	my ($r) = @_;
	for (1 .. 20) {
		$r->send(Records::HANDSHAKE, $UPDATE);
		$r->update('write');
		$r->get('/x', qr/fine$/) or return fail "update $_";
	} });
accepts('in two records', '1.3', sub {
	$_[0]->send(Records::HANDSHAKE, substr $UPDATE, 0, 2);
	$_[0]->send(Records::HANDSHAKE, substr $UPDATE, 2);
	$_[0]->update('write') });
my $r = Records->connect($at);
for my $n (1 .. 3) {
	$r->send(Records::HANDSHAKE, $ASKED);
	$r->update('write');
	ok $r->get('/x', qr/fine$/), "update $n with keys for us";
	is scalar(grep { ord == 24 } @{ $r->{messages} }), $n,
	    'our keys are new too';
}
$r->send(Records::DATA, substr $get, 0, 10);
$r->send(Records::HANDSHAKE, $UPDATE);
$r->update('write');
$r->{in} = '';
$r->send(Records::DATA, substr $get, 10);
ok $r->has_come(qr/fine$/), 'a key update inside of a request';
$r->close;

for my $version (qw(1.2 1.3)) {
	my $r = Records->connect($at, version => $version);

	$r->get('/x', qr/fine$/);
	$r->send(Records::ALERT, "\2\x28");
	like $r->ending(5), qr/^(?:alert 0, )?(?:closed|reset)$/,
	    "$version: after a fatal alert it is closed";
	$r = Records->connect($at, version => $version);
	$r->send(Records::ALERT, "\1\0");
	$r->send(Records::DATA, $get);
	$r->ending(5);
	unlike $r->{in}, qr/fine/, 'behind close_notify nothing is read';
}
is get_tls($at, '/')->{body}, 'fine', 'others are served';
is "@{[ sort $p->pids('gate'), $p->workers ]}", "@before",
    'by the same processes';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
