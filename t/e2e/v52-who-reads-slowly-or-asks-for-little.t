# SPDX-License-Identifier: BSD-2-Clause
# One client cannot make others wait, nor make a backend send what nobody gets.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Backend;
use Client qw(ask field get request until_true);
use Portico qw(one_site temporary);
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = temporary();
chmod 0777, $dir;
my $piece = 'x' x 65536;
my $chunk = sprintf "%x\r\n%s\r\n", length $piece, $piece;

sub note_sent
{
	my ($name, $bytes) = @_;

	open my $f, '>', "$dir/$name" or die $!;
	print $f $bytes;
	close $f;
	return;
}

# /vary: half a second for each that says who it is otherwise; /chunked: 6 MB of which nobody knows; /large: 64 MB, more than max_object;
# /slow: after a second, for one client; /grows: the same as /chunked, without
# an end in sight.
my $b = Backend->new(sub {
	my ($c) = @_;
	while (defined(my $r = $c->request)) {
		my ($name) = $r =~ m{^\S+ /(\w+)} or return;
		my $head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n";
		if ($name eq 'chunked') {
			$c->send($head . "Transfer-Encoding: chunked\r\n\r\n")
			    or return;
			for (1 .. 96) {
				$c->send($chunk) or return;
			}
			$c->send("0\r\n\r\n") or return;
		} elsif ($name eq 'vary') {
			my ($who) = $r =~ /^X-Who: (\w+)/m;
			sleep 0.5;
			$c->send($head . "Vary: X-Who\r\nContent-Length: " .
			    length($who) . "\r\n\r\n$who") or return;
		} elsif ($name eq 'slow') {
			sleep 1;
			$c->send($head . "Content-Length: 2\r\n\r\nok")
			    or return;
		} else {
			my $coded = $name eq 'grows';
			$c->send($head . ($coded
			    ? "Transfer-Encoding: chunked\r\n\r\n"
			    : "Content-Length: 67108864\r\n\r\n")) or return;
			my $sent = 0;
			for (1 .. 1024) {
				note_sent($name, $sent);
				$c->send($coded ? $chunk : $piece) or return;
				$sent += length $piece;
			}
			note_sent($name, $sent);
			$c->send("0\r\n\r\n") if $coded;
		}
	}
});
my $p = Portico->start(one_site(
    '{ pool = "app"; cache = { max_object = "16M"; collapse = "8s"; }; }',
    pools => { app => $b->address }, top => q(cache = { size = "256M"; };)));
my $at = $p->address('http');

# Of what a slow client fetches nobody knows how long it will be.
my $slow = Client->new($at, rcvbuf => 32768);
$slow->send(request('GET /chunked'));
sleep 1;
my $began = time;
my $r = get($at, '/chunked');
is length $r->{body}, 96 * 65536, 'others get all of it';
cmp_ok time - $began, '<', 4, 'at once';
$began = time;
$r = get($at, '/chunked');
like field($r, 'Cache-Status'), qr/hit/, 'and it is stored';
is length $slow->final->{body}, 96 * 65536, 'the slow one gets all as well';
$slow->close;

# Who says who it is waits for nobody.
my @all = map { my $c = Client->new($at);
	$c->send(request("GET /slow", [ 'Host: a.test',
	    "Authorization: Basic $_" ])); $c } 1 .. 6;
$began = time;
is scalar(grep { $_->final->{body} eq 'ok' } @all), 6, 'six who say who';
cmp_ok time - $began, '<', 3, 'do not queue';
$_->close for @all;

# Nor do many for whom it is another page each.
sub each_own
{
	my @c = map { my $c = Client->new($at);
		$c->send(request('GET /vary', [ 'Host: a.test',
		    "X-Who: w$_" ])); $c } 1 .. 12;
	my $right = grep { $c[$_ - 1]->final->{body} eq "w$_" } 1 .. 12;
	$_->close for @c;
	return $right;
}
$began = time;
is each_own(), 12, 'twelve that vary';
cmp_ok time - $began, '<', 4, 'do not wait for each other for long';
is each_own(), 12, 'and each has its own again';

# A part of what cannot be stored.
for my $name ('large', 'grows') {
	my $c = Client->new($at);
	$c->send(request("GET /$name", [ 'Host: a.test',
	    'Range: bytes=0-0' ]));
	sleep 1.5;
	$c->close;
	sleep 1;
	my $sent = Portico::slurp("$dir/$name");
	cmp_ok $sent, '<', 40 << 20, "$name: not fetched for nobody ($sent)";
}
is $p->quit(20), 0, 'quit';
is_deeply [ $p->sums ], [ 1 ], 'nothing is left';
done_testing;
