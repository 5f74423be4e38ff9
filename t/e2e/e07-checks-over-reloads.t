# SPDX-License-Identifier: BSD-2-Clause
# After a reload the newest family alone checks, and what was known is known.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);
use Checked;
use Client qw(get until_true);
use Portico;

my $b = Checked->start(2);
my $text = qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = ( @{[ $b->list ]} ); passive = false;
	    health = { path = "/"; interval = "500ms"; fall = 3; }; }; };
	drain_timeout = "30s";
};
my $p = Portico->start($text);
my $at = $p->address('http');

sub checks_in
{
	my ($seconds) = @_;
	my $n = () = $b->text =~ /^0 \S+ GET .* health-check$/mg;

	sleep $seconds;
	return (() = $b->text =~ /^0 \S+ GET .* health-check$/mg) - $n;
}

# A client in the middle of its request keeps the old family alive.
my $client = Client->new($at);
$client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
$b->tell(1, 'refuse');
ok $p->logged(qr{app/b1 is down: .*; 1 of 2 are left}, 10), 'one is down';
$p->clear_log;
for my $generation (2, 3) {
	ok $p->reload($text, sub {
	    $p->log =~ /generation $generation is running/ }), 'reloaded';
}
my @answers = map { get($at, '/')->{status} } 1 .. 10;
is_deeply \@answers, [ (200) x 10 ], 'the new family knows who is down';
my $n = checks_in(4);
cmp_ok $n, '>=', 4, "checks go on: $n in 4 s";
cmp_ok $n, '<=', 10, 'but of the newest family alone';
unlike $p->log, qr{app/b\d is}, 'nothing has changed: nothing is said';
$b->tell(1, 'serve');
ok $p->logged(qr{app/b1 is up: 2 good checks; 2 of 2 are left}, 10),
    'up again';
is scalar(() = $p->log =~ /app\/b1 is up/g), 1, 'which is said once';
$client->send('defghij');
ok my $r = $client->final, 'the old client has its answer';
is $r && $r->{status}, 200, 'a good one';
$client->close;
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
