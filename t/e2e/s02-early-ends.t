# SPDX-License-Identifier: BSD-2-Clause
# Who leaves early harms nobody, and half an answer never looks whole.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain chunked);
use Client qw(get request until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep);

my $half = plain('x' x 100000);
my $chunks = chunked('x' x 1000, 'y' x 1000);
# Of an answer that the client has had some of already.
sub half
{
	my ($peer, $bytes) = @_;

	$peer->send($bytes);
	sleep 0.3;
	return 0;
}

my $b = Backend->new({
	'/fine' => plain('fine'),
	'/length' => sub { $_[0]->send(substr $half, 0, 50000); return 0 },
	'/reset' => sub {
		$_[0]->send(substr $half, 0, 50000);
		sleep 0.1;
		$_[0]->reset;
		return 0;
	},
	'/chunked' => sub { half($_[0], substr $chunks, 0, 1500) },
	'/no-last' => sub { half($_[0], substr $chunks, 0, -5) },
	'/no-end' => sub { half($_[0], substr $chunks, 0, -2) },
	'/head' => sub { $_[0]->send(substr $half, 0, 20); return 0 },
	'/slow' => sub { # never answers, so that only leaving ends it
		$_[0]->drain;
		$_[0]->record('end', $_[0]->number . "\n");
		return 0;
	},
	'/early' => plain('early', 'Connection: close'),
});
my $p = Portico->start(one_backend($b->address,
    pool => 'retry = { attempts = 1; };'));
my $at = $p->address('http');

for my $name (qw(length reset chunked no-last no-end)) {
	my $c = Client->new($at);

	$c->send(request("GET /$name") . request('GET /fine'));
	my $r = $c->final;
	ok $r && ($r->{broken} || $r->{status} == 502),
	    "$name: the client sees that it is not whole";
	# of which the client has seen nothing: 502, and all is well
	next if $r && $r->{status} == 502;
	isnt $c->ending(3), 'open', "$name: its connection ends";
	unlike $c->raw, qr/fine/, "$name: nothing follows";
}
is get($at, '/head')->{status}, 502, 'half a head: 502';

my $r = Client::ask($at, "GET /chunked HTTP/1.0\r\n\r\n");
like $r->{body}, qr/^x+y*$/, 'HTTP/1.0, chunks cut: what there was';

# Clients that leave: at every stage, by a close or a reset.
my %stages = (
	nothing => '', head => "GET /slow HTTP/1.1\r\nHo",
	asked => request('GET /slow'),
	body => request('POST /slow', ['Content-Length: 100000'], 'abc'),
	pipeline => request('GET /slow') x 5,
	big => request('POST /slow', ['Content-Length: 900000'], 'x' x 90000),
);
for my $stage (sort keys %stages) {
	for my $how (qw(close reset finish_sending)) {
		my $c = Client->new($at);

		$c->send($stages{$stage});
		sleep 0.02;
		$c->$how;
		$c->close if $how eq 'finish_sending';
	}
	is get($at, '/fine')->{body}, 'fine', "left at '$stage': all is well";
}
ok until_true(sub { (() = Portico::slurp("$b->{dir}/end") =~ /\n/g) >= 4 },
    5), 'the backend connections of those who left are closed';

# An answer that comes before the body has.
my $c = Client->new($at);
$c->send(request('POST /early', ['Content-Length: 1000'], 'x' x 1000));
$r = $c->final;
is $r && $r->{body}, 'early', 'a short body';
my $rude = Backend->new(sub {
	$_[0]->head;
	$_[0]->send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n" .
	    "Connection: close\r\n\r\nbig");
	sleep 0.2;
	return;
});
my $q = Portico->start(one_backend($rude->address,
    pool => 'retry = { attempts = 1; };'));
$c = Client->new($q->address('http'));
$c->send(request('POST /', ['Content-Length: 3000000'], 'x' x 3000000));
$r = $c->final;
is $r && $r->{status}, 413, 'an early answer to a large body reaches us';
is $p->quit(5), 0, 'a clean end';
my ($ended, $wrong) = $p->sums;
is $ended, 1, 'one generation has counted';
is $wrong, undef, 'and every sum is zero';
done_testing;
