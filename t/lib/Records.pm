# SPDX-License-Identifier: BSD-2-Clause
# Records of TLS made by hand, lawful or not, once Tls has done the handshake.
package Records;
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256);
use Exporter 'import';
use IO::Select;
use Math::BigInt;
use Net::SSLeay ();
use Time::HiRes qw(time);
use Tls ();

our @EXPORT_OK = qw(seal unseal);
use constant { CCS => 20, ALERT => 21, HANDSHAKE => 22, DATA => 23 };

my $P = Math::BigInt->from_hex('3fffffffffffffffffffffffffffffffb');
my $CLAMP = Math::BigInt->from_hex('0ffffffc0ffffffc0ffffffc0fffffff');
my $WHOLE = Math::BigInt->new(2)->bpow(128);

sub quarter
{
	my ($x, $a, $b, $c, $d) = @_;

	for ([ $a, $b, $d, 16 ], [ $c, $d, $b, 12 ], [ $a, $b, $d, 8 ],
	    [ $c, $d, $b, 7 ]) {
		my ($to, $more, $turned, $by) = @$_;

		$x->[$to] = ($x->[$to] + $x->[$more]) & 0xffffffff;
		my $y = $x->[$turned] ^ $x->[$to];
		$x->[$turned] = ($y << $by | $y >> 32 - $by) & 0xffffffff;
	}
	return;
}

# RFC 8439, 2.3.
sub block
{
	my ($key, $counter, $nonce) = @_;
	my @begin = (0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
	    unpack('V8', $key), $counter, unpack 'V3', $nonce);
	my @x = @begin;

	for (1 .. 10) {
		quarter(\@x, $_, $_ + 4, $_ + 8, $_ + 12) for 0 .. 3;
		quarter(\@x, $_, 4 + ($_ + 1) % 4, 8 + ($_ + 2) % 4,
		    12 + ($_ + 3) % 4) for 0 .. 3;
	}
	return pack 'V16', map { ($x[$_] + $begin[$_]) & 0xffffffff } 0 .. 15;
}

sub mask
{
	my ($key, $nonce, $text) = @_;
	my $stream = join '', map { block($key, 1 + $_, $nonce) }
	    0 .. (length($text) - 1) / 64;

	return $text ^ substr $stream, 0, length $text;
}

sub number { return Math::BigInt->from_hex(unpack 'H*', scalar reverse $_[0]) }

# RFC 8439, 2.5 and 2.8.
sub tag
{
	my ($key, $nonce, $aad, $text) = @_;
	my $once = block($key, 0, $nonce);
	my $r = number(substr $once, 0, 16)->band($CLAMP);
	my $sum = Math::BigInt->bzero;
	my $all = join '', (map { $_ . "\0" x (-length($_) % 16) }
	    $aad, $text), pack 'Q<2', length $aad, length $text;

	$sum->badd(number("$_\1"))->bmul($r)->bmod($P)
	    for unpack '(a16)*', $all;
	$sum->badd(number(substr $once, 16, 16))->bmod($WHOLE);
	return scalar reverse pack 'H32',
	    substr '0' x 32 . substr($sum->as_hex, 2), -32;
}

sub seal
{
	my ($key, $nonce, $aad, $text) = @_;
	my $hidden = $text eq '' ? '' : mask($key, $nonce, $text);

	return $hidden . tag($key, $nonce, $aad, $hidden);
}

# undef if it is not authentic.
sub unseal
{
	my ($key, $nonce, $aad, $sealed) = @_;

	return undef if length $sealed < 16;
	my $hidden = substr $sealed, 0, -16;
	return undef if tag($key, $nonce, $aad, $hidden) ne
	    substr $sealed, -16;
	return $hidden eq '' ? '' : mask($key, $nonce, $hidden);
}

# RFC 8446, 7.1.
sub expand_label
{
	my ($secret, $label, $n) = @_;

	return substr hmac_sha256(pack('n C/a* C/a*', $n, "tls13 $label", '') .
	    "\1", $secret), 0, $n;
}

# RFC 5246, 5.
sub expand_12
{
	my ($secret, $seed, $n) = @_;
	my ($a, $out) = ($seed, '');

	while (length $out < $n) {
		$a = hmac_sha256($a, $secret);
		$out .= hmac_sha256($a . $seed, $secret);
	}
	return substr $out, 0, $n;
}

