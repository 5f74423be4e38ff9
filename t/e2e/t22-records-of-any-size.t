# SPDX-License-Identifier: BSD-2-Clause
# TLS in pieces of any size, with pauses between; records of any size.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(request);
use Digest::SHA qw(sha1_hex);
use Portico;
use Records;
use Tls qw(one_https);
use Tunnel qw(numbers);

my $text = numbers(0, 40000);
my $b = Backend->new({ '/text' => plain($text), '/x' => plain('fine'),
    '/sum' => sub { $_[0]->send(plain(sha1_hex($_[0]{body}))) } });
my $p = Portico->start(one_https($b->address,
    Certs->new->leaf(names => [ 'a.test' ])));
my $at = $p->address('https');
my $upload = request('POST /sum', [], $text);
my $sum = sha1_hex($text);

# All that a client says, its handshake too, in pieces of n bytes.
for ([ 1, 0 ], [ 2, 0 ], [ 5, 0 ], [ 7, 0.0003 ], [ 1000, 0.001 ],
    [ 16405, 0.002 ], [ 16384, 0 ]) {
	my ($size, $pause) = @$_;

	for my $version (qw(1.2 1.3)) {
		my $c = Tls->new($at, version => $version, piece => $size,
		    pause => $pause) or do {
			fail "$version, pieces of $size: $Tls::error";
			next;
		};
		$c->send(request('GET /x') x 2) for 1, 2;
		is join(' ', map { +($c->final // { body => '-' })->{body} }
		    1 .. 4), 'fine fine fine fine',
		    "$version: pieces of $size";
		if ($size > 4) {
			$c->send($upload);
			is +($c->final // {})->{body}, $sum, 'and an upload';
		}
		$c->close;
	}
}

# A record with a request, cut at every byte, in two parts.
for my $version (qw(1.2 1.3)) {
	my $c = Tls->new($at, version => $version);
	my $fine = 0;
	my $at = 1;

	for (;; $at++) {
		$c->hold;
		$c->send(request('GET /x'));
		my $record = $c->release;
		last if $at >= length $record;
		$c->put(substr $record, 0, $at);
		select undef, undef, undef, 0.002;
		$c->put(substr $record, $at);
		my $r = $c->final or last;
		$fine++ if $r->{body} eq 'fine';
	}
	cmp_ok $fine, '>', 50, "$version: cut at every byte";
	is $fine, $at - 1, 'all were answered';
	$c->close;
}

for my $version (qw(1.2 1.3)) {
	# A record for each byte of the head; then for each 3 of the body.
	my $c = Tls->new($at, version => $version, record => 1);

	$c->send(request('GET /text'));
	is sha1_hex(+($c->final // { body => '' })->{body}), $sum,
	    "$version: records of one byte";
	$c->{opt}{record} = 3;
	$c->send($upload);
	is +($c->final // {})->{body}, $sum, 'many tiny records';
	# ... which come together, and with another request behind
	$c->hold;
	$c->send($upload . request('GET /x'));
	$c->put($c->release);
	is +($c->final // {})->{body}, $sum, 'at once';
	is +($c->final // {})->{body}, 'fine', 'and what is behind';
	$c->close;
}

# What follows a client's Finished comes with it, cut anywhere.
sub follow
{
	my ($bytes, $cut, %opt) = @_;
	my $c = Tls->new($at, lazy => 1, %opt);

	Net::SSLeay::do_handshake($c->ssl);
	$c->flush;
	for (;;) {
		$c->feed(5) or return undef;
		$c->hold;
		my $done = Net::SSLeay::do_handshake($c->ssl) == 1;
		$c->flush;
		$c->send($bytes) if $done;
		my $out = $c->release;
		if ($done && defined $cut && $cut < length $out) {
			$c->put(substr $out, 0, $cut, '');
			select undef, undef, undef, 0.003;
		}
		$c->put($out);
		return $c if $done;
	}
}

for ([ '1.3', 'full' ], [ '1.3', 'resumed' ], [ '1.2', 'resumed' ]) {
	my ($version, $how) = @$_;
	my %opt = (version => $version);

	if ($how eq 'resumed') {
		my $c = Tls->new($at, %opt);

		$c->send(request('GET /x'));
		$c->final;
		$opt{session} = $c->session;
		$c->close;
	}
	my $c = follow($upload . request('GET /x'), undef, %opt);
	is !!$c->resumed, $how eq 'resumed', "$version, $how";
	is +($c->final // {})->{body}, $sum, 'an upload with its Finished';
	is +($c->final // {})->{body}, 'fine', 'and more';
	$c->close;
	my $fine = 0;
	my @cuts = grep { $_ % 3 == 1 } 1 .. 130;
	for my $cut (@cuts) {
		my $c = follow(request('GET /x'), $cut, %opt) or next;

		$fine++ if +($c->final // { body => '' })->{body} eq 'fine';
		$c->close;
	}
	is $fine, scalar @cuts, 'cut in many places';
}

# By hand: empty records, all lengths, padding.
for my $version (qw(1.2 1.3)) {
	my $r = Records->connect($at, version => $version);

	ok $r->get('/x', qr/fine$/), "$version: by hand";
	$r->send(Records::DATA, '') for 1 .. 5;
	ok $r->get('/x', qr/fine$/), 'empty records before a request';
	$r->{in} = '';
	$r->send(Records::DATA, $_) for 'GET /x HTTP/1.1', '', "\r\nHost: ",
	    '', "a.test\r\n\r", '', '', "\n";
	ok $r->has_come(qr/fine$/), 'empty records inside of it';
	my $body = numbers(0, 16384);
	$r->{in} = '';
	$r->send(Records::DATA, $_) for
	    "POST /sum HTTP/1.1\r\nHost: a.test\r\nContent-Length: " .
	    (16384 + 16383 + 1 + 2 + 0) . "\r\n\r\n", $body,
	    substr($body, 0, 16383), '', 'x', 'yz';
	my $whole = sha1_hex($body . substr($body, 0, 16383) . 'xyz');
	ok $r->has_come(qr/\Q$whole\E$/), '16384 bytes in a record';
	$r->close;
}
my $r = Records->connect($at);
for my $pad (1, 2, 255, 256, 4096, 16000) {
	$r->{in} = '';
	$r->send(Records::DATA, request('GET /x'), pad => $pad);
	ok $r->has_come(qr/fine$/), "padding of $pad bytes";
}
$r->send(Records::DATA, '', pad => $_) for 0, 1, 100, 16383;
ok $r->get('/x', qr/fine$/), 'nothing but padding';
$r->close;
done_testing;
