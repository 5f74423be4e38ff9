# SPDX-License-Identifier: BSD-2-Clause
# A session with a backend is resumed no longer than its certificate holds,
# however often it is.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Backend qw(plain);
use Certs;
use Client qw(get);
use Portico qw(one_backend);
use TlsBackend;

my $ca = Certs->new;
my $ends = time + 5;
my $leaf = $ca->leaf(names => [ 'a.test' ], days => 5 / 86400);

my @runs = map {
	my $b = TlsBackend->new(plain('x'), cert => $leaf, version => $_);

	[ $_, $b, Portico->start(one_backend('https://' . $b->address, pool =>
	    'max_reuse = 1; passive = false; tls = { ca = "' . $ca->file .
	    '"; name = "a.test"; };', top => 'gates = 1;')) ];
} '1.2', '1.3';

sub try { return get($_[2]->address('http'), '/')->{status} }

for my $run (@runs) {
	is try(@$run), 200, "$run->[0]: asked" for 1 .. 3;
	# with 1.3 its tickets come in time, or not
	ok $run->[0] eq '1.3' || grep({ /resumed/ } $run->[1]->handshakes),
	    "$run->[0]: and resumed";
}
while (time < $ends + 1.5) {
	try(@$_) for @runs;
	sleep 0.2;
}
for my $run (@runs) {
	my ($version, $b, $p) = @$run;

	is try(@$run), 502, "$version: the certificate is over";
	ok $p->logged(qr/certificate has expired/), "$version: the log says so";
	is $p->quit, 0, "$version: QUIT";
}
done_testing;
