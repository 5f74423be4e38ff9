# SPDX-License-Identifier: BSD-2-Clause
# Every wait ends: for the client 408 or a close, for the backend 504.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(request);
use Portico qw(one_backend);
use Time::HiRes qw(time sleep);

my $b = Backend->new({
	'/fine' => plain('fine'),
	'/never' => sub { $_[0]->drain; return 0 },
	'/half' => sub {
		$_[0]->send(substr plain('x' x 1000), 0, 500);
		$_[0]->drain;
		return 0;
	},
	'/big' => plain('x' x 30_000_000),
	'/slow' => sub { sleep 0.6; $_[0]->drip(plain('slow'), 10, 0.5) },
});
my $p = Portico->start(one_backend($b->address, listener => 'timeouts = {
    header = "1s"; body = "1s"; keepalive = "1s"; write = "1s"; };',
    pool => 'timeouts = { response = "1s"; read = "1s"; };
    retry = { attempts = 1; };'));
my $at = $p->address('http');

# All of these wait at the same time, each in a process of its own.
my %tries = (
	'half a head' => [ 408, sub {
		$_[0]->send("GET /fine HTTP/1.1\r\nHost: a") } ],
	'a head byte by byte' => [ 408, sub {
		$_[0]->drip('GET /fin', 1, 0.3) } ],
	'half a body' => [ 408, sub {
		$_[0]->send(request('POST /fine', ['Content-Length: 9'],
		    'abc')) } ],
	'half a chunk' => [ 408, sub {
		$_[0]->send(request('POST /fine',
		    ['Transfer-Encoding: chunked'], "5\r\nab")) } ],
	'no answer' => [ 504, sub { $_[0]->send(request('GET /never')) } ],
	'no answer to a POST' => [ 504, sub {
		$_[0]->send(request('POST /never', [], 'abc')) } ],
	'half an answer' => [ 'cut', sub {
		$_[0]->send(request('GET /half')) } ],
	'idle after an answer' => [ 'idle', sub {
		$_[0]->send(request('GET /fine'));
		$_[0]->final } ],
	'a client that does not read' => [ 'cut', sub {
		$_[0]->send(request('GET /big'));
		sleep 5 } ],
	'slow, but in time' => [ 200, sub {
		$_[0]->drip(request('GET /slow'), 20, 0.1) } ],
);
my %pipes;

sub verdict
{
	my ($c, $expected, $began) = @_;
	my ($r, $end);

	if ($expected eq 'idle') {
		$end = $c->ending(5);
		return $end eq 'closed' && $c->rest eq '' ? 'idle' : $end;
	}
	$r = $c->final(timeout => 6);
	return 'none' if !$r;
	return 'cut' if $r->{broken};
	return $r->{status} if $r->{status} < 400;
	$end = time - $began;
	return "$r->{status} after $end s" if $end < 0.8 || $end > 5;
	return $r->{status} if $r->{status} == 504;
	return $c->ending(3) eq 'open' ? 'left open' : $r->{status};
}

for my $name (sort keys %tries) {
	my ($expected, $code) = @{ $tries{$name} };
	my $pid = open(my $pipe, '-|') // die "fork: $!";

	if ($pid > 0) {
		$pipes{$name} = $pipe;
		next;
	}
	my $began = time;
	my $c = Client->new($at, rcvbuf => 4096);
	$code->($c);
	print eval { verdict($c, $expected, $began) } // $@;
	close STDOUT;
	POSIX::_exit(0);
}
for my $name (sort keys %tries) {
	my $pipe = $pipes{$name};

	is scalar <$pipe>, $tries{$name}[0], $name;
}
is Client::get($at, '/fine')->{status}, 200, 'and others are served';
done_testing;
