# SPDX-License-Identifier: BSD-2-Clause
# A worker that dies around a PROXY header: the client is answered, and has
# the name that the header gives it, in all of its requests.
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
use Backend qw(echoed);
use Beside qw(side_by_side);
use Client qw(request field until_true);
use Portico;
use Proxied qw(proxy_v1 proxy_v2 proxy_local);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $echo = Backend->new('echo');
my @to = (5678, '192.0.2.1', 80);
my @kinds = ([ proxy_v1('198.51.100.7', @to), '198.51.100.7' ],
    [ proxy_v2('2001:db8::7', 1, '2001:db8::8', 2), '2001:db8::7' ],
    [ proxy_local(), '127.0.0.1' ]);

# Whom the backend is told of, in two requests of a connection whose header
# comes in pieces.
sub told
{
	my ($at, $header, $size) = @_;
	my $c = Client->new($at);
	my @said;

	for my $bytes ($header . request('GET /'), request('GET /again')) {
		$c->drip($bytes, $size, $size < 100 ? 0.005 : 0);
		my $r = $c->response;
		push @said, !$r ? 'closed' : $r->{status} != 200 ?
		    $r->{status} : field(echoed($r), 'X-Forwarded-For');
	}
	return join ' ', @said;
}

sub try_mark
{
	my ($mark, $after) = @_;
	local $ENV{PORTICO_FAULT} = "$mark:$after";
	my $p = Portico->start(qq{
	workers = { min = 3; max = 6; };
	listeners = { http = { address = "\@http\@";
	    proxy_protocol = [ "127.0.0.0/8" ]; }; };
	pools = { app = { backends = [ "@{[ $echo->address ]}" ];
	    proxy_protocol = 0; }; };
	}, listeners => []);
	my $reached = qr/fault: $mark reached/;
	my $what = "$mark after $after";

	for (1 .. 20) {
		for my $size (4096, 11) {
			for (@kinds) {
				my ($header, $who) = @$_;
				my $said = told($p->address('http'), $header,
				    $size);

				next if $said eq "$who $who";
				fail("$what: \"$said\" instead of $who");
				return;
			}
		}
		last if $p->log =~ $reached;
	}
	ok $p->logged($reached, 1), "$what: reached";
	ok until_true(sub { $p->workers >= 3 && $p->pids('steward') == 1 },
	    5), "$what: the family is complete";
	is $p->quit(10), 0, "$what: QUIT ends it";
	my ($ended, @wrong) = $p->sums;
	is_deeply \@wrong, [], "$what: nothing is left";
	return;
}

side_by_side(3, map { my $mark = $_; map { my $n = $_;
    sub { try_mark($mark, $n) } } 0, 4 } qw(client_received proxied_whole
    proxied_taken park_published park_armed park_done page_taken page_unhung
    request_parsed));
done_testing;