# Of a handshake with ChaCha20-Poly1305 of our own: options of Tls->new, of
# which version says which. undef if it fails.
sub connect
{
	my ($class, $address, %opt) = @_;
	my $tls = Tls->new($address, version => '1.3', %opt,
	    aead => 'chacha', keylog => 1) or return undef;
	my $self = bless { tls => $tls, socket => $tls->{socket},
	    wire => $tls->{wire}, in => '', alerts => [], seen => [],
	    v13 => ($opt{version} // '1.3') eq '1.3' }, $class;

	$self->{v13} ? $self->keys_13 : $self->keys_12;
	return $self;
}

sub keys_13
{
	my ($self) = @_;
	my $log = join "\n", $self->{tls}->keylog;

	for ([ write => 'CLIENT' ], [ read => 'SERVER' ]) {
		my ($secret) = $log =~ /^$_->[1]_TRAFFIC_SECRET_0 \S+ (\S+)/m
		    or die 'no secret';

		$self->{$_->[0]} = { secret => pack('H*', $secret), seq => 0 };
		$self->derive($self->{$_->[0]});
	}
	return;
}

sub derive
{
	my ($self, $side) = @_;

	$side->{key} = expand_label($side->{secret}, 'key', 32);
	$side->{iv} = expand_label($side->{secret}, 'iv', 12);
	return;
}

# The next keys of "read" or "write" (RFC 8446, 7.2).
sub update
{
	my ($self, $which) = @_;
	my $side = $self->{$which};

	$side->{secret} = expand_label($side->{secret}, 'traffic upd', 32);
	$side->{seq} = 0;
	return $self->derive($side);
}

sub keys_12
{
	my ($self) = @_;
	my $ssl = $self->{tls}->ssl;
	my $master = Net::SSLeay::SESSION_get_master_key(
	    Net::SSLeay::get_session($ssl));
	my @keys = unpack 'a32 a32 a12 a12', expand_12($master,
	    'key expansion' . Net::SSLeay::get_server_random($ssl) .
	    Net::SSLeay::get_client_random($ssl), 88);

	$self->{write} = { key => $keys[0], iv => $keys[2], seq => 1 };
	$self->{read} = { key => $keys[1], iv => $keys[3], seq => 1 };
	return;
}

sub nonce
{
	my ($side) = @_;

	return $side->{iv} ^ ("\0" x 4 . pack 'Q>', $side->{seq});
}

# A record of that type under the next number; pad => zeros behind (1.3);
# inner => what is sealed instead of content, type and zeros.
sub record
{
	my ($self, $type, $text, %opt) = @_;
	my $side = $self->{write};
	my $head;

	if ($self->{v13}) {
		$text = $opt{inner} // $text . chr($type) .
		    "\0" x ($opt{pad} // 0);
		$head = pack 'C n n', DATA, 0x0303, length($text) + 16;
	}
	my $aad = $head // pack 'Q> C n n', $side->{seq}, $type, 0x0303,
	    length $text;
	my $sealed = seal($side->{key}, nonce($side), $aad, $text);
	$head //= pack 'C n n', $type, 0x0303, length $sealed;
	$side->{seq}++;
	return $head . $sealed;
}

sub put { my ($self, $bytes) = @_; return $self->{tls}->Client::send($bytes) }

sub send
{
	my ($self, $type, $text, %opt) = @_;

	return $self->put($self->record($type, $text, %opt));
}

# The next record of the peer's: type and content; () at the end, which
# {end} names, or if none comes in time.
sub receive
{
	my ($self, $timeout) = @_;
	my $until = time + ($timeout // 5);

	for (;;) {
		my ($head, $body) = $self->{wire} =~ /^(.{5})(.*)/s ?
		    ($1, $2) : ('', '');
		my $n = $head eq '' ? 0 : unpack 'x3 n', $head;

		if ($head ne '' && length $body >= $n) {
			substr $self->{wire}, 0, 5 + $n, '';
			my @found = $self->content($head,
			    substr $body, 0, $n) or next;
			push @{ $self->{seen} }, $found[0];
			return @found;
		}
		IO::Select->new($self->{socket})->can_read($until - time)
		    or return;
		my $got = sysread $self->{socket}, my $part, 65536;
		if (!$got) {
			$self->{end} = defined $got ? 'closed' : 'reset';
			return;
		}
		$self->{wire} .= $part;
	}
}

# Of one record; () if it is of the handshake, which another key protects.
sub content
{
	my ($self, $head, $body) = @_;
	my $side = $self->{read};
	my ($type, undef, $n) = unpack 'C n n', $head;
	my $aad = $self->{v13} ? $head : pack 'Q> C n n', $side->{seq}, $type,
	    0x0303, $n - 16;

	return if $self->{v13} ? $type != DATA :
	    !$self->{began} && $type != DATA && $type != ALERT;
	my $text = unseal($side->{key}, nonce($side), $aad, $body);
	if (!defined $text) {
		die 'a record that is not authentic' if $self->{began};
		return;
	}
	$self->{began} = 1;
	$side->{seq}++;
	return ($type, $text) if !$self->{v13};
	$text =~ s/(.)\0*\z//s or die 'a record without a type';
	return (ord $1, $text);
}

# Reads until plaintext has the pattern, an alert comes, or the end: true if
# the pattern has come. Alerts are in {alerts}, as "level description";
# messages of the handshake in {messages}. Keys of the peer are followed.
sub has_come
{
	my ($self, $pattern, $timeout) = @_;

	until ($self->{in} =~ $pattern) {
		my ($type, $text) = $self->receive($timeout) or return 0;

		$self->{in} .= $text if $type == DATA;
		push @{ $self->{alerts} }, join ' ', unpack 'C2', $text
		    if $type == ALERT;
		next if $type != HANDSHAKE;
		push @{ $self->{messages} }, $text;
		$self->update('read') if ord $text == 24;
	}
	return 1;
}

# One GET: true if its answer came, with what the pattern says.
sub get
{
	my ($self, $target, $pattern) = @_;

	$self->{in} = '';
	$self->send(DATA, "GET $target HTTP/1.1\r\nHost: a.test\r\n\r\n");
	return $self->has_come($pattern);
}

# How the peer ends it: "alert N ..., closed" or "open".
sub ending
{
	my ($self, $timeout) = @_;

	$self->has_come(qr/(?!)/, $timeout // 5);
	return join ', ', (map { 'alert ' . s/^\d+ //r }
	    @{ $self->{alerts} }), $self->{end} // 'open';
}

sub close { my ($self) = @_; return CORE::close $self->{socket} }

1;
