# SPDX-License-Identifier: BSD-2-Clause
# A client that speaks TLS: as Client, and every byte between can be had.
package Tls;
use strict;
use warnings;
use parent -norequire, 'Client';
use Exporter 'import';
use Net::SSLeay ();
use Time::HiRes qw(sleep time);
use Client ();

our @EXPORT_OK = qw(get_tls ask_tls one_https);
our %AEAD = map { $_->[0] => $_ } (
	[ 'aes128', 'TLS_AES_128_GCM_SHA256', 'AES128-GCM-SHA256' ],
	[ 'aes256', 'TLS_AES_256_GCM_SHA384', 'AES256-GCM-SHA384' ],
	[ 'chacha', 'TLS_CHACHA20_POLY1305_SHA256', 'CHACHA20-POLY1305' ]);
my %VERSIONS = ('1.0' => 0x0301, '1.1' => 0x0302, '1.2' => 0x0303,
    '1.3' => 0x0304);

Net::SSLeay::initialize();

# Connects, and does the handshake unless `lazy` is set; undef if that fails:
# $Tls::error says why then.
#   name => SNI ("" none; default a.test)   version => '1.2', '1.3'
#   aead => aes128, aes256, chacha   auth => 'ECDSA', 'RSA' (1.2)
#   ciphers, groups => as OpenSSL has them   alpn => [ ... ]
#   cert => file of PEM with key   ca => file: verify the server
#   session => of another client's `session`   before => bytes (PROXY)
#   piece, pause => what is sent goes in pieces of so many bytes, with pauses
#   from, rcvbuf => as Client
our $error = '';
sub new
{
	my ($class, $address, %opt) = @_;
	my $self = Client::new($class, $address, %opt);

	$self->{opt} = \%opt;
	$self->{wire} = '';
	$self->{lines} = [];
	$self->make_ssl(\%opt);
	$self->Client::send($opt{before}) if defined $opt{before};
	return $self if $opt{lazy};
	return $self->shake ? $self : undef;
}

sub make_ssl
{
	my ($self, $opt) = @_;
	my $ctx = $self->{ctx} = Net::SSLeay::CTX_new_with_method(
	    Net::SSLeay::TLS_client_method()) or die 'no context';

	Net::SSLeay::CTX_set_cipher_list($ctx, 'ALL:@SECLEVEL=0');
	restrict($ctx, $opt);
	Net::SSLeay::CTX_set1_groups_list($ctx, $opt->{groups}) or
	    die "groups $opt->{groups}" if $opt->{groups};
	Net::SSLeay::CTX_set_alpn_protos($ctx, $opt->{alpn}) if $opt->{alpn};
	Net::SSLeay::CTX_load_verify_locations($ctx, $opt->{ca}, '') or
	    die "$opt->{ca}: cannot be read" if $opt->{ca};
	if ($opt->{cert}) {
		Net::SSLeay::CTX_use_certificate_chain_file($ctx, $opt->{cert})
		    && Net::SSLeay::CTX_use_PrivateKey_file($ctx, $opt->{cert},
		    Net::SSLeay::FILETYPE_PEM()) or die "$opt->{cert}: bad";
	}
	Net::SSLeay::CTX_set_keylog_callback($ctx,
	    sub { push @{ $self->{lines} }, $_[1] }) if $opt->{keylog};
	my $ssl = $self->{ssl} = Net::SSLeay::new($ctx);
	my $name = $opt->{name} // 'a.test';
	Net::SSLeay::set_tlsext_host_name($ssl, $name) if $name ne '';
	Net::SSLeay::set_session($ssl, $opt->{session}) if $opt->{session};
	$self->{$_} = Net::SSLeay::BIO_new(Net::SSLeay::BIO_s_mem())
	    for qw(in_bio out_bio);
	Net::SSLeay::set_bio($ssl, $self->{in_bio}, $self->{out_bio});
	Net::SSLeay::set_connect_state($ssl);
	return;
}

