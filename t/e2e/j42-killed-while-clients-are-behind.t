# SPDX-License-Identifier: BSD-2-Clause
# Who fetches reads slowly, and gets from the cache what it has not read yet;
# workers die meanwhile: each byte comes once, and in its place.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Cached qw(cached response times);
use Client qw(get request);
use Digest::SHA qw(sha1_hex);
use Time::HiRes qw(sleep time);
use Tunnel qw(numbers);

my $much = numbers(0, 3_000_000);
my $b = Backend->new({ map { ("/$_" => response(200, "$_$much",
    'Cache-Control: max-age=60')) } 'a' .. 'd' });
my $p = cached($b, cache => 'max_object = "8M";', size => '256M',
    listener => 'min_rate = 0; timeouts = { write = "60s"; };',
    pool => 'retry = { attempts = 1; }; passive = false;',
    top => "\nworkers = { min = 4; max = 8; };");
my $at = $p->address('http');
my %slow = map { my $c = Client->new($at, rcvbuf => 32768);
    $c->send(request("GET /$_")); ($_ => $c) } 'a' .. 'd';
my ($killed, $until) = (0, time + 3);

while (time < $until) {
	my @workers = $p->workers;

	$killed++ if @workers > 2 && kill 'KILL', $workers[rand @workers];
	sleep 0.05;
	for my $c (values %slow) {
		$c->more(0) if rand() < 0.3;
	}
}
cmp_ok $killed, '>', 20, "$killed workers killed";
for my $name (sort keys %slow) {
	my $r = get($at, "/$name");
	is sha1_hex($r->{body}), sha1_hex("$name$much"),
	    "/$name: another one has it whole";
	$r = $slow{$name}->final // { body => '' };
	is sha1_hex($r->{body}), sha1_hex("$name$much"),
	    "/$name: and so has the slow one";
	$slow{$name}->close;
	is times($b, "/$name"), 1, "/$name: of one fetch";
}
is $p->quit, 0, 'QUIT';
is_deeply [ ($p->sums)[1 .. 9] ], [ (undef) x 9 ], 'nothing is left';
done_testing;
