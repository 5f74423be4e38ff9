# SPDX-License-Identifier: BSD-2-Clause
# An answer is the client's whatever the backends sent before it: one that
# was given up, or interim ones that came with it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(request);
use Portico qw(one_site);
use Time::HiRes qw(sleep time);

# So large that it grows beyond a page when it is passed on.
my $large = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" .
    join('', map { sprintf "f%03d:%s\r\n", $_, 'x' x 100 } 1 .. 189) . "\r\n" .
    "5\r\nlarge\r\n0\r\n\r\n";
cmp_ok length $large, '<', 20480, 'a head that fits when it comes';
my $b = Backend->new($large);
my $small = Backend->new({ '/' => plain('small', 'Connection: close') });
my $early = Backend->new(sub {
	my ($c) = @_;

	$c->head // return;
	sleep 0.5;
	$c->send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" .
	    "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
	sleep 6;
});
my $p = Portico->start(one_site('{ path = "/early"; pool = "early"; },
    { pool = "both"; }', listener => 'max_body = "1G";', pools => {
	early => $early->address,
	both => $b->address . '", "' . $small->address }));
my $c = Client->new($p->address('http'));
my $began = time;
$c->{socket}->blocking(0);
$c->send(request('POST /early', [ 'Content-Length: 50000000' ]));
for (1 .. 200) {
	local $SIG{PIPE} = 'IGNORE';
	syswrite $c->{socket}, 'x' x 262144;
	last if $c->more(0.02);
}
my $r = $c->final(timeout => 5);
is $r && $r->{status}, 413, 'the answer that came behind an interim one';
is $r && $r->{interim}[0]{status}, 103, 'which came, too';
cmp_ok time - $began, '<', 4, 'at once';
$c->close;

$c = Client->new($p->address('http'));

for (1 .. 4) {
	$c->send(request('GET /'));
	$r = $c->final(timeout => 5);
	is $r && "$r->{status} $r->{framing} $r->{body}", '200 length small',
	    'the second backend\'s answer';
}
ok $p->logged(qr/its fields do not fit/, 3), 'after another one\'s';
$c->close;
is $p->quit(8), 0, 'a clean end';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and every sum is zero';
done_testing;
