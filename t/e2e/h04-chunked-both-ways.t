# SPDX-License-Identifier: BSD-2-Clause
# Chunks arrive whole, wherever their bytes were split.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(chunked echoed);
use Client qw(ask get request field);
use Portico qw(one_backend);

my $echo = Backend->new('echo');
my $p = Portico->start(one_backend($echo->address));
my $at = $p->address('http');
my @head = ('Transfer-Encoding: chunked');
my $chunks = "4\r\nWiki\r\nA;x=\"y\"\r\n0123456789\r\n00\r\n\r\n";
my $whole = request('POST /split', \@head, $chunks);

my $c = Client->new($at);
my @wrong;
for my $at_byte (1 .. length($whole) - 1) {
	$c->send(substr $whole, 0, $at_byte);
	Time::HiRes::sleep(0.002);
	$c->send(substr $whole, $at_byte);
	my $r = $c->final;
	push @wrong, $at_byte
	    if !$r || echoed($r)->{body} ne 'Wiki0123456789';
	last if !$r;
}
is "@wrong", '', 'a request split in two at every byte';

$c = Client->new($at);
$c->drip($whole, 1, 0.001);
my $seen = echoed($c->final);
is $seen->{body}, 'Wiki0123456789', 'byte by byte';
is field($seen, 'Trailer'), undef, 'no trailers are promised';

for ([ 'CHUNKED', $chunks, 'Wiki0123456789' ],
    [ 'Chunked', "0\r\n\r\n", '' ],
    [ 'chunked', "0\r\nX-Trailer: a\r\n\r\n", '' ],
    [ 'chunked', "000a\r\n0123456789\r\n0\r\n\r\n", '0123456789' ],
    [ 'chunked', "aB\r\n" . 'z' x 171 . "\r\n0\r\n\r\n", 'z' x 171 ],
    [ 'chunked', "1;a;b=c\r\nx\r\n0;d\r\n\r\n", 'x' ]) {
	my ($coding, $bytes, $body) = @$_;
	my $r = ask($at, request('POST /',
	    [ "Transfer-Encoding: $coding" ], $bytes));

	is $r->{status}, 200, "lawful: $coding";
	is echoed($r)->{body}, $body, 'body';
}

my $big = join '', map { chr(65 + $_ % 26) } 1 .. 200000;
my $bytes = join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
    unpack '(a7001)*', $big) . "0\r\n\r\n";
my $r = ask($at, request('POST /big', \@head, $bytes));
ok echoed($r)->{body} eq $big, '200 KB in chunks';
$r = ask($at, request('POST /big', [], $big));
ok echoed($r)->{body} eq $big, '200 KB with a length';

my $answer = chunked('Wiki', '0123456789');
my @pauses = map {
	my $n = $_;
	("/$n" => sub {
		$_[0]->send(substr $answer, 0, $n);
		Time::HiRes::sleep(0.002);
		$_[0]->send(substr $answer, $n) })
} 1 .. length($answer) - 1;
my $split = Backend->new({ @pauses,
	'/drip' => sub { $_[0]->drip($answer, 1, 0.001) },
	'/trailer' => $answer =~ s/\r\n\r\n$/\r\nX-T: secret\r\n\r\n/r,
	'/many' => chunked(map { 'x' } 1 .. 20000),
});
my $q = Portico->start(one_backend($split->address));

@wrong = ();
$c = Client->new($q->address('http'));
for my $n (1 .. length($answer) - 1) {
	$c->send(request("GET /$n"));
	my $r = $c->final;
	push @wrong, $n if !$r || $r->{broken} ||
	    $r->{body} ne 'Wiki0123456789';
	last if !$r;
}
is "@wrong", '', 'an answer split in two at every byte';

$r = get($q->address('http'), '/drip');
is $r->{body}, 'Wiki0123456789', 'an answer byte by byte';
$r = get($q->address('http'), '/trailer');
is $r->{body}, 'Wiki0123456789', 'with a trailer';
ok !$r->{broken}, 'complete';
unlike $r->{head}, qr/X-T/, 'which is not merged into the head';
$r = get($q->address('http'), '/many');
ok $r->{body} eq 'x' x 20000 && !$r->{broken}, '20000 chunks of a byte';
done_testing;
