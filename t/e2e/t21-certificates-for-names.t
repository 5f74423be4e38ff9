# SPDX-License-Identifier: BSD-2-Clause
# The certificate is the one for the name: exact, wildcard, first.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs qw(serial);
use Portico;
use Tls qw(get_tls one_https);

my $ca = Certs->new;
my $under = $ca->under;
my $dir = Portico::temporary();
my %certs = (
	first => $ca->leaf(names => [ 'first.test' ], file => "$dir/1.pem"),
	wild => $ca->leaf(names => [ '*.shop.test' ], file => "$dir/2.pem"),
	exact => $under->leaf(names => [ 'www.shop.test', 'b.test' ],
	    file => "$dir/3.pem"),
	rsa => $ca->leaf(names => [ 'b.test' ], key => 'rsa',
	    file => "$dir/4.pem"),
	apart => $ca->leaf(names => [ 'apart.test' ], split => 1,
	    file => Portico::temporary() . '/apart.crt'),
);
my %serials = map { serial($certs{$_}) => $_ } keys %certs;
my $b = Backend->new(plain('fine'));
my $list = qq<( "$dir/*.pem", { cert = "$certs{apart}";
    key = "$certs{apart}.key"; } )>;
my $p = Portico->start(one_https($b->address, $list));
my $at = $p->address('https');

sub who
{
	my (%opt) = @_;
	my $c = Tls->new($at, ca => $ca->file, %opt) or return "no: " .
	    ($Tls::error =~ /(unrecognized|handshake failure)/i)[0];
	my $name = $serials{$c->serial} // 'another';

	$name .= ', not verified' if !$c->verified;
	$c->close;
	return $name;
}

for my $version (qw(1.2 1.3)) {
	my @v = (version => $version);

	is who(@v, name => $_->[0]), $_->[1], "$version: $_->[2]" for
	    [ 'first.test', 'first', 'the first' ],
	    [ 'www.shop.test', 'exact', 'exact beats wildcard' ],
	    [ 'WWW.Shop.Test', 'exact', 'in other letters' ],
	    [ 'x.shop.test', 'wild', 'wildcard' ],
	    [ 'a.x.shop.test', 'first', 'a wildcard is one label' ],
	    [ 'shop.test', 'first', 'and no less' ],
	    [ 'apart.test', 'apart', 'key in a file of its own' ],
	    [ 'other.test', 'first', 'another name: the first' ],
	    [ '', 'first', 'no name: the first' ];
}
is who(name => 'b.test', version => '1.2', auth => 'ECDSA'), 'exact',
    'RSA and ECDSA side by side: ECDSA for who wants it';
is who(name => 'b.test', version => '1.2', auth => 'RSA'), 'rsa',
    'RSA for who wants that';
is who(name => 'b.test'), 'exact', 'ECDSA for who takes both';
is get_tls($at, '/', name => 'b.test', version => '1.2', auth => 'RSA',
    aead => $_)->{body}, 'fine', "RSA, 1.2, $_" for qw(aes128 aes256 chacha);
my $r = Tls->new($at, name => 'apart.test', ca => $under->file);
ok $r, 'another authority is asked';
ok !$r->verified, 'and does not know the certificate';
$r->close;

my %old = map { $_ => 1 } $p->pids('gate');
ok $p->reload(one_https($b->address, $list, tls => 'strict_sni = true;'),
    sub { who(name => 'other.test') =~ /^no/ &&
	!grep { $old{$_} } $p->pids('gate') }), 'strict_sni';
for my $version (qw(1.2 1.3)) {
	is who(version => $version, name => $_->[0]), $_->[1],
	    "$version, strict_sni: $_->[0]" for [ 'first.test', 'first' ],
	    [ 'x.shop.test', 'wild' ], [ 'b.test', 'exact' ];
	like who(version => $version, name => $_), qr/^no/,
	    "$version, strict_sni: \"$_\"" for 'other.test', '';
}
done_testing;
