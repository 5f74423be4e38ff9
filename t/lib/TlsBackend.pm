# SPDX-License-Identifier: BSD-2-Clause
# Backends as Backend makes them, that speak TLS.
package TlsBackend;
use strict;
use warnings;
use parent -norequire, 'Backend';
use Backend ();

# As Backend->new. cert => file of PEM with key; client_ca => file: a client's
# certificate is required; version => '1.2', '1.3'; proxy => 1: a line of PROXY
# (version 1) is read before the handshake; tickets => how many (1.3);
# keylog => file: its secrets go there.
our (%tls, $context);
sub new
{
	my ($class, $script, %opt) = @_;

	local %tls = %opt;
	local $context = TlsBackend::Connection::context();
	return Backend::new($class, $script, connection =>
	    'TlsBackend::Connection', %opt);
}

# Of each handshake that was done, a line: "version SNI resumed common name
# of the client's certificate PROXY line", "-" for what is not there; of one
# that failed "failed".
sub handshakes
{
	my ($self) = @_;

	return split /\n/, Backend::slurp("$self->{dir}/handshakes");
}

package TlsBackend::Connection;
use parent -norequire, 'Backend::Connection';
use Net::SSLeay ();

sub context
{
	my $tls = \%TlsBackend::tls;
	my $c = Net::SSLeay::CTX_new_with_method(
	    Net::SSLeay::TLS_server_method()) or die 'no context';
	my %number = ('1.2' => 0x0303, '1.3' => 0x0304);

	Net::SSLeay::CTX_use_certificate_chain_file($c, $tls->{cert}) &&
	    Net::SSLeay::CTX_use_PrivateKey_file($c, $tls->{cert},
	    Net::SSLeay::FILETYPE_PEM()) or die "$tls->{cert}: bad";
	Net::SSLeay::CTX_set_session_id_context($c, 'backend', 7);
	Net::SSLeay::CTX_set_num_tickets($c, $tls->{tickets})
	    if defined $tls->{tickets};
	my $keylog = $tls->{keylog};
	Net::SSLeay::CTX_set_keylog_callback($c, sub {
		open my $f, '>>', $keylog or die "$keylog: $!";
		print $f "$_[1]\n" }) if $keylog;
	if (my $version = $number{$tls->{version} // ''}) {
		Net::SSLeay::CTX_set_min_proto_version($c, $version);
		Net::SSLeay::CTX_set_max_proto_version($c, $version);
	}
	if ($tls->{client_ca}) {
		Net::SSLeay::CTX_load_verify_locations($c, $tls->{client_ca},
		    '') or die "$tls->{client_ca}: bad";
		Net::SSLeay::CTX_set_verify($c, 3, sub { return $_[0] });
	}
	return $c;
}

# undef if the handshake fails.
sub new
{
	my ($class, $socket, $number, $dir) = @_;
	my $self = Backend::Connection::new($class, $socket, $number, $dir);
	my $proxy = $TlsBackend::tls{proxy} ? $self->proxy_line : '-';
	my $ssl = $self->{ssl} = Net::SSLeay::new(
	    $TlsBackend::context);

	$socket->blocking(1);
	Net::SSLeay::set_fd($ssl, fileno $socket);
	if (Net::SSLeay::accept($ssl) != 1) {
		$self->record('handshakes', "failed $proxy\n");
		return undef;
	}
	my $x = Net::SSLeay::get_peer_certificate($ssl);
	my $who = $x ? Net::SSLeay::X509_NAME_oneline(
	    Net::SSLeay::X509_get_subject_name($x)) =~ s/.*\/CN=//r : '-';
	$self->record('handshakes', join(' ', Net::SSLeay::get_version($ssl),
	    Net::SSLeay::get_servername($ssl) || '-',
	    Net::SSLeay::session_reused($ssl) ? 'resumed' : '-', $who,
	    $proxy) . "\n");
	return $self;
}

sub proxy_line
{
	my ($self) = @_;
	my $line = '';

	while ($line !~ /\n\z/ && length $line < 108) {
		sysread $self->{socket}, my $byte, 1 or return '-';
		$line .= $byte;
	}
	return $line =~ s/\s+\z//r =~ tr/ /_/r;
}

sub more
{
	my ($self) = @_;

	Net::SSLeay::pending($self->{ssl}) > 0 ||
	    IO::Select->new($self->{socket})->can_read(60) or return 0;
	my ($part, $n) = Net::SSLeay::read($self->{ssl}, 65536);
	return 0 if !defined $n || $n <= 0;
	$self->record("raw.$self->{number}", $part);
	$self->{in} .= $part;
	return 1;
}

sub send
{
	my ($self, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';

	for my $part (unpack '(a16384)*', $bytes) {
		my $n = Net::SSLeay::write($self->{ssl}, $part);
		return 0 if !defined $n || $n != length $part;
	}
	return 1;
}

sub ssl { my ($self) = @_; return $self->{ssl} }

# close_notify, once.
sub end
{
	my ($self) = @_;
	local $SIG{PIPE} = 'IGNORE';

	Net::SSLeay::shutdown($self->{ssl}) if !$self->{ended}++;
	return;
}

# close_notify, and no more is sent.
sub finish_sending
{
	my ($self) = @_;

	$self->end;
	return Backend::Connection::finish_sending($self);
}

sub reset
{
	my ($self) = @_;

	$self->{ended} = 1;
	return Backend::Connection::reset($self);
}

# The socket's end without close_notify.
sub sever
{
	my ($self) = @_;

	$self->{ended} = 1;
	return Backend::Connection::finish_sending($self);
}

Net::SSLeay::initialize();

1;
