# SPDX-License-Identifier: BSD-2-Clause
# Answers that could be framed in two ways become a 502; nothing leaks.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain chunked);
use Client qw(get request);
use Portico qw(one_backend);

my $ok = 'HTTP/1.1 200 OK';
my $leak = plain('LEAKED', 'X-Leak: LEAKED');
my $chunks = "5\r\nhello\r\n0\r\n\r\n";
my %bad = (
	'CL and TE' => "$ok\r\nContent-Length: 5\r\n" .
	    "Transfer-Encoding: chunked\r\n\r\n$chunks",
	'two CL' => "$ok\r\nContent-Length: 5\r\n" .
	    "Content-Length: 6\r\n\r\nhello!",
	'TE gzip' => "$ok\r\nTransfer-Encoding: gzip\r\n\r\nhello",
	'TE not last' => "$ok\r\nTransfer-Encoding: chunked, gzip" .
	    "\r\n\r\n$chunks",
	'TE twice' => "$ok\r\nTransfer-Encoding: chunked\r\n" .
	    "Transfer-Encoding: chunked\r\n\r\n$chunks",
	'TE in 1.0' => "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked" .
	    "\r\n\r\n$chunks",
	'folded' => "$ok\r\nX-A: b\r\n c\r\nContent-Length: 5\r\n\r\nhello",
	'NUL' => "$ok\r\nX-A: b\0\r\nContent-Length: 5\r\n\r\nhello",
	'bare CR' => "$ok\r\nX-A: b\rX: c\r\nContent-Length: 5\r\n\r\nhello",
	'bare LF' => "$ok\r\nX-A: b\nX: c\r\nContent-Length: 5\r\n\r\nhello",
	'space before colon' => "$ok\r\nContent-Length : 5\r\n\r\nhello",
	'no colon' => "$ok\r\nnothing\r\nContent-Length: 5\r\n\r\nhello",
	'no status' => "HTTP/1.1 OK\r\nContent-Length: 5\r\n\r\nhello",
	'status 99' => "HTTP/1.1 099 OK\r\nContent-Length: 5\r\n\r\nhello",
	'status 2000' => "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello",
	'status 20x' => "HTTP/1.1 20x OK\r\nContent-Length: 5\r\n\r\nhello",
	'version 2' => "HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	'version 9' => "HTTP/9.9 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	'no HTTP' => "220 mail.test ESMTP\r\n\r\n",
	'0.9' => "<html>hello</html>\r\n\r\n",
	'endless head' => "$ok\r\n" . ("X-A: " . 'b' x 1000 . "\r\n") x 100 . "\r\n",
	'101 unasked' => "HTTP/1.1 101 Switching Protocols\r\n" .
	    "Upgrade: x\r\nConnection: upgrade\r\n\r\n",
	map { ("CL '$_'" => "$ok\r\nContent-Length: $_\r\n\r\nhello") }
	    '+5', '-5', '5,6', '0x5', '', '5a', '9' x 30,
);
my @names = sort keys %bad;
my %scripts = ('/fine' => plain('fine'), map {
	my $bytes = $bad{$names[$_]} . $leak;
	("/$_" => sub {
		$_[0]->send($bytes);
		$_[0]->drain if length $bytes > 50000;
		return 1 })
} 0 .. $#names);
my $b = Backend->new(\%scripts);
my $p = Portico->start(one_backend($b->address,
    pool => 'retry = { attempts = 1; };'));
my $at = $p->address('http');

for my $number (0 .. $#names) {
	my $name = $names[$number];
	my $c = Client->new($at);

	$c->send(request("GET /$number"));
	my $r = eval { $c->final(timeout => 5) };
	is $r ? $r->{status} : "none $@", 502, "$name: 502";
	$c->send(request('GET /fine'));
	$r = eval { $c->final(timeout => 5) };
	ok !$r || $r->{body} eq 'fine',
	    "$name: the next answer is its own, or none";
	unlike $c->raw, qr/LEAKED/, "$name: nothing of a second answer";
}

# A lawful answer, and more than was asked for after it.
my %more = (
	'/length' => plain('hello') . $leak,
	'/chunked' => chunked('hello') . $leak,
	'/204' => "HTTP/1.1 204 No Content\r\n\r\n$leak",
	'/304' => "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" .
	    $leak,
	'/later' => sub {
		$_[0]->send(plain('hello'));
		Time::HiRes::sleep(0.1);
		$_[0]->send($leak);
	},
	'/fine' => plain('fine'),
);
my $m = Backend->new(\%more);
my $q = Portico->start(one_backend($m->address));

for my $target (sort keys %more) {
	my $c = Client->new($q->address('http'));

	$c->send(request("GET $target"));
	ok $c->final, "$target: answered";
	Time::HiRes::sleep(0.2);
	$c->send(request('GET /fine'));
	my $r = $c->final;
	is $r && $r->{body}, 'fine', "$target: then its own";
	unlike $c->raw, qr/LEAKED/, "$target: nothing of a second answer";
}

# Broken in the middle: the client must see that it is.
my $dead = "$ok\r\nTransfer-Encoding: chunked\r\n\r\n";
my %cut = (
	'/size' => "$dead" . "5\r\nhello\r\nxyz\r\nhello\r\n0\r\n\r\n",
	'/lf' => "$dead" . "5\r\nhello\r\n5\nhello\r\n0\r\n\r\n",
	'/end' => "$dead" . "5\r\nhelloX\r\n0\r\n\r\n",
);
my $k = Backend->new({ map {
	my $bytes = $cut{$_};
	($_ => sub { $_[0]->send($bytes); $_[0]->drain; return 0 })
} keys %cut });
my $s = Portico->start(one_backend($k->address));

for my $target (sort keys %cut) {
	my $r = get($s->address('http'), $target);

	ok $r->{broken} || $r->{status} == 502,
	    "bad chunk $target: 502, or an answer that is not completed";
}
done_testing;
