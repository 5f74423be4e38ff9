# SPDX-License-Identifier: BSD-2-Clause
# The limit of connections holds for who comes out of a handshake too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(request);
use Portico;
use Tls qw(get_tls one_https);

my $most = 20;
my $b = Backend->new(plain('fine'));
my $p = Portico->start(one_https($b->address,
    Certs->new->leaf(names => [ 'a.test' ]),
    top => "gates = 2; connections = $most;"));
my $at = $p->address('https');
my @clients;

# More than the family has rows (1.5 of the limit and 256): they all begin.
for (1 .. 350) {
	my $c = Tls->new($at, lazy => 1);

	Net::SSLeay::do_handshake($c->ssl);
	$c->flush;
	push @clients, $c;
}
# Then each goes on as far as it comes, without a request.
$_->shake(0.02) for @clients;
select undef, undef, undef, 0.3;

# Sockets that a worker has: clients, the listeners' ends, and few others.
my ($worker) = $p->workers;
my $sockets = grep { (readlink // '') =~ /^socket:/ }
    glob "/proc/$worker/fd/*";
SKIP: {
	skip 'only root sees what others have', 2 if $> != 0;
	cmp_ok $sockets, '>=', $most, "$sockets sockets in a worker's table";
	cmp_ok $sockets, '<=', $most + 20, 'the rest waits outside';
}
# Which of them have a place is the gates' to say: so all ask before one waits.
my %got;
my $request = request('GET /', [ 'Connection: close' ]);
$_->shake(5) && $_->send($request) for @clients;
for my $c (@clients) {
	my $r = $c->final;

	$got{$r ? "$r->{status} $r->{body}" : 'nothing'}++;
	$c->close;
}
is_deeply \%got, { '200 fine' => 350 }, 'all are served, in their turn';
is get_tls($at, '/')->{body}, 'fine', 'and who comes later';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
