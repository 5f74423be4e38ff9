# SPDX-License-Identifier: BSD-2-Clause
# A worker dies at a point that matters while it answers from the cache: the
# next one goes on, byte for byte, and nothing stays pinned.
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
use Certs;
use Client qw(get request);
use Portico;
use Tls;

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $body = join '', map { sprintf '%09d ', $_ } 0 .. 149999; # 1.5 MB
my $b = Backend->new({
	'/large' => plain($body, 'Cache-Control: max-age=600'),
	'/small' => plain(substr($body, 0, 500),
	    'Cache-Control: max-age=600') });
my $cert = Certs->new->leaf(names => [ 'a.test' ]);

# The first worker that comes to the mark after n times dies there.
sub try_death
{
	my ($kind, $mark, $n) = @_;
	local $ENV{PORTICO_FAULT} = "$mark:$n";
	my $p = Portico->start(qq(
	    listeners = {
	      http = { address = "\@http\@"; };
	      https = { address = "\@https\@";
	        tls = { certificates = "$cert"; }; };
	    };
	    workers = { min = 3; max = 3; };
	    cache = { size = "32M"; };
	    pools = { app = { backends = [ "${\ $b->address }" ]; }; };
	    sites = { x = { hosts = "*";
	        routes = ( { pool = "app"; cache = true; } ); }; };));
	my $class = $kind eq 'http' ? 'Client' : 'Tls';

	for my $round (1 .. 40) {
		last if $round > 2 && $p->log =~ /fault: $mark reached/;
		my $c = $class->new($p->address($kind), rcvbuf => 65536)
		    // die 'no connection';
		$c->send(request('GET /large') . request('GET /small') .
		    request('GET /large', [ 'Range: bytes=500001-900000' ]));
		my $r = $c->final;
		ok $r->{body} eq $body, "$kind, $mark:$n, round $round";
		is $c->final->{body}, substr($body, 0, 500), 'the next one';
		ok $c->final->{body} eq substr($body, 500001, 400000),
		    'and a part';
	}
	ok $p->logged(qr/fault: $mark reached/), 'a worker died';
	is $p->quit, 0, 'QUIT';
	my ($ended, @wrong) = $p->sums;
	is_deeply \@wrong, [], 'the sums are zero';
}

try_death('http', 'client_sent', $_) for 0 .. 7;
try_death('https', $_, 9) for qw(record_sealed record_published record_sent);
try_death('http', 'serve_unnamed', $_) for 0, 2;
try_death('https', 'serve_unnamed', 1);
try_death('http', $_, 4) for qw(park_published park_armed);
done_testing;
