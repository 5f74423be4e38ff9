# SPDX-License-Identifier: BSD-2-Clause
# Names are asked for once, however many backends have them, and again when
# the TTL is over: a second at least, `resolve` at most. IPv6 and long answers
# are found, too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::IP;
use Test::More;
use Time::HiRes qw(sleep time);
use Backend;
use Client qw(get field until_true);
use Dns;
use Portico;

my $six = Backend->new('echo', name => 'six', at => '[::1]:0');
my $b = Backend->new('echo', name => 'four');
my $dns = Dns->new('zero.test' => [ 'A 127.0.0.1', 'TTL 0' ],
    'three.test' => [ 'A 127.0.0.1', 'TTL 3' ],
    'long.test' => [ 'A 127.0.0.1', 'TTL 86400' ],
    'six.test' => [ 'AAAA ::1', 'TTL 60' ],
    'alias.test' => [ 'CNAME six.test' ],
    'mapped.test' => [ 'AAAA ::ffff:127.0.0.1', 'AAAA fe80::1', 'AAAA ::' ],
    'many.test' => [ map { "A 127.0.0.$_" } 1 .. 80 ],
    'far.test' => [ 'A 127.0.0.1', 'AAAA 2001:db8::1' ],
    'cut.test' => [ 'A 127.0.0.1' ],
);
$dns->mood('cut.test', 'truncated');
my ($p4, $p6) = ($b->port, $six->port);
my $p = Portico->start(<<"END");
listeners = { http = { address = "\@http\@"; }; };
pools = {
	zero = { backends = [ "zero.test:$p4" ]; };
	three = { backends = [ "three.test:$p4" ]; };
	again = { backends = [ "THREE.test:$p4", "three.test:1" ]; };
	long = { backends = [ "long.test:$p4" ]; resolve = "4s"; };
	six = { backends = [ "six.test:$p6" ]; };
	alias = { backends = [ "alias.test:$p6" ]; };
	mapped = { backends = [ "mapped.test:$p4" ]; };
	many = { backends = ( { address = "many.test:$p4"; addresses = 64; } ); };
	far = { backends = [ "far.test:$p4" ]; };
	cut = { backends = [ "cut.test:$p4" ]; };
};
resolvers = [ "@{[ $dns->address ]}" ];
sites = { x = { hosts = "*"; routes = (
	{ path = "/six"; pool = "six"; }, { path = "/alias"; pool = "alias"; },
	{ path = "/mapped"; pool = "mapped"; }, { path = "/cut"; pool = "cut"; },
	{ path = "/many"; pool = "many"; },
	{ pool = "three"; } ); }; };
END
my $began = time;
my $at = $p->address('http');

is field(get($at, '/six'), 'X-Backend'), 'six', 'IPv6';
is field(get($at, '/alias'), 'X-Backend'), 'six', 'by an alias';
is field(get($at, '/mapped'), 'X-Backend'), 'four', 'IPv4, written as IPv6';
is field(get($at, '/cut'), 'X-Backend'), 'four', 'an answer over TCP';
is scalar(grep { $_->[3] eq 'tcp' } $dns->questions('cut.test', 'A')), 1,
    'since it was cut in UDP';
ok $p->logged(qr/mapped\.test is at 127\.0\.0\.1:$p4$/m), 'and nothing else';
SKIP: {
	my $way = IO::Socket::IP->new(PeerHost => '2001:db8::1', PeerPort => 9,
	    Proto => 'udp');
	skip 'this machine has IPv6', 1 if $way;
	ok $p->logged(qr/far\.test is at 127\.0\.0\.1:$p4$/m),
	    'what there is no way to is left out';
}
ok $p->logged(qr/many\.test has 16 addresses more than the 64/),
    'an answer of many addresses is used as far as there is room';
is get($at, '/many')->{status}, 200, 'one of them answers';

sleep 10 - (time - $began);
my %asked = map { ($_ => [ $dns->questions("$_.test", 'A') ]) }
    qw(zero three long six);
my $n = @{ $asked{zero} };
ok $n >= 7 && $n <= 11, "TTL 0: each second: $n in 10 s";
$n = @{ $asked{three} };
ok $n >= 3 && $n <= 4, "TTL 3: for three backends together $n in 10 s";
my @at = map { $_->[0] } @{ $asked{three} };
cmp_ok $at[1] - $at[0], '>=', 2.9, 'not before it is over';
$n = @{ $asked{long} };
is $n, 3, 'a TTL of a day: as often as `resolve` says';
is scalar(@{ $asked{six} }), 1, 'a minute';
is scalar($dns->questions('six.test', 'AAAA')), 1, 'of either family';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
