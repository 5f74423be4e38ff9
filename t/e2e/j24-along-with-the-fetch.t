# SPDX-License-Identifier: BSD-2-Clause
# Who asks for what is just being fetched gets it as it comes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Backend;
use Client qw(get request field until_true);
use Portico qw(one_site);

my $dir = Portico::temporary();
my @parts = map { $_ x 60000 } 'a' .. 'e';
my $body = join '', @parts;

# Sends a part, and goes on when the test says so: files next.1, next.2 ...
sub in_parts
{
	my ($head, $cut) = @_;

	return sub {
		my ($c) = @_;
		my $chunked = $head =~ /chunked/;

		$c->send("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n" .
		    "$head\r\n\r\n");
		for my $n (0 .. $#parts) {
			return 0 if $n == $cut;
			until_true(sub { -e "$dir/next.$n" }, 20) if $n;
			$c->send($chunked ? sprintf "%x\r\n%s\r\n",
			    length $parts[$n], $parts[$n] : $parts[$n]);
		}
		$c->send("0\r\n\r\n") if $chunked;
		return 1;
	};
}

sub next_part { my ($n) = @_; open my $f, '>', "$dir/next.$n"; return }
sub forget { unlink glob "$dir/next.*"; return }

my $length = 'Content-Length: ' . length $body;
my $b = Backend->new({
	'/known' => in_parts($length, 99),
	'/chunked' => in_parts('Transfer-Encoding: chunked', 99),
	'/cut' => in_parts($length, 2),
	'/slow' => in_parts($length, 99),
});
my $p = Portico->start(one_site('{ pool = "app"; cache = true; }',
    pools => { app => [ $b->address, 'timeouts = { read = "1s"; };' ] }));
my $at = $p->address('http');

sub begin
{
	my ($path, @fields) = @_;
	my $c = Client->new($at);

	$c->send(request("GET $path", [ @fields ]));
	return $c;
}

# True once so much of the body has come.
sub has
{
	my ($c, $n) = @_;
	my $until = time + 5;

	while (time < $until) {
		my $head = index $c->raw, "\r\n\r\n";
		return 1 if $head > 0 && length($c->raw) - $head - 4 >= $n;
		defined $c->more(0.1) or next;
		last if $c->{end};
	}
	return 0;
}

my $first = begin('/known');
ok has($first, 60000), 'who fetches has the first part';
my @more = map { begin('/known') } 1 .. 20;
is scalar(grep { has($_, 60000) } @more), 20, 'so have those who came later';
my $part = begin('/known', 'Range: bytes=100000-130000');
for my $n (1 .. 4) {
	next_part($n);
	is scalar(grep { has($_, 60000 * ($n + 1)) } $first, @more), 21,
	    "part $n, for all";
}
is scalar(grep { $_->final->{body} eq $body } $first, @more), 21, 'all of it';
my $r = $part->final;
is $r->{status}, 206, 'a part was asked for';
ok $r->{body} eq substr($body, 100000, 30001), 'and sent as it came';
is scalar(() = $b->requests), 1, 'one request';
ok get($at, '/known')->{body} eq $body, 'and hits afterwards';
$b->clear;

forget();
$first = begin('/chunked');
ok has($first, 60000), 'of unknown length: who fetches has the first part';
@more = map { begin('/chunked') } 1 .. 5;
ok !defined $more[0]->more(0.3), 'others wait for its end';
next_part($_) for 1 .. 4;
is scalar(grep { $_->final->{body} eq $body } $first, @more), 6, 'all of it';
is scalar(() = $b->requests), 1, 'one request';
$b->clear;

forget();
$first = begin('/cut');
ok has($first, 60000), 'the first part of one that is cut';
@more = map { begin('/cut') } 1 .. 5;
is scalar(grep { has($_, 60000) } @more), 5, 'for others, too';
next_part(1);
is scalar(grep { has($_, 120000) } $first, @more), 6, 'the next part';
$r = $first->final;
ok $r->{broken}, 'who fetches sees that it is cut';
is scalar(grep { $_->final->{broken} } @more), 5, 'and so do all others';

forget();
$first = begin('/slow');
ok has($first, 60000), 'a backend that stops';
@more = map { begin('/slow') } 1 .. 5;
is scalar(grep { has($_, 60000) } @more), 5, 'in the middle';
ok $first->final->{broken}, 'is cut after its time';
is scalar(grep { $_->final->{broken} } @more), 5, 'for all';
is $p->quit, 0, 'quit';
is_deeply [ $p->sums ], [ 1 ], 'nothing is lost';
done_testing;
