# SPDX-License-Identifier: BSD-2-Clause
# Connections to backends are kept, shared, and never trusted to be alive.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(ask get request until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep);

sub portico
{
	my ($backend, $pool) = @_;

	return Portico->start(one_backend($backend->address,
	    pool => $pool))->address('http');
}

# How many connections the proxy has ended.
sub ended
{
	my ($backend) = @_;

	return scalar(() = glob "$backend->{dir}/end.*");
}

sub keeping
{
	my ($c) = @_;

	while (defined(my $r = $c->request)) {
		sleep 0.3 if $r =~ /slow/;
		$c->send(plain('kept'));
	}
	$c->record('end.' . $c->number, '');
	return;
}

my $b = Backend->new(\&keeping);
my $at = portico($b, 'idle_connections = 2; timeouts = { idle = "1s"; };');
is get($at, "/$_")->{status}, 200, "request $_" for 1 .. 20;
is $b->connections, 1, 'one connection carries 20 requests of 20 clients';

sleep 0.5;
is ended($b), 0, 'it is kept';
ok until_true(sub { ended($b) == 1 }, 4), 'and closed once it was idle';
is get($at, '/again')->{status}, 200, 'then there is another';

$b->clear;
my @clients = map { Client->new($at) } 1 .. 6;
$_->send(request('GET /slow')) for @clients;
is join(' ', map { $_->final->{status} } @clients), '200 ' x 5 . 200,
    'six at once';
ok until_true(sub { ended($b) >= 4 }, 0.7),
    'no more than idle_connections stay';

# One answer each, and a close that nobody announced.
my $once = Backend->new(sub {
	defined $_[0]->request and $_[0]->send(plain('once')) });
$at = portico($once, '');
my $statuses = '';
for my $i (1 .. 10) {
	$statuses .= get($at, "/$i")->{status} . ' ';
	sleep 0.02;
	$statuses .= ask($at, request("POST /p$i", [], 'abc'))->{status} . ' ';
}
is $statuses, '200 ' x 20, 'connections that have died in the pool';
my %seen;
$seen{$_}++ for map { m{^(\S+ \S+)} } $once->requests;
is join(' ', grep { $seen{$_} > 1 && /POST/ } keys %seen), '',
    'no POST was sent twice';

# It dies at the second request, of which it saw every byte.
my $second = Backend->new(sub {
	defined $_[0]->request and $_[0]->send(plain('first'))
	    and defined $_[0]->request and $_[0]->reset });
$at = portico($second, 'retry = { attempts = 3; };');
is join(' ', map { get($at, "/$_")->{status} } 1 .. 10),
    '200 ' x 9 . 200, 'a GET on a connection that dies is asked again';

for my $closing ("HTTP/1.1 200 OK\r\nConnection: close\r\n" .
    "Content-Length: 2\r\n\r\nok", "HTTP/1.0 200 OK\r\n" .
    "Content-Length: 2\r\n\r\nok") {
	my $one = Backend->new(sub {
		for (1 .. 9) {
			defined $_[0]->request or return;
			$_[0]->send($closing);
		}
	});
	my $at = portico($one, '');

	is get($at, "/$_")->{body}, 'ok', "closing answer $_" for 1 .. 5;
	is $one->connections, 5, 'its connection is not used again';
}
done_testing;
