# SPDX-License-Identifier: BSD-2-Clause
# A backend that is given by name: all its addresses share the load, and
# what changes in DNS is followed while requests go on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(get field until_true);
use Dns;
use Portico qw(free_port);

my $port = free_port();
my %b = map { ($_ => Backend->new('echo', name => $_,
    at => "127.0.0.$_:$port")) } 1 .. 3;
my $dns = Dns->new('app.test' => [ 'A 127.0.0.1', 'A 127.0.0.2', 'TTL 1' ]);
my $p = Portico->start(<<"END");
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "app.test:$port" ]; resolve = "1s"; }; };
resolvers = [ "@{[ $dns->address ]}" ];
END
my $at = $p->address('http');

# Who answers n requests: "1:5 2:5".
sub shares
{
	my ($n) = @_;
	my %by;

	for (1 .. $n) {
		my $r = get($at, '/');
		my $name = $r->{status} == 200 ? field($r, 'X-Backend')
		    : $r->{status};
		$by{$name}++;
	}
	return join ' ', map { "$_:$by{$_}" } sort keys %by;
}

is shares(20), '1:10 2:10', 'the first requests find both addresses';
is field(get($at, '/'), 'X-Backend') // '', 1, 'in their turns';
my ($host) = ($b{1}->received)[0] =~ /^Host: (.*?)\r/m;
ok $p->logged(qr/app\.test is at 127\.0\.0\.1:$port, 127\.0\.0\.2:$port$/m),
    'the log says where it is';

$dns->set('app.test', 'A 127.0.0.2', 'TTL 1');
ok until_true(sub { shares(8) eq '2:8' }), 'one is gone';
ok $p->logged(qr{app/app\.test:$port is without address: its name has lost}),
    'which is a change of state';

$dns->set('app.test', 'A 127.0.0.3', 'A 127.0.0.2', 'TTL 1');
ok until_true(sub { shares(8) eq '2:4 3:4' }), 'another comes';

$dns->set('app.test', 'A 127.0.0.1', 'TTL 1');
ok until_true(sub { shares(4) eq '1:4' }), 'all are others';

$dns->set('app.test', map({ "A 127.0.0.$_" } 1 .. 3), 'A 0.0.0.0',
    'A 224.0.0.1', 'A 127.0.0.2', 'TTL 1');
ok until_true(sub { shares(9) eq '1:3 2:3 3:3' }),
    'what no server can have is passed over, and what is said twice';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
