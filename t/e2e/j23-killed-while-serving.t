# SPDX-License-Identifier: BSD-2-Clause
# Workers die while they send from the cache: no byte is lost or sent twice.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Backend qw(plain);
use Certs;
use Client qw(get request);
use Portico;
use Tls;

my $body = join '', map { sprintf '%09d ', $_ } 0 .. 399999; # 4 MB
my $b = Backend->new({
	'/all' => plain($body, 'Cache-Control: max-age=600'),
	'/small' => plain(substr($body, 0, 3000),
	    'Cache-Control: max-age=600') });
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $p = Portico->start(qq(
	workers = { min = 3; max = 6; };
	listeners = {
	  http = { address = "\@http\@"; };
	  https = { address = "\@https\@"; tls = { certificates = "$cert"; }; };
	};
	pools = { app = { backends = [ "${\ $b->address }" ]; }; };
	cache = { size = "64M"; key = [ "host", "target" ]; };
	sites = { x = { hosts = "*";
	    routes = ( { pool = "app"; cache = true; } ); }; };));
my %at = map { $_ => $p->address($_) } qw(http https);

get($at{http}, "/$_") for qw(all small);
my $asked = () = $b->requests;

# Reads slowly, so that strides end in its midst; a worker dies at each pause.
for my $kind (qw(http https)) {
	my $class = $kind eq 'http' ? 'Client' : 'Tls';
	my ($whole, $cut, $kills) = (0, 0, 0);

	for my $round (1 .. 6) {
		my @c = map { $class->new($at{$kind}, rcvbuf => 65536) } 1 .. 4;

		$_->send(request('GET /all') . request('GET /small')) for @c;
		for my $pause (1 .. 8) {
			my ($victim) = sort { rand() <=> 0.5 } $p->workers;

			$kills += kill 'KILL', $victim if $victim;
			$_->more(0.05) for @c;
			sleep 0.02;
		}
		for my $c (@c) {
			my ($r, $s) = ($c->final(timeout => 20),
			    $c->final(timeout => 20));
			if ($r && $r->{body} eq $body && $s
			    && $s->{body} eq substr $body, 0, 3000) {
				$whole++;
			} else {
				$cut++;
				diag sprintf '%s: %d bytes of %d',
				    $kind, $r ? length $r->{body} : -1,
				    length $body;
			}
		}
	}
	cmp_ok $kills, '>', 30, "$kind: $kills workers were killed";
	is $cut, 0, "all $whole answers were whole, and exact";
}
is scalar(() = $b->requests), $asked, 'no backend was asked';
is $p->quit, 0, 'quit';
is_deeply [ $p->sums ], [ 1 ], 'nothing is lost';
done_testing;
