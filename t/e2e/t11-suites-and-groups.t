# SPDX-License-Identifier: BSD-2-Clause
# Versions, suites and groups: the usual ones, and those of the file.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Portico qw(run_program);
use Tls qw(get_tls one_https);

my $b = Backend->new(plain('fine'));
my $ca = Certs->new;
my $both = '[ "' . join('", "', map { $ca->leaf(names => [ 'a.test' ],
    key => $_) } qw(ec rsa)) . '" ]';
my $at;

# What was agreed on, undef if nothing was.
sub agreed
{
	my $c = Tls->new($at, @_) or return;
	my $cipher = $c->cipher;

	$c->close;
	return $cipher;
}

sub start
{
	my ($tls) = @_;
	my $p = Portico->start(one_https($b->address, $both, tls => $tls));

	$at = $p->address('https');
	return $p;
}

my $p = start('');
is get_tls($at, '/', version => $_)->{body}, 'fine', "TLS $_" for '1.2', '1.3';
ok !defined agreed(version => $_), "no TLS $_" for '1.0', '1.1';
for my $aead (sort keys %Tls::AEAD) {
	ok agreed(version => '1.3', aead => $aead), "1.3 with $aead";
	for my $auth ('ECDSA', 'RSA') {
		like agreed(version => '1.2', aead => $aead, auth => $auth),
		    qr/$auth/, "1.2 with $aead and $auth";
	}
}
ok !defined agreed(version => '1.2', ciphers => $_), "not $_" for
    'AES128-GCM-SHA256', 'ECDHE-RSA-AES128-SHA256', 'ECDHE-RSA-AES256-SHA',
    'DHE-RSA-AES128-GCM-SHA256';
ok agreed(version => '1.3', groups => $_), "over $_" for
    'X25519', 'P-256', 'P-384';
ok !defined agreed(version => '1.3', groups => 'P-521'), 'not over P-521';
$p->stop;

$p = start('min_version = "1.3";');
ok agreed(version => '1.3'), 'min_version: 1.3';
ok !defined agreed(version => '1.2'), 'and not 1.2';
$p->stop;

$p = start('ciphers = "ECDHE-RSA-AES256-GCM-SHA384";
    groups = "P-384:P-256";');
is agreed(version => '1.2', auth => 'RSA'), 'ECDHE-RSA-AES256-GCM-SHA384',
    'the one suite of 1.2';
ok !defined agreed(version => '1.2', aead => 'aes128', auth => 'RSA'),
    'no other';
ok agreed(version => '1.3', aead => 'aes128', groups => 'P-256'),
    'those of 1.3 are as they were';
ok !defined agreed(version => '1.3', groups => 'X25519'), 'no other group';
$p->stop;

my $file = Portico::temporary() . '/portico.conf';
for (
    [ 'ciphers = "ECDHE-RSA-AES128-SHA";',
	qr/ciphers.*"ECDHE-RSA-AES128-SHA"/ ],
    [ 'ciphers = "HIGH:!aNULL";', qr/ciphers.*"HIGH/ ],
    [ 'ciphers = "TLS_AES_128_CCM_SHA256";', qr/ciphers.*CCM/ ],
    [ 'groups = "X25519:Nonesuch";', qr/groups.*Nonesuch/ ]) {
	my ($tls, $pattern) = @$_;
	my $text = one_https($b->address, $both, tls => $tls);

	$text =~ s/\@https\@/127.0.0.1:18443/;
	Certs::save($file, $text);
	my ($status, $out, $err) = run_program('-t', '-c', $file);
	is $status, 1, "$tls is wrong";
	like $out . $err, qr/portico\.conf:\d+: .*$pattern/, "$pattern";
}
done_testing;
