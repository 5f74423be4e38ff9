# SPDX-License-Identifier: BSD-2-Clause
# What is left over on a backend connection never meets another request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get ask request until_true);
use Portico qw(one_backend);
use Socket qw(IPPROTO_TCP SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(sleep);

# Small segments and a small window, so that the kernel takes few bytes
# and the rest of a body stays with the proxy.
{
	no warnings 'redefine';
	my $listen_at = \&Backend::listen_at;

	*Backend::listen_at = sub {
		my $s = $listen_at->(@_);

		if ($_[0] !~ /^unix:/) {
			setsockopt $s, SOL_SOCKET, SO_RCVBUF, 4096;
			setsockopt $s, IPPROTO_TCP, Socket::TCP_MAXSEG(),
			    536;
		}
		return $s;
	};
}

my $early = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno";

# Reads a head, answers at once, and only then takes the body, all of it.
sub refusing
{
	my ($c) = @_;

	while (defined(my $head = $c->head)) {
		$c->send($head =~ /^POST/ ? $early : plain('own')) or return;
		sleep 0.3 if $head =~ /^POST/;
		$c->{in} = $head . $c->{in};
		defined $c->request or return;
	}
	return;
}

my $dir = Portico::temporary();
for my $where ('127.0.0.1:0', "unix:$dir/socket") {
	my $b = Backend->new(\&refusing, at => $where);
	my $p = Portico->start(one_backend($b->address,
	    top => 'workers = { min = 2; max = 2; };'));
	my $at = $p->address('http');
	my $kind = $where =~ /^unix/ ? 'unix' : 'tcp';

	for my $size (150000, 190000, 1000000) {
		my $c = Client->new($at);

		$c->send(request('POST /up', ["Content-Length: $size"],
		    'x' x ($size == 1000000 ? 600000 : $size)));
		my $r = $c->final(timeout => 3);
		is $r && $r->{status}, 401, "$kind, $size: an early answer";
		$r = ask($at, request("GET /victim$size"), timeout => 3);
		is $r->{body}, 'own', "$kind, $size: the next is answered";
		ok Client::until_true(sub {
			1 == grep { m{^GET /victim$size } } $b->requests }, 5),
		    "$kind, $size: it was a request of its own";
		$c->close;
		sleep 0.4;
		$b->clear;
	}
	is $p->quit(5), 0, "$kind: a clean end";
}

# A complete answer, and something after it that nobody asked for: with it
# or a moment later.
my $poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON";
my $b = Backend->new(sub {
	my ($c) = @_;

	while (defined(my $r = $c->request)) {
		my $later = $r =~ m{^\S+ /later};
		my $head = $r =~ /^HEAD/;
		my $answer = $head ? plain(\'POISON') : plain('right');
		my $extra = $r =~ m{^\S+ /\w+-clean} ? '' : $head &&
		    $r !~ m{^\S+ /\w+-answer} ? 'POISON' : $poison;

		$c->send($answer . ($later ? '' : $extra)) or return;
		sleep 0.03 if $later;
		!$later or $c->send($extra) or return;
	}
	return;
});
my $p = Portico->start(one_backend($b->address,
    top => 'workers = { min = 2; max = 2; };'));
my $at = $p->address('http');
for my $bad ('GET /at_once', 'GET /later', 'POST /at_once', 'POST /later',
    'HEAD /at_once', 'HEAD /later', 'HEAD /at_once-answer',
    'HEAD /later-answer') {
	for my $next ('GET /at_once-clean', 'POST /at_once-clean') {
		my $first = Client->new($at);

		$first->send(request($bad, [],
		    $bad =~ /^POST/ ? 'abc' : undef));
		my $r = $first->final(head_only => !!($bad =~ /^HEAD/));
		is $r && $r->{status}, 200, "$bad: answered";
		sleep 0.1;
		is ask($at, request($next, [], $next =~ /^POST/ ? 'abc'
		    : undef))->{body}, 'right', "then $next of another";
		is get($at, '/at_once-clean')->{body}, 'right', 'and a third';
		is $first->rest, '', 'nothing follows to the first';
		$first->close;
	}
}
is $p->quit(5), 0, 'a clean end';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and every sum is zero';
done_testing;
