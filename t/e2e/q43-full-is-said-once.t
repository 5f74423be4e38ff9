# SPDX-License-Identifier: BSD-2-Clause
# More clients than there is room for: all are served in the end, and the error
# log says so once, not once for each that comes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(request);
use Portico;

my $backend = Backend->new(plain('hello'));
my $p = Portico->start(Portico::one_backend($backend->address,
    top => 'connections = 16;'));
my $http = $p->address('http');
my $begun = time;
my ($served, $rounds) = (0, 0);

# In each round 16 fill the room and two more shut the door; each that leaves
# opens it.
while ($rounds < 20) {
	my @clients = map { Client->new($http) } 1 .. 18;

	$_->send(request('GET /', [ 'Connection: close' ])) for @clients;
	$served += grep { my $r = $_->final; $r && $r->{status} == 200 }
	    @clients;
	$rounds++;
}
is $served, 18 * $rounds, 'all are served';
my @held = map { Client->new($http) } 1 .. 18;
$_->send("GET / HTTP/1.1\r\n") for @held;
ok $p->logged(qr/no room for more: 1[6-8] clients are here, others wait/, 5),
    'that there is no room is said';
my $lines = () = $p->log =~ /no room for more/g;
cmp_ok $lines, '<=', 1 + int((time - $begun + 1) / 10), 'once in ten seconds';
done_testing;
