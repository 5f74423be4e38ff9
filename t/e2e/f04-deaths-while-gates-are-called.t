# SPDX-License-Identifier: BSD-2-Clause
# A worker's death between a request and a connection over TLS to its backend
# is noticed by nobody, and leaves nothing behind; f03 has the records.
# f04-deaths-while-gates-are-called.t MARK[:N] ... tries only those; KEEP=1
# shows the logs.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
my $fault_bin;
BEGIN {
	$fault_bin = $ENV{PORTICO_FAULT_BIN};
	$ENV{PORTICO} = $fault_bin if defined $fault_bin;
}
use Test::More;
use Time::HiRes qw(sleep time);
use Backend qw(plain);
use Certs;
use Client qw(request until_true);
use Portico;
use TlsBackend;
use Torture qw(start_origin start_load load_line spoiled);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

# Handshakes last so long that who has asked may leave.
package Tardy {
	our @ISA = 'TlsBackend::Connection';

	sub new
	{
		my ($class, @rest) = @_;

		Time::HiRes::sleep(1.5);
		return TlsBackend::Connection::new($class, @rest);
	}
}

my @loads = ([ '-n', 500, '-c', 8 ],
	[ '-n', 150, '-c', 4, '-r', 1, '-s', '1:40000' ],
	[ '-n', 80, '-c', 4, '-s', '1:40000', '-p', 100 ]);
my $ca = Certs->new;
my $leaf = $ca->leaf(names => [ 'shop.test' ]);
my $shop = Portico->start(qq{
	listeners = { https = { address = "\@https\@";
	    tls = { certificates = "$leaf"; }; }; };
	pools = { app = { backends = ( "@{[ start_origin() ]}" ); }; };
});
my $late = do {
	local %TlsBackend::tls = (cert => $leaf);
	local $TlsBackend::context = TlsBackend::Connection::context();
	Backend->new(plain('late'), connection => 'Tardy');
};

sub start_portico
{
	my $tls = sprintf 'tls = { name = "shop.test"; ca = "%s"; };',
	    $ca->file;

	return Portico->start(qq{
	workers = { min = 4; max = 8; };
	gates = 1;
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
		app = { backends = ( "https://@{[ $shop->address('https') ]}" );
		    $tls max_reuse = 3; passive = false; };
		late = { backends = ( "https://@{[ $late->address ]}" );
		    $tls timeouts = { connect = "8s"; }; passive = false; };
	};
	sites = { all = { hosts = [ "*" ]; routes = (
		{ path = "/late"; pool = "late"; }, { pool = "app"; } ); }; };
	});
}

# Clients that do not wait for the handshake.
sub leave
{
	my ($p) = @_;

	for (1 .. 4) {
		my $c = Client->new($p->address('http'));

		$c->send(request('GET /late'));
		sleep 0.02;
		$c->reset;
	}
	return;
}

sub drive
{
	my ($p, $reached, $mark) = @_;
	my $end = time + 20;
	my @wrong;

	do {
		leave($p) if $mark eq 'arrival_kept';
		my @running = map { start_load(@$_, $p->address('http')) }
		    @loads;
		for (@loads) {
			my $line = load_line(shift @running, 20);
			my $unsafe = grep { $_ eq '-p' } @$_;

			push @wrong, "[@$_] $line" unless spoiled($line) eq ''
			    || ($unsafe && $line =~ /mixed 0 stalled 0$/);
		}
		$p->logged($reached, 3) if $mark eq 'arrival_kept';
	} until @wrong || $p->log =~ $reached || time > $end;
	return @wrong;
}

sub try_mark
{
	my ($mark, $n) = @_;
	my $reached = qr/fault: $mark reached/;

	alarm 90;
	local $ENV{PORTICO_FAULT} = "$mark:$n";
	my $p = start_portico();
	my @wrong = drive($p, $reached, $mark);
	push @wrong, 'was not reached' if !$p->logged($reached, 0.5);
	push @wrong, 'the family is not complete' if !until_true(sub {
		$p->pids('steward') == 1 && $p->workers >= 4 }, 5);
	my $status = $p->quit(8) // 'none';
	push @wrong, "exit status $status" if $status ne '0';
	my ($ended, @sums) = $p->sums;
	push @wrong, $ended ? @sums : 'no sums';
	push @wrong, $p->log =~ /^(.*(?:panic|letter).*)$/mg;
	push @wrong, $p->log if @wrong && $ENV{KEEP};
	return join "\n", @wrong;
}

my @cases = @ARGV ? map { [ /^(\w+):?(\d*)$/ ] } @ARGV :
    ([ 'arrival_kept', 0 ], map { [ $_, 9 ] } qw(call_sent arrival_taken
    arrival_hung arrival_bound));
is try_mark($_->[0], $_->[1] || 0), '', join ' ', @$_ for @cases;
is $shop->quit, 0, 'QUIT of the backend';
done_testing;
