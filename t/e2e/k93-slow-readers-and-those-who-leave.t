# SPDX-License-Identifier: BSD-2-Clause
# Large hits: slow readers, clients that leave, and an object that changes meanwhile.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Certs;
use Time::HiRes qw(sleep time);
use CacheCase qw(start_cases new_path answers times_asked reply fetch
    send_request address portico released);
use Client qw(field request until_true);
use Crowd;
use Tls;

srand 4711;
my $p = start_cases(size => '64M', top => 'connections = 2000;');
my $fresh = 'Cache-Control: max-age=3600';

sub version
{
	my ($letter) = @_;

	return join '', map { sprintf "$letter%07d", $_ } 1 .. 400_000;
}

# ---- slow readers of an object that changes ----

my %version = map { $_ => version($_) } 'a' .. 'c';
my $path = new_path();
my %readers;

for my $letter (sort keys %version) {
	answers($path, reply(200, $version{$letter}, $fresh),
	    reply(204, ''));
	fetch($path);
	for (1 .. 6) {
		my $c = Client->new(address(), rcvbuf => 65_536);
		$c->send(request("GET $path"));
		push @{ $readers{$letter} }, $c;
	}
	$_->has_come(qr/\r\n\r\n$letter/, 5) for @{ $readers{$letter} };
	send_request("DELETE $path");
}
for my $letter (sort keys %readers) {
	for my $c (@{ $readers{$letter} }) {
		my $r = $c->final;
		ok $r && !$r->{broken} && $r->{body} eq $version{$letter},
		    "a slow reader has version $letter, and no byte else";
		is field($r, 'Content-Length'), 3_200_000, 'its length';
		$c->close;
	}
}

# ---- they leave ----

answers($path, reply(200, $version{a}, $fresh), reply(500, 'again'));
fetch($path);
for my $round (1 .. 40) {
	my $c = Client->new(address(), rcvbuf => 4096);

	$c->send(request("GET $path"));
	$c->has_come(qr/\r\n\r\na/, 5);
	$round % 2 ? $c->reset : $c->close;
}
my $r = fetch($path);
ok $r->{body} eq $version{a}, 'forty have left in the middle: others do not';
is times_asked($path), 7, 'and nobody asked again';

# ---- many at once ----

my $body = substr $version{b}, 0, 500_000;
answers('/b', reply(200, $body, $fresh), reply(500, 'again'));
fetch('/b');
my $crowd = Crowd->new(address(), 100, sub { my ($n) = @_;
	return request('GET /b', [ 'Connection: close',
	    $n % 3 ? () : 'Range: bytes=100000-' ]) });
my $seen = $crowd->answers;
is $seen->{"200 $body"}, 67, 'a hundred at once: all of it';
is $seen->{ '206 ' . substr $body, 100_000 }, 33, 'or the part that they want';
is times_asked('/b'), 1, 'from the cache';

# ---- a client leaves in the middle of a miss ----

answers('/c', [ substr(reply(200, $body, $fresh), 0, 100_000),
    [ 'hold', 'c' ], substr(reply(200, $body, $fresh), 100_000) ],
    reply(200, $body, $fresh));
my $c = Client->new(address());
$c->send(request('GET /c'));
$c->has_come(qr/\r\n\r\nb/, 5);
$c->close;
sleep 0.05;
released('c');
ok fetch('/c')->{body} eq $body, 'a client that leaves a miss: others get it';
cmp_ok times_asked('/c'), '<=', 2, 'at most one more is asked for';

is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';

# ---- over TLS ----

my $cert = Certs->new->leaf(names => [ 'a.test' ]);
$p = start_cases(size => '64M',
    listener => qq(tls = { certificates = "$cert"; };));
for my $n (1, 100, 16_000, 16_384, 40_000, 1_000_000) {
	my $want = substr $version{c}, 0, $n;
	my $tls = Tls->new(address()) // die $Tls::error;

	answers("/tls/$n", reply(200, $want, $fresh, 'ETag: "t"'),
	    reply(500, 'again'));
	for (1 .. 3) {
		$tls->send(request("GET /tls/$n"));
		ok $tls->final->{body} eq $want, "TLS: $n bytes";
	}
	$tls->send(request("GET /tls/$n", [ 'If-None-Match: "t"' ]));
	is $tls->final->{status}, 304, "TLS: 304";
	$tls->send(request("GET /tls/$n", [ 'Range: bytes=-1' ]));
	is $tls->final->{body}, substr($want, -1), 'TLS: a part';
	is times_asked("/tls/$n"), 1, 'TLS: from the cache';
	$tls->close;
}
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
