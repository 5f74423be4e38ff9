# SPDX-License-Identifier: BSD-2-Clause
# The tests of HTTP once more, over TLS: listeners "http..." speak it, and so
# does Client with them. PERL5OPT='-It/lib -MOverTls' prove t/e2e/h02*.t
package OverTls;
use strict;
use warnings;
no warnings 'redefine';
use Certs;
use Client ();
use Portico ();
use Tls ();

my ($cert, @started);
my ($connect, $write) = (\&Client::new, \&Portico::write_conf);

# Tests exit by themselves: the folder of the certificate is of the first.
sub certificate
{
	return $cert //= Certs->new->leaf(names => [ 'a.test' ]);
}

*Portico::write_conf = sub {
	my ($self, $text) = @_;
	my $tls = 'tls = { certificates = "' . certificate() . '"; };';

	push @started, $self if !grep { $_ == $self } @started;
	$text =~ s/(address\s*=\s*"\@http\w*\@";)/$1 $tls/g;
	return $write->($self, $text);
};

sub is_ours
{
	my ($address) = @_;

	for my $p (@started) {
		my $all = $p->{addresses};

		return 1 if grep { /^http/ && $all->{$_} eq $address }
		    keys %$all;
	}
	return 0;
}

*Client::new = sub {
	my ($class, $address, %opt) = @_;

	return $connect->($class, $address, %opt)
	    if $class ne 'Client' || !is_ours($address);
	return Tls->new($address, %opt) // die "$address: $Tls::error";
};

1;
