# SPDX-License-Identifier: BSD-2-Clause
# A worker's death between any two stores of the record layer, or of an
# arrival, is noticed by nobody: clients over TLS, and backends over TLS.
# f03-deaths-in-records.t MARK[:N] ... tries only those; KEEP=1 shows the logs.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
my $fault_bin;
BEGIN {
	$fault_bin = $ENV{PORTICO_FAULT_BIN};
	$ENV{PORTICO} = $fault_bin if defined $fault_bin;
}
use Digest::SHA qw(sha1_hex);
use Test::More;
use Time::HiRes qw(time);
use Backend qw(plain);
use Certs;
use Client qw(request);
use Marks qw(left_behind try_all);
use Portico;
use Tls;
use Torture qw(start_origin start_load load_line spoiled);
use Tunnel qw(numbers);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $AT_ONCE = 3; # a case sleeps half of its time
my $PATIENCE = 20; # seconds until a mark is reached
my @marks = qw(arrival_noted arrival_taken arrival_owned arrival_whole
    record_received record_opened record_sealed record_published record_sent);
my @of_clients = qw(client_filled client_received backend_received page_taken
    row_taken park_armed close_wiped close_freed request_parsed answer_made);
my @of_backends = (@marks[4 .. 8], qw(call_sent arrival_hung arrival_bound
    arrival_taken seat_given seat_popped backend_received
    backend_sent socket_taken close_done));

my $ca = Certs->new;
my $cert = $ca->leaf(names => [ 'a.test' ]);
my $big = numbers(0, 1 << 20);
my $origin = start_origin();
my $own = Backend->new({ '/own/big' => plain($big),
    '/own/small' => plain('small'),
    '/own/sum' => sub { $_[0]->send(plain(sha1_hex($_[0]{body}))) } });

# Bodies of both codings, kept and short connections, in both versions.
sub loads
{
	my ($over, $at, @tls) = @_;

	return map { [ @$_, @tls, '-H', 'a.test', $at ] }
	    [ '-n', 300, '-c', 8, @{ $over->[0] } ],
	    [ '-n', 100, '-c', 4, '-r', 1, '-s', '1:3000', @{ $over->[1] } ],
	    [ '-n', 80, '-c', 4, '-s', '1:60000', '-p', 100,
		@{ $over->[0] } ],
	    [ '-n', 60, '-c', 2, '-s', '1:60000', '-p', 100, '-C',
		@{ $over->[1] } ];
}

# The backend of `over` is the listener with TLS of the same Portico.
sub start_portico
{
	return Portico->start(qq{
	workers = { min = 4; max = 8; };
	listeners = {
		plain = { address = "\@plain\@"; };
		tls = { address = "\@tls\@"; tls = {
		    certificates = "$cert"; strict_sni = true; }; };
	};
	pools = {
		app = { backends = [ "$origin" ]; };
		own = { backends = [ "${\$own->address}" ]; };
		over = { backends = [ "https://\@tls\@" ];
		    host = "a.test";
		    tls = { ca = "${\$ca->file}"; name = "a.test"; }; };
	};
	sites = {
		over = { hosts = [ "over.test" ]; routes = (
		    { pool = "over"; } ); };
		all = { hosts = [ "*" ]; routes = (
		    { path = "/own"; pool = "own"; }, { pool = "app"; } ); };
	};
	});
}

# Seven requests at once, and two bodies of 1 MB, up and down.
sub one_by_one
{
	my ($at, $version) = @_;
	my $c = Tls->new($at, version => $version) or return 'no handshake';
	my @wrong;

	$c->send(request('GET /own/small') x 3 . request('GET /own/big') .
	    request('GET /own/small') x 3);
	my $got = join ' ', map { ($c->final // {})->{body} // 'none' } 1 .. 7;
	push @wrong, 'not what seven requests ask for'
	    if $got ne join ' ', ('small') x 3, $big, ('small') x 3;
	# it is not safe to send twice, and may be lost then
	$c->send(request('PUT /own/sum', [], $big));
	my $sum = ($c->final // {})->{body} // 'none';
	push @wrong, "the sum of 1 MB: $sum" if $sum ne sha1_hex($big);
	$c->close;
	return @wrong;
}

sub try_mark
{
	my ($mark, $n, $over) = @_;
	my $reached = qr/fault: $mark reached/;
	local $ENV{PORTICO_FAULT} = "$mark:$n";
	my $p = start_portico();
	my $tls = $p->address('tls');
	my $end = time + $PATIENCE;
	my @wrong;

	do {
		my @asked = $over ? map { $_->[-2] = 'over.test'; $_ }
		    loads([ [], [] ], $p->address('plain'))
		    : loads([ [ '-S', 3 ], [ '-S', 2 ] ], $tls);
		my @loads = map { start_load(@$_) } @asked;
		push @wrong, map { one_by_one($tls, $_) } '1.2', '1.3'
		    if !$over;
		for (@asked) {
			my $line = load_line(shift @loads, 20);
			my $unsafe = grep { $_ eq '-p' } @$_;
			push @wrong, "[@$_] $line" if spoiled($line) ne '' &&
			    !($unsafe && $line =~ /mixed 0 stalled 0/);
		}
	} until (@wrong || $p->log =~ $reached || time > $end);
	push @wrong, left_behind($p, $reached, sub {
	    $_[0]->pids('steward') == 1 && $_[0]->workers >= 4 });
	push @wrong, $p->log if @wrong && $ENV{KEEP};
	return @wrong;
}

# [ mark, how many of its hits are passed over, with backends over TLS ]
sub cases
{
	return map { /^(over:)?(\w+)(?::(\d+))?$/ ? [ $2, $3 // 0, !!$1 ]
	    : () } @ARGV if @ARGV;
	return ((map { ([ $_, 0, 0 ], [ $_, 60, 0 ]) } @marks),
	    (map { [ $_, 9, 0 ] } @of_clients),
	    (map { [ $_, /^record/ ? 21 : 0, 1 ] } @of_backends));
}

try_all($AT_ONCE, \&try_mark, sub { "$_[0] after $_[1]"
    . ($_[2] ? ', backends' : '') }, cases());
done_testing;
