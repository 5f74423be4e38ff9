# SPDX-License-Identifier: BSD-2-Clause
# Who sends or reads more slowly than min_rate is let go after ten seconds.
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
	'/big' => plain('x' x 30_000_000),
	'/events' => sub { # the backend is slow, not the reader
		$_[0]->drip(plain('e' x 140), 10, 0.9) },
	'/think' => sub { sleep 12; $_[0]->send(plain('thought')) },
});
my $p = Portico->start(one_backend($b->address,
    listener => 'min_rate = "100000/s"; max_body = "100M";'));
my $at = $p->address('http');

# More than what our kernel takes for a reader in advance.
my $q = Portico->start(one_backend($b->address,
    listener => 'min_rate = "1000000/s";',
    top => 'access_log = { to = "@dir@/access.log"; };'));

sub post
{
	my ($c, $n, $piece, $pause, $chunked) = @_;

	$c->send(request('POST /fine', [ $chunked ?
	    'Transfer-Encoding: chunked' : "Content-Length: $n" ]));
	for (my $sent = 0; $sent < $n; $sent += $piece) {
		$c->send($chunked ? sprintf "%x\r\n%s\r\n", $piece,
		    'x' x $piece : 'x' x $piece) or last;
		last if $c->more($pause); # an answer
	}
	$c->send("0\r\n\r\n") if $chunked;
	return $c->final;
}

# Reads a little now and then; until the log has the end of it.
sub trickle
{
	my ($c) = @_;
	my $until = time + 20;

	$c->send(request('GET /big'));
	while (time < $until && !-s $q->dir . '/access.log') {
		sysread $c->{socket}, my $part, 2000;
		sleep 0.05;
	}
	return time < $until ? 'cut' : 'not cut';
}

# What comes of it, and the seconds within which.
my %tries = (
	'a slow body' => [ 408, 9, 14, sub { post($_[0], 5e6, 1000, 0.1) } ],
	'slow chunks' => [ 408, 9, 14, sub {
		post($_[0], 5e6, 1000, 0.1, 1) } ],
	'a body that is fast enough' => [ 200, 10.5, 25, sub {
		post($_[0], 4_200_000, 35000, 0.1) } ],
	'a slow body that is over soon' => [ 200, 0, 9, sub {
		post($_[0], 5000, 1000, 0.5) } ],
	'a slow reader' => [ 'cut', 9, 15, sub {
		trickle(Client->new($q->address('http'), rcvbuf => 4096)) } ],
	'a slow backend' => [ 200, 10, 25, sub {
		$_[0]->send(request('GET /events'));
		$_[0]->final } ],
	'a backend that thinks' => [ 200, 11, 25, sub {
		$_[0]->send(request('GET /think'));
		$_[0]->final(timeout => 20) } ],
);
my %pipes;

for my $name (sort keys %tries) {
	my (undef, undef, undef, $code) = @{ $tries{$name} };
	my $pid = open(my $pipe, '-|') // die "fork: $!";

	if ($pid > 0) {
		$pipes{$name} = $pipe;
		next;
	}
	my $began = time;
	my $c = Client->new($at, rcvbuf => 4096);
	my $r = eval { $code->($c) } // $@;
	print time - $began, ' ', !ref $r ? $r :
	    $r->{broken} ? 'broken' : $r->{status};
	close STDOUT;
	POSIX::_exit(0);
}
for my $name (sort keys %tries) {
	my ($expected, $least, $most) = @{ $tries{$name} };
	my $pipe = $pipes{$name};
	my ($seconds, $what) = split / /, scalar(<$pipe>) // '0 nothing', 2;

	is $what, $expected, "$name: $expected";
	cmp_ok $seconds, '>=', $least, "$name: not before";
	cmp_ok $seconds, '<', $most, 'nor much later';
}
is Client::get($at, '/fine')->{status}, 200, 'and others are served';
done_testing;
