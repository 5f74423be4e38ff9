# SPDX-License-Identifier: BSD-2-Clause
# A name that cannot be looked up is a backend that is down, not a start that
# fails; and whoever can be found is there for the first request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use Backend;
use Client qw(get field until_true);
use Dns;
use Portico;

my $b = Backend->new('echo');
my $port = $b->port;

sub conf
{
	my ($dns, $backends) = @_;
	my $address = $dns->address;

	return <<"END";
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ $backends ]; resolve = "1s"; }; };
resolvers = [ "$address" ];
END
}

my $dns = Dns->new;
my $p = Portico->start(conf($dns, qq{"late.test:$port"}));
my $at = $p->address('http');
is get($at, '/')->{status}, 503, 'nobody is there';
ok $p->logged(qr/late\.test cannot be looked up: .*; it has no address yet$/m),
    'the log says why';
$dns->set('late.test', 'A 127.0.0.1', 'TTL 1');
ok until_true(sub { get($at, '/')->{status} == 200 }, 8), 'then it comes';
ok $p->logged(qr/late\.test can be looked up again/), 'and that is said';
is $p->quit, 0, 'QUIT';

$dns = Dns->new('slow.test' => [ 'A 127.0.0.1' ]);
$dns->mood('slow.test', 'slow');
$p = Portico->start(conf($dns, qq{"slow.test:$port"}));
is get($p->address('http'), '/')->{status}, 200, 'a slow answer is awaited';
$p->stop;

$dns = Dns->new('silent.test' => [ 'A 127.0.0.1' ]);
$dns->mood('*', 'silent');
my $began = time;
$p = Portico->start(conf($dns, qq{"silent.test:$port"}));
my $took = time - $began;
cmp_ok $took, '>', 1.5, 'that of a silent server for a while';
cmp_ok $took, '<', 8, 'but not for long';
is get($p->address('http'), '/')->{status}, 503, 'and the backend is down';
$dns->mood('*', '');
ok until_true(sub { get($p->address('http'), '/')->{status} == 200 }, 9),
    'until the server speaks';
$p->stop;

$dns = Dns->new('half.test' => [ 'A 127.0.0.1' ]);
$dns->mood('*', 'AAAA silent');
$began = time;
$p = Portico->start(conf($dns, qq{"half.test:$port"}));
is get($p->address('http'), '/')->{status}, 200,
    'half an answer is enough to begin';
$p->stop;

$dns = Dns->new;
$p = Portico->start(conf($dns, qq{"localhost:$port"}));
is get($p->address('http'), '/')->{status}, 200, 'localhost is known';
is scalar($dns->questions), 0, 'and nobody is asked for it';
$p->stop;

$p = Portico->start(conf($dns, qq{"localhost:$port"}) =~ s/resolvers.*//r);
is get($p->address('http'), '/')->{status}, 200, 'by the hosts file, too';
$p->stop;
done_testing;