sub restrict
{
	my ($ctx, $opt) = @_;
	my $aead = $AEAD{$opt->{aead} // ''};
	my $auth = $opt->{auth} // 'ECDSA';

	if ($opt->{version}) {
		my $version = $VERSIONS{$opt->{version}};

		Net::SSLeay::CTX_set_min_proto_version($ctx, $version);
		Net::SSLeay::CTX_set_max_proto_version($ctx, $version);
	}
	if ($aead) {
		Net::SSLeay::CTX_set_ciphersuites($ctx, $aead->[1]);
		Net::SSLeay::CTX_set_cipher_list($ctx,
		    "ECDHE-$auth-$aead->[2]") or die 'cipher';
	} elsif ($opt->{auth}) {
		Net::SSLeay::CTX_set_cipher_list($ctx, "aECDSA") if
		    $auth eq 'ECDSA';
		Net::SSLeay::CTX_set_cipher_list($ctx, "aRSA") if
		    $auth eq 'RSA';
	}
	if ($opt->{ciphers}) {
		Net::SSLeay::CTX_set_cipher_list($ctx, $opt->{ciphers}) ||
		Net::SSLeay::CTX_set_ciphersuites($ctx, $opt->{ciphers}) or
		    die 'ciphers';
	}
	return;
}

# Sends what the library wants to say.
sub flush
{
	my ($self) = @_;
	my $bytes = '';

	while (Net::SSLeay::BIO_pending($self->{out_bio}) > 0) {
		$bytes .= Net::SSLeay::BIO_read($self->{out_bio});
	}
	return 1 if $bytes eq '';
	return $self->put($bytes);
}

# Ciphertext to the socket; what `hold` keeps is not sent.
sub put
{
	my ($self, $bytes) = @_;

	if (defined $self->{held}) {
		$self->{held} .= $bytes;
		return 1;
	}
	return $self->Client::send($bytes) if !$self->{opt}{piece};
	return $self->drip_wire($bytes);
}

sub drip_wire
{
	my ($self, $bytes) = @_;

	for my $piece (unpack "(a$self->{opt}{piece})*", $bytes) {
		$self->Client::send($piece) or return 0;
		sleep $self->{opt}{pause} if $self->{opt}{pause};
	}
	return 1;
}

# From now on ciphertext is kept; release returns it, and ends that.
sub hold { my ($self) = @_; $self->{held} = ''; return }
sub release { my ($self) = @_; return delete $self->{held} }

# Does the handshake, or goes on with it: true once it is done.
sub shake
{
	my ($self, $timeout) = @_;
	my $until = time + ($timeout // $Client::TIMEOUT);

	$error = '';
	for (;;) {
		my $done = Net::SSLeay::do_handshake($self->{ssl});
		my $why = Net::SSLeay::get_error($self->{ssl}, $done);
		$self->flush;
		return 1 if $done == 1;
		return $self->failed if $why != Net::SSLeay::ERROR_WANT_READ();
		$self->feed($until - time) or return $self->failed;
	}
}

sub failed
{
	my ($self) = @_;
	my @errors;

	while (my $code = Net::SSLeay::ERR_get_error()) {
		push @errors, Net::SSLeay::ERR_error_string($code);
	}
	$error = join ' ', @errors, $self->{gone} // ();
	$error = 'nothing came' if $error eq '';
	$self->{error} = $error;
	return 0;
}

# Ciphertext from the socket to the library: 1 for bytes, 0 for the end,
# undef for none in time.
sub feed
{
	my ($self, $timeout) = @_;

	return 0 if $self->{gone};
	IO::Select->new($self->{socket})->can_read($timeout) or return undef;
	my $n = sysread($self->{socket}, my $part, 65536);
	return undef if !defined $n && $!{EAGAIN};
	if (!$n) {
		$self->{gone} = defined $n ? 'closed' : 'reset';
		return 0;
	}
	$self->{wire} .= $part;
	Net::SSLeay::BIO_write($self->{in_bio}, $part);
	return 1;
}

sub send
{
	my ($self, $bytes) = @_;
	my $size = $self->{opt}{record} // 16384;

	for my $part (unpack "(a$size)*", $bytes) {
		Net::SSLeay::write($self->{ssl}, $part) == length $part
		    or return $self->failed;
		$self->flush or return 0;
	}
	return 1;
}

# As Client::more, of plaintext. {end} is "closed" after close_notify,
# "truncated" if the socket ended without it, "reset", or "alert".
sub more
{
	my ($self, $timeout) = @_;
	my $until = time + ($timeout // $Client::TIMEOUT);

	return 0 if $self->{end};
	for (;;) {
		my $got = '';

		while (1) {
			my ($part, $n) = Net::SSLeay::read($self->{ssl}, 65536);
			last if !defined $n || $n <= 0 || !defined $part;
			$got .= $part;
		}
		my $why = Net::SSLeay::get_error($self->{ssl}, -1);
		$self->flush;
		if ($got ne '') {
			$self->{in} .= $got;
			$self->{raw} .= $got;
			return 1;
		}
		return $self->over('closed') if
		    Net::SSLeay::get_shutdown($self->{ssl}) & 2;
		return $self->over('alert') if
		    $why == Net::SSLeay::ERROR_SSL();
		my $left = $until - time;
		my $fed = $self->feed($left > 0 ? $left : 0);
		return undef if !defined $fed;
		return $self->over($self->{gone} eq 'closed' ? 'truncated' :
		    $self->{gone}) if !$fed;
	}
}

sub over
{
	my ($self, $how) = @_;

	$self->failed if $how eq 'alert';
	$self->{end} = $how;
	return 0;
}

# Our close_notify; then, if asked for, the end of the socket's sending.
sub finish_sending
{
	my ($self) = @_;

	$self->end_stream;
	shutdown $self->{socket}, 1;
	return;
}

sub end_stream
{
	my ($self) = @_;

	Net::SSLeay::shutdown($self->{ssl});
	return $self->flush;
}

# The socket alone ends: "truncated" for the peer.
sub sever { my ($self) = @_; shutdown $self->{socket}, 1; return }

sub close
{
	my ($self) = @_;

	$self->end_stream if !$self->{end} && !$self->{reset};
	$self->free;
	return Client::close($self);
}

sub free
{
	my ($self) = @_;

	# else the library takes its session for a bad one
	Net::SSLeay::set_shutdown($self->{ssl}, 3) if $self->{ssl};
	Net::SSLeay::free(delete $self->{ssl}) if $self->{ssl};
	Net::SSLeay::CTX_free(delete $self->{ctx}) if $self->{ctx};
	return;
}

sub reset { my ($self) = @_; $self->{reset} = 1; return Client::reset($self) }
sub version { return Net::SSLeay::get_version($_[0]{ssl}) }
sub cipher { return Net::SSLeay::get_cipher($_[0]{ssl}) }
sub alpn { return Net::SSLeay::P_alpn_selected($_[0]{ssl}) }
sub resumed { return !!Net::SSLeay::session_reused($_[0]{ssl}) }
sub session { return Net::SSLeay::get1_session($_[0]{ssl}) }
sub verified { return Net::SSLeay::get_verify_result($_[0]{ssl}) == 0 }
sub keylog { return @{ $_[0]{lines} } }
sub ssl { return $_[0]{ssl} }

# Of the server's certificate: its serial as Certs::serial; its common name;
# what kind of key it has.
sub serial
{
	my ($self) = @_;
	my $x = Net::SSLeay::get_peer_certificate($self->{ssl}) or return '';

	return Net::SSLeay::P_ASN1_INTEGER_get_hex(
	    Net::SSLeay::X509_get_serialNumber($x)) =~ s/^0+//r;
}

sub subject
{
	my ($self) = @_;
	my $x = Net::SSLeay::get_peer_certificate($self->{ssl}) or return '';

	return Net::SSLeay::X509_NAME_oneline(
	    Net::SSLeay::X509_get_subject_name($x)) =~ s/.*\/CN=//r;
}

# A configuration: one listener "https" with these certificates (a path, or the
# text of the value), one pool. more: tls, listener, pool, top => keys.
sub one_https
{
	my ($address, $certificates, %more) = @_;
	my ($tls, $listener, $pool, $top) = map { $_ // '' }
	    @more{qw(tls listener pool top)};

	$certificates = qq("$certificates") if $certificates =~ m{^[/@]};
	return qq{
	listeners = { https = { address = "\@https\@"; $listener
	    tls = { certificates = $certificates; $tls }; }; };
	pools = { app = { backends = [ "$address" ]; $pool }; };
	$top
	};
}

# As Client::ask and get, with options of `new` behind.
sub ask_tls
{
	my ($address, $bytes, %opt) = @_;
	my $none = { status => 0, head => '', body => '', fields => {},
	    broken => 1 };
	my $c = Tls->new($address, %opt) or return $none;

	$c->send($bytes);
	my $r = $c->final(head_only => !!($bytes =~ /^HEAD /), %opt);
	$c->close;
	return $r || $none;
}

sub get_tls
{
	my ($address, $target, %opt) = @_;

	return ask_tls($address, Client::request("GET $target",
	    $opt{fields}), %opt);
}

1;
