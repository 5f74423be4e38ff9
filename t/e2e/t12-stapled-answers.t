# SPDX-License-Identifier: BSD-2-Clause
# What the authority says of a certificate stands beside it, and is shown to
# clients that ask, while it is fresh.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(until_true);
use Portico qw(run_program);
use Tls qw(get_tls one_https);

my $b = Backend->new(plain('fine'));
my $ca = Certs->new;
my ($leaf, $other, $rsa) = ($ca->leaf(names => [ 'a.test' ]),
    $ca->leaf(names => [ 'b.test' ]),
    $ca->leaf(names => [ 'a.test' ], key => 'rsa'));

# An answer about a certificate.
sub answer
{
	my ($about, $to) = @_;
	my $dir = $ca->dir;
	my $serial = qx(openssl x509 -in $about -noout -serial) =~ s/.*=|\s//gr;
	my $index = Certs::save("$dir/index.ocsp", join("\t", 'V',
	    '401231235959Z', '', $serial, 'unknown', '/CN=x') . "\n");

	system("openssl ocsp -index $index -CA $dir/ca.pem -rsigner " .
	    "$dir/ca.pem -rkey $dir/ca.key -issuer $dir/ca.pem -cert $about " .
	    "-respout $to.new -nmin 60 >/dev/null 2>&1") == 0 or
	    die 'openssl ocsp';
	return rename "$to.new", $to;
}

sub shown
{
	my ($at, @more) = @_;
	my $client = "openssl s_client -connect $at -servername a.test @more";
	my $text = qx($client -status </dev/null 2>/dev/null);

	return $text =~ /OCSP Response Status: successful/ ? 'shown'
	    : $text =~ /OCSP response: no response sent/ ? 'none' : 'no TLS';
}

answer($leaf, "$leaf.ocsp");
my $p = Portico->start(one_https($b->address, qq([ "$leaf", "$rsa" ]),
    top => 'gates = 1;'));
my $at = $p->address('https');
is shown($at, '-tls1_3'), 'shown', 'to who asks, over TLS 1.3';
is shown($at, '-tls1_2'), 'shown', 'and over 1.2';
is shown($at, '-tls1_2', '-cipher ECDHE-RSA-AES128-GCM-SHA256'), 'none',
    'not with the certificate beside it';
is get_tls($at, '/')->{body}, 'fine', 'nobody has to ask';

answer($rsa, "$rsa.ocsp");
ok until_true(sub { shown($at, '-tls1_2',
    '-cipher ECDHE-RSA-AES128-GCM-SHA256') eq 'shown' }, 15),
    'a new answer is taken without a reload';
$p->stop;

my ($was) = run_program('-t', '-c', $p->file);
is $was, 0, 'an answer is no error';
my $q = Portico->start(one_https($b->address, $leaf));
for (
    [ 'of another certificate', sub { answer($other, "$leaf.ocsp") },
	qr/about another certificate/ ],
    [ 'that is none', sub { Certs::save("$leaf.ocsp", 'nonsense') },
	qr/no answer of OCSP/ ]) {
	my ($what, $make, $pattern) = @$_;

	$make->();
	my ($status, $out, $err) = run_program('-t', '-c', $q->file);
	is $status, 0, "an answer $what is no error";
	like $out . $err, qr/warning: .*\.ocsp: is $pattern/, 'but a warning';
}
$q->stop;
$q = Portico->start(one_https($b->address, $leaf));
is shown($q->address('https')), 'none', 'and nobody is shown it';
done_testing;
