# SPDX-License-Identifier: BSD-2-Clause
# A deploy: drained until its clients have left, disabled until nothing is in
# flight, replaced, enabled. Nobody gets an error.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(field get request until_true);
use FakeMaster qw(ctl);
use Pool qw(backends hold names pool release wait_held);
use Portico;

my %b = backends(qw(a b));
my $app = pool('sticky = { cookie = "route"; };', $b{a} => '', $b{b} => '');
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
	    app = $app;
	    lo = { backends = ( { name = "lo"; address = "localhost:1"; } ); };
	};
	sites = { all = { hosts = "*"; routes = ( { pool = "app"; } ); }; };
});
my $at = $p->address('http');
my @ctl = ('-s', $p->dir . '/portico.sock');

# A client that has its cookie from a.
my $cookie;
for (1 .. 2) {
	my $r = get($at, '/');
	($cookie) = field($r, 'Set-Cookie') =~ /^(route=[^;]+)/
	    if field($r, 'X-Backend') eq 'a';
}
ok $cookie, 'a client of a';
my @mine = ("Cookie: $cookie");

is ((ctl(@ctl, qw(drain --wait=5 app/a)))[0], 0, 'drained: nothing in flight');
is names($at, 4), 'bbbb', 'new clients go to b';
is names($at, 2, 'GET /', @mine), 'aa', 'those of a stay';

my $held = hold($at, 'order', @mine);
ok wait_held('order', 1), 'one is ordering something';
my ($status, $out, $err) = ctl(@ctl, qw(backend disable --wait=1 app/a));
is $status, 4, 'disabled, but not free within a second';
like $err, qr{app/a is disabled, but after 1 s 1 request is }, 'which is told';
is names($at, 2, 'GET /', @mine), 'bb', 'its clients go to b now';

my $waits = fork // die "fork: $!";
if ($waits == 0) {
	my ($code) = ctl(@ctl, qw(backend disable --wait app/a));
	POSIX::_exit($code);
}
select undef, undef, undef, 0.5;
is waitpid($waits, 1), 0, 'it waits';
release('order');
my $r = $held->final;
is $r && $r->{status}, 200, 'the order has its answer';
waitpid $waits, 0;
is $?, 0, 'then a is free';

$b{a}->stop;
is names($at, 6), 'bbbbbb', 'a is replaced, and nobody knows';
is names($at, 2, 'GET /', @mine), 'bb', 'not even its own clients';

($status, $out) = ctl(@ctl, 'status');
like $out, qr{^app/a +down .* ago: ordered$}m, 'status says what is so';
unlike $out, qr{lo/lo#\d+ +no-address}, 'and nothing of addresses that the '
    . 'name does not have';
is $p->quit, 0, 'QUIT';
done_testing;
