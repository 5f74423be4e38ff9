# SPDX-License-Identifier: BSD-2-Clause
# A backend that fails is passed over; what is unsafe is never repeated.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain echoed);
use Client qw(ask get request);
use IO::Socket::INET;
use Portico qw(free_port);

my $count = 0;
my $echo = Backend->new('echo');
my $closer = Backend->new(sub { $_[0]->request; return });
my $closer2 = Backend->new(sub { $_[0]->request; return });
my $resetter = Backend->new(sub { $_[0]->request; $_[0]->reset; return });
my $busy = Backend->new(plain('busy') =~ s/200 OK/503 Busy/r);
my $oops = Backend->new(plain('oops') =~ s/200 OK/500 Oops/r);
my $never = Backend->new(sub { $_[0]->drain });
my $full = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 0);
my @fill = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
    PeerPort => $full->sockport, Blocking => 0) } 1 .. 4;
my %pools = (
	refused => [ '127.0.0.1:' . free_port(), $echo->address ],
	gone => [ map { '127.0.0.1:' . free_port() } 1 .. 2 ],
	closed => [ $closer->address, $echo->address ],
	reset => [ $resetter->address, $echo->address ],
	busy => [ $busy->address, $echo->address ],
	oops => [ $oops->address, $echo->address ],
	never => [ $never->address, $echo->address ],
	full => [ '127.0.0.1:' . $full->sockport, $echo->address ],
	all => [ map { $_->address } $closer, $closer2, $resetter ],
	strict => [ $closer->address, $echo->address ],
);
my %more = (
	strict => 'retry = { on = [ "connect" ]; };',
	all => 'retry = { attempts = 2; };',
);
my $pools = join '', map {
	my $list = join ', ', map { qq("$_") } @{ $pools{$_} };
	"$_ = { backends = [ $list ]; " . ($more{$_} // '') .
	    ' passive = false;
	    timeouts = { response = "500ms"; connect = "500ms"; }; };'
} sort keys %pools;
my $routes = join ",\n", map { qq({ path = "/$_"; pool = "$_"; }) }
    sort keys %pools;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = { $pools };
sites = { a = { hosts = "*"; routes = ( $routes ); }; };
});
my $at = $p->address('http');
my @all = ($echo, $closer, $closer2, $resetter, $busy, $oops, $never);

sub statuses
{
	my ($n, $line, $body) = @_;

	return join ' ', map { ask($at, request($line . '/' . ++$count, [],
	    $body))->{status} } 1 .. $n;
}

# How often the most repeated of the requests since clear was seen.
sub most_repeated
{
	my %seen;

	$seen{$_}++ for map { m{^(\S+ \S+)} } map { $_->requests } @all;
	return (sort { $b <=> $a } values %seen)[0] // 0;
}

sub clear { $_->clear for @all; return }

is statuses(6, 'GET /refused'), '200 ' x 5 . 200, 'refused: passed over';
is statuses(6, 'POST /refused', 'x'), '200 ' x 5 . 200, 'for a POST too';
like statuses(2, 'GET /gone'), qr/^50[23] 50[23]$/, 'nobody there: 502 or 503';
is statuses(2, 'GET /full'), '200 200', 'no answer to SYN: passed over';

for my $pool (qw(closed reset busy)) {
	is statuses(4, "GET /$pool"), '200 200 200 200', "$pool: GET again";
	is statuses(2, "HEAD /$pool"), '200 200', 'HEAD again';
	is statuses(4, "PUT /$pool", 'abc'), '200 200 200 200', 'PUT again';
	clear();
	my $got = statuses(6, "POST /$pool", 'abc');
	like $got, $pool eq 'busy' ? qr/503/ : qr/502/, 'POST fails';
	like $got, qr/200/, 'or succeeds';
	is most_repeated(), 1, 'but is sent once';
}
is echoed(ask($at, request('PUT /closed/b', [], 'abc')))->{body}, 'abc',
    'a repeated request has its body';
is statuses(2, 'GET /never'), '200 200', 'no answer in time: GET again';
like statuses(2, 'POST /never', 'x'), qr/504/, 'POST is 504';

like statuses(4, 'GET /oops'), qr/500/, 'a 500 is an answer';
clear();
is statuses(1, 'GET /all'), 502, 'all fail: 502';
my @asked = map { scalar(my @all = $_->requests) } @all;
is join(' ', grep { $_ > 0 } @asked), '1 1',
    'attempts = 2: two are asked, none of them twice';
like statuses(4, 'GET /strict'), qr/502/, 'retry.on without "reset"';
done_testing;
