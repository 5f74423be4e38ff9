# SPDX-License-Identifier: BSD-2-Clause
# Workers that die while they send PROXY headers: each connection to a backend
# has one, and carries requests of the client that it names, of nobody else.
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
use Backend qw(plain);
use Beside qw(side_by_side);
use Certs;
use Client qw(request until_true);
use Portico;
use Proxied qw(proxy_v1 read_proxy);
use TlsBackend;

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

# What TlsBackend reads before its handshakes.
{
	no warnings 'redefine';
	my $read = \&TlsBackend::Connection::proxy_line;
	*TlsBackend::Connection::proxy_line = sub {
		my $line = $read->(@_);
		$_[0]{proxied} = $line =~ tr/_/ /r;
		return $line;
	};
}

# Says whether header and request are of the same client.
sub compare
{
	my ($c) = @_;
	my $line = defined $c->{proxied} ? "$c->{proxied}\r\n" : undef;
	my @words;

	until (@words = read_proxy(defined $line ? $line : $c->{in})) {
		$c->more or return;
	}
	while (defined(my $r = $c->request)) {
		my ($who) = $r =~ /^X-Forwarded-For: (\S+)/m;
		my $n = length $c->{body};

		$c->send(plain($words[2] eq $who && !$c->{asked}++ ?
		    "same $n" : "@words instead of $who")) or return;
	}
	return;
}

my $ca = Certs->new;
my $b = Backend->new(\&compare);
my $tls = TlsBackend->new(\&compare, proxy => 1,
    cert => $ca->leaf(names => [ 'a.test' ]));

# What is wrong with some requests of one client.
sub client_of
{
	my ($at, $path, $n) = @_;
	my $c = Client->new($at);
	my @wrong;

	$c->send(proxy_v1("198.51.100.$n", $n, '192.0.2.1', 80));
	for my $body (undef, 'x' x 20_000, undef) {
		my $line = defined $body ? 'PUT' : 'GET';
		$c->send(request("$line $path", [], $body));
		my $r = $c->response;
		my $want = 'same ' . length($body // '');

		push @wrong, $r ? "$r->{status} $r->{body}" : 'closed'
		    if !$r || $r->{body} ne $want;
		last if !$r;
	}
	return @wrong;
}

sub try_mark
{
	my ($mark, $after) = @_;
	local $ENV{PORTICO_FAULT} = "$mark:$after";
	my $p = Portico->start(qq{
	workers = { min = 3; max = 6; };
	gates = 1;
	listeners = { http = { address = "\@http\@";
	    proxy_protocol = true; }; };
	pools = {
		app = { backends = [ "@{[ $b->address ]}" ];
		    proxy_protocol = 2; };
		tls = { backends = [ "https://@{[ $tls->address ]}" ];
		    tls = { ca = "@{[ $ca->file ]}"; name = "a.test"; };
		    proxy_protocol = 1; };
	};
	sites = { x = { hosts = "*"; routes = (
		{ path = "/tls"; pool = "tls"; }, { pool = "app"; } ); }; };
	}, listeners => []);
	my $reached = qr/fault: $mark reached/;
	my $what = "$mark after $after";
	my @wrong;

	for my $round (1 .. 15) {
		for my $path ('/', '/tls/') {
			push @wrong, client_of($p->address('http'), $path,
			    $round);
		}
		last if @wrong || $p->log =~ $reached;
	}
	is_deeply \@wrong, [], "$what: all are answered as themselves";
	ok $p->logged($reached, 1), "$what: reached";
	ok until_true(sub { $p->workers >= 3 && $p->pids('steward') == 1 },
	    5), "$what: the family is complete";
	is $p->quit(10), 0, "$what: QUIT ends it";
	my ($ended, @sums) = $p->sums;
	is_deeply \@sums, [], "$what: nothing is left";
	return;
}

side_by_side(3, map { my $mark = $_; map { my $n = $_;
    sub { try_mark($mark, $n) } } 0, 3 } qw(socket_taken socket_hung
    request_picked backend_sent park_published park_armed backend_received
    close_done call_sent arrival_hung arrival_bound));
done_testing;
