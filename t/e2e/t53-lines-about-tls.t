# SPDX-License-Identifier: BSD-2-Clause
# Access logs tell version, suite, resumption, name and certificate.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Certs;
use Client qw(get request until_true);
use JSON::PP qw(decode_json);
use Portico;
use Tls qw(get_tls);

my $b = Backend->new('echo');
my $at = $b->address;
my $ca = Certs->new;
my $clients = Certs->new;
my @certs = map { $ca->leaf(names => [ 'a.test' ], key => $_) } qw(ec rsa);
my $alice = $clients->leaf(names => [ 'alice' ], client => 1);
my $mallory = Certs->new->leaf(names => [ 'alice' ], client => 1);
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; };
    https = { address = "\@https\@"; tls = { certificates =
	[ "$certs[0]", "$certs[1]" ]; client_ca = "@{[ $clients->file ]}";
	verify_client = "optional"; }; }; };
pools = { app = { backends = "$at"; }; };
access_log = ( { to = "\@dir\@/access.log"; format = "{target} {tls_version} "
    "{tls_cipher} {tls_resumed} {tls_server} {tls_verified}"; },
    { to = "\@dir\@/json.log"; format = "json"; } );
});
my $https = $p->address('https');

my %suites = (aes128 => 'AES_128_GCM_SHA256', aes256 => 'AES_256_GCM_SHA384',
    chacha => 'CHACHA20_POLY1305_SHA256');
my $n = 0;
my @expected;
sub expect { push @expected, $_[0]; return '/' . ++$n }

for my $aead (sort keys %suites) {
	get_tls($https, expect("TLSv1.3 TLS_$suites{$aead} no a.test -"),
	    version => '1.3', aead => $aead);
	my $old = $suites{$aead} =~ s/_(?=128|256)//r =~ tr/_/-/r;
	$old =~ s/-SHA256$// if $aead eq 'chacha';
	for my $kind (qw(ECDSA RSA)) {
		get_tls($https, expect("TLSv1.2 ECDHE-$kind-$old no a.test -"),
		    version => '1.2', aead => $aead, auth => $kind);
	}
}
get_tls($https, expect("TLSv1.3 TLS_AES_128_GCM_SHA256 no a.test $_->[1]"),
    version => '1.3', aead => 'aes128', cert => $_->[0])
    for [ $alice, 'yes' ], [ $mallory, 'no' ];
my $c = Tls->new($https, version => '1.3', aead => 'aes128');
$c->send(request('GET ' . expect(
    'TLSv1.3 TLS_AES_128_GCM_SHA256 no a.test -')));
$c->final;
my $session = $c->session;
$c->send(request('GET ' . expect(
    'TLSv1.3 TLS_AES_128_GCM_SHA256 no a.test -')));
$c->final;
$c->close;
get_tls($https, expect('TLSv1.3 TLS_AES_128_GCM_SHA256 yes a.test -'),
    version => '1.3', aead => 'aes128', session => $session);
get($p->address('http'), expect('- - - - -'));

my %said = map { /^(\S+) (.*)$/ ? ($1 => $2) : () } $p->access_lines($n);
is $said{"/$_"}, $expected[$_ - 1], "line $_: $expected[$_ - 1]" for 1 .. $n;

my $json = sub { my @l = split /\n/, Portico::slurp($p->dir . '/json.log');
	return @l >= $n && \@l };
until_true($json);
for (map { decode_json($_) } @{ $json->() }) {
	my ($number) = $_->{target} =~ m{/(\d+)};
	my @words = split / /, $expected[$number - 1];
	my %want;

	@want{qw(tls_version tls_cipher tls_resumed tls_server tls_verified)} =
	    map { $_ eq '-' ? '' : $_ } @words;
	%want = () if $words[0] eq '-';
	my $got = $_;
	is_deeply { map { $_ => $got->{$_} } grep { /^tls_/ } keys %$got },
	    \%want, "JSON of $number";
}
done_testing;
