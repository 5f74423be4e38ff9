# SPDX-License-Identifier: BSD-2-Clause
# max_body of a route; and with buffer_request = false a body is passed on
# while it comes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain echoed);
use Client qw(ask get request field until_true);
use Portico qw(one_site);
use Time::HiRes qw(sleep);

my $echo = Backend->new('echo');
my $early = Backend->new(sub {
	defined $_[0]->head or return;
	$_[0]->send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n" .
	    "Connection: close\r\n\r\nno");
	sleep 0.2;
	return;
});
my $dying = Backend->new(sub { # takes some of the body, then dies
	defined $_[0]->head or return;
	$_[0]->more if !length $_[0]{in};
	$_[0]->reset;
});
my $p = Portico->start(one_site('
    { path = "/large"; max_body = "1M"; pool = "app"; },
    { path = "/small"; max_body = "1k"; pool = "app"; },
    { path = "/none"; max_body = 0; pool = "app"; },
    { path = "/stream"; buffer_request = false; pool = "app"; },
    { path = "/early"; buffer_request = false; pool = "early"; },
    { path = "/dying"; buffer_request = false; pool = "dying"; },
    { path = "/site"; pool = "app"; }', site => 'max_body = "2k";',
    listener => 'max_body = "3k";', pools => { app => $echo->address,
    early => $early->address, dying => $dying->address . '", "' .
    $echo->address }));
my $at = $p->address('http');
my @chunked = ('Transfer-Encoding: chunked');

for (
    [ 200, '/small', 1024 ], [ 413, '/small', 1025 ], [ 200, '/none', 0 ],
    [ 413, '/none', 1 ], [ 200, '/site', 2048 ], [ 413, '/site', 2049 ],
    [ 200, '/large', 1 << 20 ], [ 413, '/large', (1 << 20) + 1 ],
    [ 200, '/stream', 2048 ], [ 413, '/stream', 2049 ]) {
	my ($status, $path, $n) = @$_;
	my $body = 'x' x $n;

	for my $request (request("POST $path", [], $body),
	    request("POST $path", \@chunked, ($n ? sprintf("%x\r\n%s\r\n",
		$n, $body) : '') . "0\r\n\r\n")) {
		my $r = ask($at, $request);

		is $r->{status}, $status, "$path: $n bytes: $status";
		ok echoed($r)->{body} eq $body, 'all there' if $status == 200;
	}
}

# Each part is with the backend before the next is sent.
sub seen { my ($text) = @_; return join('', $echo->received) =~ /$text/ }

for my $coding ('Content-Length: 15', @chunked) {
	my $c = Client->new($at);
	my $chunks = $coding eq $chunked[0];

	$echo->clear;
	$c->send(request('POST /stream', [ $coding ]));
	for my $part ('first', 'secon', 'third') {
		$c->send($chunks ? "5\r\n$part\r\n" : $part);
		my $whole = $chunks ? qr/$part\r\n/ : qr/$part/;
		ok until_true(sub { seen($whole) }, 3), "$coding: $part";
	}
	$c->send("0\r\n\r\n") if $chunks;
	my $seen = echoed($c->final);
	is $seen->{body}, 'firstseconthird', 'the whole body';
	is !!field($seen, 'Content-Length'), !$chunks, 'framed';
	is !!field($seen, 'Transfer-Encoding'), $chunks, 'as it came';
	$c->send(request('GET /stream'));
	is $c->final->{status}, 200, 'the connection stays usable';

	# By default a short body is collected first.
	$c = Client->new($at);
	$echo->clear;
	$c->send(request('POST /site', [ $coding ]) .
	    ($chunks ? "5\r\nfirst\r\n" : 'first'));
	sleep 0.5;
	is join('', $echo->received), '', 'buffered: nothing yet';
	$c->send($chunks ? "a\r\nsecondthir\r\n0\r\n\r\n" : 'secondthir');
	is echoed($c->final)->{body}, 'firstsecondthir', 'then all of it';
}

# A body of which the backend saw a part is not sent twice, nor as whole.
for my $way (qw(close reset)) {
	my $c = Client->new($at);

	$echo->clear;
	$c->send(request('POST /stream', \@chunked, "5\r\nfirst\r\n"));
	until_true(sub { seen('first') }, 3);
	$c->$way;
	sleep 0.5;
	unlike join('', $echo->received), qr/\r\n0\r\n/, "$way: no last chunk";
	is scalar(() = $echo->requests), 0, 'and no request';
}
my $c = Client->new($at);
$c->send(request('POST /stream', \@chunked, "5\r\nfirst\r\n"));
$c->send(sprintf "%x\r\n%s\r\n0\r\n\r\n", 3000, 'x' x 3000);
is $c->final->{status}, 413, 'too long in the middle: 413';
is scalar(() = $echo->requests), 0, 'and no request';

$c = Client->new($at);
$c->send(request('POST /early', \@chunked, "5\r\nfirst\r\n"));
my $r = $c->final;
is $r && "$r->{status} $r->{body}", '403 no', 'an answer before the body';
$echo->clear;
for (1 .. 4) {
	$c = Client->new($at);
	$c->send(request('PUT /dying', [ 'Content-Length: 10' ], 'first'));
	sleep 0.2;
	$c->send('secon');
	$r = $c->final;
	like $r && $r->{status}, qr/^(?:200|502)$/, 'a backend that dies';
	$r->{status} == 502 or is echoed($r)->{body}, 'firstsecon', 'all of it';
}
done_testing;
