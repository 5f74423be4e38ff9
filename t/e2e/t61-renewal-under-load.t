# SPDX-License-Identifier: BSD-2-Clause
# A certificate is replaced while connections come and stay.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Certs qw(serial);
use Client qw(until_true);
use Portico;
use Time::HiRes qw(sleep);
use Tls qw(one_https);
use Torture qw(start_origin start_load load_line spoiled);

my $dir = Portico::temporary();
my $ca = Certs->new;
my $cert = $ca->leaf(names => [ 'load.test' ], file => "$dir/load.pem");
my $p = Portico->start(one_https(start_origin(), "$dir/*.pem",
    top => 'gates = 2;'));
my $at = $p->address('https');

sub serial_of
{
	my $c = Tls->new($at, name => 'load.test') or return 'none';
	my $serial = $c->serial;

	$c->close;
	return $serial;
}

my @loads = (start_load('-S', 0, '-t', 11, '-c', 4, '-r', 1, '-s', '1:2000',
    '-w', 20, $at), start_load('-S', 0, '-t', 11, '-c', 8, '-w', 10, $at));
my $generations = () = $p->log =~ /generation \d+ is running/g;
for my $n (1, 2) {
	my @old = $p->pids('gate');
	my $old = serial($cert);

	if ($n == 2) { # half a file first: what was there stays
		my $text = Portico::slurp($cert);

		Certs::save($cert, substr $text, 0, 300);
		sleep 1.2;
		is serial_of(), $old, 'half a file is not taken';
		Certs::save($cert, $text);
	}
	$ca->leaf(names => [ 'load.test' ], file => $cert);
	my $new = serial($cert);
	ok until_true(sub { serial_of() eq $new }, 8), "new certificate $n";
	ok until_true(sub { my %now = map { $_ => 1 } $p->pids('gate');
		!grep { $now{$_} } @old }, 8), 'the old gates have ended';
}
for ('new connections', 'kept connections') {
	my $line = load_line(shift @loads, 30);

	is spoiled($line), '', "$_: $line";
	like $line, qr/ lost 0$/, 'no handshake was lost';
}
my $now = () = $p->log =~ /generation \d+ is running/g;
is $now, $generations, 'without a new generation';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
