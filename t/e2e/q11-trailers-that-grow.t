# SPDX-License-Identifier: BSD-2-Clause
# A trailer section of the largest size is passed on whole, both ways, though
# each line grows by a blank: what follows it is not read as part of it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(request);
use Portico qw(one_site);

# 64 lines without blanks: 8192 bytes with the empty line.
my @names = map { sprintf 't%02d', $_ } 1 .. 64;
my $left = 8190;
my @lines;
for my $i (0 .. $#names) {
	my $n = int($left / (@names - $i));
	push @lines, "$names[$i]:" . 'v' x ($n - length("$names[$i]:\r\n"));
	$left -= $n;
}
my $section = join '', map { "$_\r\n" } @lines, '';
my @right = map { s/:/: /r } @lines;
is length $section, 8192, 'the largest section';

my $b = Backend->new(sub {
	my ($c) = @_;

	while (defined(my $r = $c->request)) {
		my $same = "@{ $c->{trailers} }" eq "@right" ? 'same' : 'other';
		my $answer = $r =~ m{^GET /down} ?
		    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .
		    "5\r\nhello\r\n0\r\n$section" : plain($same);
		$c->send($answer) or return;
	}
});
my $p = Portico->start(one_site('
    { path = "/stream"; buffer_request = false; pool = "app"; },
    { pool = "app"; }', pools => { app => $b->address }));
my $c = Client->new($p->address('http'));

$Client::TIMEOUT = 5;
for my $target ('/', '/stream') {
	for (1 .. 2) {
		$c->send(request("POST $target",
		    [ 'Transfer-Encoding: chunked' ],
		    "5\r\nhello\r\n0\r\n$section"));
		my $r = $c->final;
		is $r && $r->{body}, 'same', "of a request: $target";
	}
}
for (1 .. 2) {
	$c->send(request('GET /down', [ 'TE: trailers', 'Connection: TE' ]));
	my $r = $c->final;
	is_deeply $r && $r->{trailers}, \@right, 'of an answer';
}
is $b->connections, 1, 'all on one connection';
$c->close;
is $p->quit(5), 0, 'a clean end';
done_testing;
