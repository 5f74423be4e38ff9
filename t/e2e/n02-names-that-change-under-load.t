# SPDX-License-Identifier: BSD-2-Clause
# Addresses of a name come, go and change under load, and no request fails:
# those that run finish, and idle connections are closed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Backend;
use Client qw(get field until_true);
use Dns;
use Portico qw(free_port);
use Torture qw(start_load load_line spoiled start_origin_at);

my $port = free_port();
my @origins = map { start_origin_at("127.0.0.$_:$port") } 1 .. 3;
my $slow = Backend->new(sub { my ($c) = @_;
    while ($c->request) { sleep 2; $c->send(Backend::plain('slow')) } },
    at => "127.0.0.4:$port");
my $dns = Dns->new('app.test' => [ 'A 127.0.0.1', 'A 127.0.0.2', 'TTL 1' ]);
my $p = Portico->start(<<"END");
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = ( { address = "app.test:$port"; addresses = 2; } );
    resolve = "1s"; timeouts = { idle = "1h"; }; }; };
resolvers = [ "@{[ $dns->address ]}" ];
END
my $at = $p->address('http');

# How many connections Portico has to an address of that port.
sub connections
{
	my ($host) = @_;
	my $hex = sprintf '%02X%02X%02X%02X:%04X', reverse(split /\./, $host),
	    $port;

	open my $f, '<', '/proc/net/tcp' or die $!;
	return scalar grep { /^ *\d+: \S+ $hex 01/ } <$f>;
}

my @loads = map { start_load('-t', 14, '-w', 10, '-c', $_->[0], @{$_}[1 .. $#$_], $at) }
    [ 8, '-s', '1:3000' ], [ 4, '-q', 'delay=30' ],
    [ 4, '-s', '50000:200000' ];
my @sets = ([ 2 ], [ 2, 3 ], [ 1, 3 ], [ 1 ], [ 3 ], [ 1, 2 ]);
for my $set (@sets) {
	$dns->set('app.test', map({ "A 127.0.0.$_" } @$set), 'TTL 1');
	my %in = map { ($_ => 1) } @$set;
	my @gone = grep { !$in{$_} } 1 .. 3;
	sleep 1.3;
	ok until_true(sub { !grep { connections("127.0.0.$_") } @gone }, 5),
	    "no connection to what is gone: @gone";
	for my $n (@$set) {
		ok until_true(sub { connections("127.0.0.$n") }, 5),
		    "connections to $n";
	}
}
my @lines = map { load_line($_, 20) } @loads;
is spoiled($_), '', $_ for @lines;

$dns->set('app.test', 'A 127.0.0.4', 'TTL 1');
ok $p->logged(qr/is at 127\.0\.0\.4:$port$/m, 5), 'all change';
ok until_true(sub { connections('127.0.0.1') + connections('127.0.0.2') == 0 },
    5), 'all idle ones are closed';
my $c = Client->new($at);
my $sent = time;
$c->send(Client::request('GET /'));
ok until_true(sub { $slow->connections }), 'a slow request runs';
$dns->set('app.test', 'A 127.0.0.1', 'TTL 1');
my $r = $c->final;
is $r && $r->{body}, 'slow', 'it ends, though its address is gone';
cmp_ok time - $sent, '>', 1.5, 'and was slow';
ok until_true(sub { connections('127.0.0.4') == 0 }, 5),
    'its connection is closed after it';
is get($at, '/b/10/1')->{status}, 200, 'the others go on';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
