# SPDX-License-Identifier: BSD-2-Clause
# Handshakes that stall or are none delay nobody, and end.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(until_true);
use Portico;
use Time::HiRes qw(sleep time);
use Tls qw(get_tls one_https);

my $b = Backend->new(plain('fine'));
my $ca = Certs->new;
my $mine = $ca->leaf(cn => 'me', client => 1);
my $p = Portico->start(one_https($b->address,
    $ca->leaf(names => [ 'a.test' ]), tls => 'verify_client = "optional"; ' .
    'client_ca = "' . $ca->file . '";',
    listener => 'timeouts = { header = "2s"; };', top => 'gates = 2;'));
my $at = $p->address('https');
my @before = sort $p->pids('gate');
my $seconds = 0;

# How long the slowest of ten new connections took; 99 if one failed.
sub slowest
{
	my ($most) = 0;

	for (1 .. 10) {
		my $began = time;

		return 99 if get_tls($at, '/')->{body} ne 'fine';
		my $took = time - $began;
		$most = $took if $took > $most;
	}
	return $most;
}

# The client's hello, as bytes.
sub hello
{
	my (%opt) = @_;
	my $c = Tls->new($at, lazy => 1, %opt);

	$c->hold;
	Net::SSLeay::do_handshake($c->ssl);
	$c->flush;
	return ($c, $c->release);
}

slowest();
my @stalled;
for my $n (1 .. 500) {
	my ($c, $bytes) = hello();

	# nothing, some of the hello, all of it, and no more; both versions
	$c->put($n % 3 == 0 ? '' : $n % 3 == 1 ? substr($bytes, 0, $n) :
	    $bytes);
	push @stalled, $c;
}
my $began = time;
my $most = slowest();
cmp_ok $most, '<', 0.5, "500 that stop: a new one takes $most s at most";
my $left = grep { ($_->Client::ending(0.001)) eq 'open' } @stalled[0 .. 50];
cmp_ok $left, '>', 0, 'which was before their deadline' if time - $began < 1;
ok until_true(sub {
	@stalled = grep { $_->Client::ending(0.001) eq 'open' } @stalled;
	return !@stalled }, 10), 'the deadline closes all of them';

# One byte each 50 ms: the deadline is for the whole handshake.
my ($drop, $bytes) = hello();
$began = time;
for my $byte (split //, $bytes) {
	$drop->Client::send($byte) or last;
	last if $drop->Client::more(0.05);
	last if $drop->{end};
}
my $took = time - $began;
ok $took < 4, "who drips is closed too, after $took s";

# What is no handshake.
sub answer_to
{
	my ($bytes) = @_;
	my $c = Client->new($at);

	$c->send($bytes);
	my $end = $c->ending(3);
	my $came = $c->raw;

	$c->close;
	return $end if $end eq 'open';
	return 'closed' if $came eq '';
	return 'alert' if $came =~ /^\x15\x03.\0\x02../s;
	return 'HTTP' if $came =~ m{^HTTP/1\.1 400 };
	return 'something else: ' . unpack 'H*', substr $came, 0, 20;
}

my $random = join '', map { chr int rand 256 } 1 .. 3000;
my ($c, $good) = hello();
my ($d, $good12) = hello(version => '1.2');
# A field of the hello, set anew: where, and what.
sub changed { my ($n, $with) = @_; substr(my $x = $good, $n, length $with)
    = $with; return $x }
