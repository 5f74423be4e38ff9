# SPDX-License-Identifier: BSD-2-Clause
# A tunnel carries every byte both ways, and ends when one side ends.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(get until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Tunnel qw(accept_tunnel open_tunnel numbers pump);

my $size = 5_000_000;

# What is at the other end, by target.
my %ends = (
	echo => sub { # byte for byte, what comes
		$_[0]->send(substr $_[0]{in}, 0, length $_[0]{in}, '') or return
		    while length $_[0]{in} || $_[0]->more },
	pump => sub { # numbers both ways at once
		my $said = pump($_[0]{socket}, size => $size, seconds => 60,
		    in => $_[0]{in});
		$_[0]->record('said', "$said\n");
		$_[0]{in} = '';
		$_[0]->drain },
	last => sub { # all at once, and the end
		$_[0]->send(numbers(0, $size)) },
	all => sub { # reads to the end
		$_[0]->drain;
		$_[0]->record('said', length($_[0]{in}) . ' ' .
		    ($_[0]{in} eq numbers(0, length $_[0]{in}) ?
		    "right\n" : "wrong\n")) },
	answer => sub { # an answer to what was said before the end
		$_[0]->drain;
		$_[0]->send(numbers(0, length $_[0]{in})) },
	reset => sub { sleep 0.3; $_[0]->reset },
	quiet => sub { $_[0]->drain; $_[0]->record('said', "left\n") },
);
my $b = Backend->new(sub {
	my $head = accept_tunnel($_[0]) // return;
	my ($end) = $head =~ m{^GET /(\w+)};

	$ends{$end}->($_[0]);
});
my $p = Portico->start(one_backend($b->address));
my $at = $p->address('http');

# What the backend recorded, once it is there.
sub said
{
	my ($pattern, $seconds) = @_;
	my $file = "$b->{dir}/said";

	my $there = until_true(sub { Portico::slurp($file) =~ $pattern },
	    $seconds // 10);
	unlink $file;
	return $there;
}

my ($c, $r) = open_tunnel($at, '/echo');
is $r && $r->{status}, 101, 'a tunnel';
for my $text ('a', "\0", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", 'x' x 100_000,
    join('', map { chr } 0 .. 255)) {
	$c->send($text);
	ok $c->take(length $text) eq $text, length($text) . ' bytes and back';
}
my ($wrong) = (0);
for my $n (1 .. 2000) {
	$c->send($n);
	$c->take(length $n) eq $n or $wrong++;
}
is $wrong, 0, '2000 short messages';
$c->finish_sending;
is $c->ending(5), 'closed', 'the client ends: so does the tunnel';

for (1 .. 3) {
	($c, $r) = open_tunnel($at, '/pump');
	is pump($c->{socket}, size => $size, seconds => 60, in => $c->rest),
	    "sent $size, got $size, right", '5 MB both ways at once';
	$c->close;
	ok said(qr/sent $size, got $size, right/), 'as the backend sees it';
}

for my $slow (0, 1) {
	($c, $r) = open_tunnel($at, '/last', rcvbuf => $slow ? 65536 : undef);
	sleep 1 if $slow;
	ok $c->take($size) eq numbers(0, $size),
	    'all that was sent before the backend\'s end';
	is $c->ending(5), 'closed', 'then the end';
	is $c->rest, '', 'and nothing else';
}
($c, $r) = open_tunnel($at, '/all');
$c->send(numbers(0, $size));
$c->close;
ok said(qr/^$size right/), 'all that was sent before the client\'s end';
($c, $r) = open_tunnel($at, '/answer');
$c->send(numbers(0, 1000));
$c->finish_sending;
ok $c->take(1000) eq numbers(0, 1000), 'an answer after a half-close';
is $c->ending(5), 'closed', 'then the end';

($c, $r) = open_tunnel($at, '/reset');
isnt $c->ending(5), 'open', 'the backend resets: the client\'s end';
for my $way (qw(close reset finish_sending)) {
	($c, $r) = open_tunnel($at, '/quiet');
	sleep 0.1;
	$c->$way;
	ok said(qr/left/, 3), "the client leaves ($way): the backend learns";
}

my @many = map { (open_tunnel($at, '/echo'))[0] } 1 .. 100;
$_->send('many') for @many;
is scalar(grep { $_->take(4) eq 'many' } @many), 100, 'a hundred at once';
$_->close for @many;
is $p->quit(8), 0, 'a clean end';
my ($ended, $bad) = $p->sums;
is $ended, 1, 'sums were taken';
is $bad, undef, 'and are all zero';
done_testing;
