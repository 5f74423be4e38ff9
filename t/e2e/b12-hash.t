# SPDX-License-Identifier: BSD-2-Clause
# The same key, the same backend; when one dies only its keys move.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Pool qw(backends pool names tally);
use Client qw(ask field request);
use Portico;

my %b = backends(qw(a b c d));
my @keys = qw(client uri path header:X-User cookie:user);
my $pools = join '', map {
	my $name = s/:.*//r;
	"$name = " . pool(qq(balance = "hash"; hash_key = "$_";),
	    map { ($b{$_}, '') } sort keys %b) . "; "
} @keys;
my $routes = join ', ', map { s/:.*//;
	qq({ path = "/$_"; pool = "$_"; }) } my @names = @keys;
my $p = Portico->start(qq(listeners = { http = { address = "\@http\@"; };
    proxied = { address = "\@proxied\@"; trusted_proxies = "127.0.0.1"; }; };
    pools = { $pools }; sites = { x = { hosts = "*"; routes = ( $routes ); };
    };));
my ($at, $proxied) = map { $p->address($_) } qw(http proxied);

# Who answers that key, by kind.
my %who = (
	client => sub { who($proxied, '/client',
	    "X-Forwarded-For: 192.0.2.$_[0]") },
	uri => sub { who($at, "/uri/x?id=$_[0]") },
	path => sub { who($at, "/path/$_[0]?" . int rand 1000) },
	header => sub { who($at, '/header', "X-User: u$_[0]") },
	cookie => sub { who($at, '/cookie', "Cookie: z=1; user=u$_[0]") },
);

sub who
{
	my ($to, $target, @fields) = @_;

	return field(ask($to, request("GET $target", \@fields)),
	    'X-Backend') // '?';
}

my %before;
for my $kind (sort keys %who) {
	my $ask = $who{$kind};

	$before{$kind} = [ map { $ask->($_) } 1 .. 40 ];
	is join('', map { $ask->($_) } 1 .. 40), join('', @{
	    $before{$kind} }), "$kind: each key where it was";
	my %seen = map { $_ => 1 } @{ $before{$kind} };
	cmp_ok scalar keys %seen, '>=', 3, 'keys are on several backends';
}
is who($at, '/path/%61?1'), who($at, '/path/a?2'),
    'path: as it is matched, without the query';
is tally(names($at, 8, 'GET /header')), 'a 2 b 2 c 2 d 2',
    'without a key they take turns';
is tally(names($at, 8, 'GET /cookie')), 'a 2 b 2 c 2 d 2',
    'without the cookie, too';

$b{b}->stop;
for my $kind (sort keys %who) {
	my @now = map { $who{$kind}->($_) } 1 .. 40;
	my @moved = grep { $now[$_] ne $before{$kind}[$_] } 0 .. 39;

	is scalar(grep { $before{$kind}[$_] ne 'b' } @moved), 0,
	    "$kind: what was not with the dead one stays";
	is scalar(grep { !/^[acd]$/ } @now), 0, 'and its keys are answered';
}
done_testing;