my @extensions = (pack('n n', 43, 3) . "\2\3\4") x 2;
my %false = (
	'plain HTTP' => "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
	'random bytes' => $random,
	'zeros' => "\0" x 1000,
	'hello of SSLv2' => "\x80\x2e\x01\x03\x01\0\x15\0\0\0\x10\x01\0\x80" .
	    "\x02\0\x80\x03\0\x80\x04\0\x80\x05\0\x80" . 'x' x 30,
	'SSLv3 alone' => "\x16\3\0\0\x2f\1\0\0\x2b\3\0" . 'x' x 32 .
	    "\0\0\4\0\x2f\0\xff\1\0",
	'TLS 1.0 alone' => "\x16\3\1\0\x2f\1\0\0\x2b\3\1" . 'x' x 32 .
	    "\0\0\4\0\x2f\0\xff\1\0",
	'another version of record' => changed(1, "\x09\x09"),
	'a record of no bytes' => "\x16\3\1\0\0" x 50,
	'a record that is too long' => "\x16\3\1\xff\xff" . 'x' x 70000,
	'a message of 16 MB' => "\x16\3\1\x40\0\1\xff\xff\xff" . 'x' x 16380,
	'a huge hello' => "\x16\3\1\x40\0\1\2\0\0\3\3" . 'x' x 16378 .
	    ("\x16\3\3\x40\0" . 'x' x 16384) x 9,
	'another message first' => changed(5, "\x10"),
	'a server hello' => changed(5, "\2"),
	'data first' => changed(0, "\x17"),
	'change_cipher_spec without end' => "\x14\3\3\0\1\1" x 500,
	'alerts without end' => "\x15\3\3\0\2\1\x5a" x 500,
	'a fatal alert' => "\x15\3\3\0\2\2\x28",
	'close_notify' => "\x15\3\3\0\2\1\0",
	'a hello that is short' => "\x16\3\1\0\4\1\0\0\0",
	'its length is wrong' => changed(6, "\0\0\5"),
	'session id of 255' => changed(43, "\xff"),
	'an extension twice' => "\x16\3\1" . pack('n', 4 + 2 + 32 + 1 + 4 + 2 +
	    2 + 14) . "\1\0" . pack('n', 2 + 32 + 1 + 4 + 2 + 2 + 14) . "\3\3" .
	    'x' x 32 . "\0\0\2\x13\1\1\0" . pack('n', 14) .
	    join('', @extensions),
	'no suite that we have' => "\x16\3\1\0\x2d\1\0\0\x29\3\3" . 'x' x 32 .
	    "\0\0\2\0\5\1\0",
	'two hellos' => $good x 2,
	'two hellos, 1.2' => $good12 x 2,
	'a hello, then data' => $good12 . "\x17\3\3\0\x10" . 'x' x 16,
	'a hello, then nonsense' => $good . $random,
);
for my $name (sort keys %false) {
	like answer_to($false{$name}), qr/^(?:alert|closed|reset|HTTP)$/, $name
	    unless $name =~ /^(?:two hellos|a hello, then)/;
	isnt answer_to($false{$name}), 'open', "$name: is ended"
	    if $name =~ /^(?:two hellos|a hello, then)/;
}

# Each byte of a hello in turn is another one; each length cut.
my ($ends, $tries) = (0, 0);
for my $n (0 .. length($good) - 1) {
	my $c = Client->new($at);

	substr(my $x = $good, $n, 1) ^= chr 1 + int rand 255;
	$c->send($x);
	$c->finish_sending;
	$tries++;
	$ends++ if $c->ending(4) ne 'open';
	$c->close;
}
is $ends, $tries, "$tries hellos with a wrong byte: all end";

# The same with what a client says last, with a certificate and without. Of
# change_cipher_spec in 1.3 a version may be wrong; nothing else may.
for ([ '1.2' ], [ '1.3' ], [ '1.2', $mine ], [ '1.3', $mine ]) {
	my ($version, $cert) = @$_;
	my ($open, $done, $n) = (0, 0, 0);

	for (;; $n += $cert ? 7 : 1) {
		my $c = Tls->new($at, version => $version, cert => $cert,
		    lazy => 1);

		Net::SSLeay::do_handshake($c->ssl);
		$c->flush;
		my $last;
		until ($last) {
			$c->feed(3) or last;
			$c->hold;
			Net::SSLeay::do_handshake($c->ssl);
			$c->flush;
			$last = $c->release;
		}
		last if !$last || $n >= length $last;
		substr($last, $n, 1) ^= chr 1 + int rand 255;
		$c->put($last);
		if ($c->shake(0)) {
			$c->send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
		}
		$c->sever;
		$open++ if $c->ending(4) eq 'open';
		$done++ if $c->raw =~ /fine/;
	}
	$version .= ' with a certificate' if $cert;
	cmp_ok $n, '>', 60, "$version: $n bytes of the last flight";
	is $open, 0, 'all end';
	cmp_ok $done, '<=', $version =~ /1\.3/ ? 2 : 0, 'none is taken';
}
is get_tls($at, '/')->{body}, 'fine', 'others are served';

my ($gate) = $p->pids('gate');
sub memory { my $n = 0; $n += $_ for map { Portico::slurp(
    "/proc/$_/smaps_rollup") =~ /^Private_Dirty: +(\d+)/m ? $1 : 0 }
    $p->pids('gate'); return $n }
for (1 .. 2) {
	answer_to($false{$_}) for ('random bytes', 'plain HTTP', 'two hellos',
	    'a fatal alert', 'close_notify') x 6;
}
my $before = memory();
for (1 .. 10) {
	answer_to($false{$_}) for ('random bytes', 'plain HTTP', 'two hellos',
	    'a fatal alert', 'close_notify') x 6;
}
SKIP: {
	skip 'a sanitizer remembers', 1 if $p->sanitized;
	cmp_ok memory(), '<', $before + 300, 'and nothing is left of them';
}
is "@{[ sort $p->pids('gate') ]}", "@before", 'the same gates';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
