# SPDX-License-Identifier: BSD-2-Clause
# The cache is as it was after an upgrade, in memory and in a file; what is
# under way is fetched once; what a program cannot read begins anew.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Backend;
use Client qw(field get request until_true);
use Portico qw(one_site temporary);
use Test::More;
use Time::HiRes qw(sleep time);
use Torture qw(start_load load_line spoiled start_origin);
use Upgrade qw(own_program put_program upgrade generation);

my $tested = $Portico::BINARY;
my $path = own_program();
my $dir = temporary();

# Each target says how long it takes, and how many bytes it has.
my $b = Backend->new(sub {
	my ($c) = @_;

	while (defined(my $r = $c->request)) {
		my ($target, $seconds, $bytes) = $r =~ m{^\S+ (/(\d+)/(\d+)\S*)};
		my $body = substr "$target " . time . ' ' . 'x' x $bytes, 0, $bytes;

		$c->send("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n" .
		    "Content-Length: $bytes\r\n\r\n") or return;
		$seconds ? $c->drip($body, $bytes / 10, $seconds / 10)
		    : $c->send($body) or return;
	}
});

sub asked { return scalar grep { $_ eq $_[0] } map { m{^\S+ (\S+)} }
    $b->requests }
my @targets = map { '/0/' . 10 ** ($_ % 5) . "0/$_" } 1 .. 60;

sub text
{
	my ($cache) = @_;

	return one_site('{ path = "/b"; pool = "load"; cache = {
	    default_ttl = "1h"; }; }, { pool = "app"; cache = {
	    collapse = "30s"; }; }', top => "cache = { size = \"32M\"; $cache };
	    drain_timeout = \"30s\"; control = \"$dir/sock\";",
	    pools => { app => $b->address, load => start_origin() });
}

for my $way ([ 'in memory', '' ], [ 'in a file', "file = \"$dir/cache\";" ]) {
	my ($what, $keys) = @$way;
	my $p = Portico->start(text($keys));
	my $at = $p->address('http');
	my %bodies = map { $_ => get($at, $_)->{body} } @targets;
	my $count = $b->requests;
	my $load = start_load('-t', 8, '-c', 8, '-s', '1:30000', $at,
	    map { "/b/$_/1" } 10, 1000, 20000, 300000);

	# The first family fetches while others follow it.
	my $slow = Client->new($at);
	$slow->send(request('GET /4/200000'));
	ok until_true(sub { asked('/4/200000') }, 5), "$what: a slow fetch";
	my $done = 0;
	my @others;
	for (1 .. 4) {
		put_program($path, $tested);
		$done += upgrade($p) ? 1 : 0;
		push @others, Client->new($at);
		$others[-1]->send(request('GET /4/200000'));
		sleep 0.2;
	}
	is $done, 4, "$what: 4 upgrades";
	my $whole = $slow->final;
	is length($whole->{body}), 200000, "$what: what was under way is whole";
	is scalar(grep { $_->final->{body} eq $whole->{body} } @others), 4,
	    "$what: for those who waited in the next families, too";
	is asked('/4/200000'), 1, "$what: it was fetched once";
	my @fresh = grep { my $r = get($at, $_);
	    $r->{body} ne $bodies{$_} || !defined field($r, 'Age') } @targets;
	is_deeply \@fresh, [], "$what: all is there yet";
	is scalar($b->requests), $count + 1, "$what: the backend was not asked";
	is spoiled(load_line($load)), '', "$what: nothing is mixed up";
	ok until_true(sub { ($p->sums)[0] == 4 }, 30),
	    "$what: the old families have ended";

	SKIP: {
		my $other = $ENV{PORTICO_OTHER_CACHE};

		skip 'PORTICO_OTHER_CACHE names no program', 6 if !$other;
		my $old = Client->new($at);
		$old->send(request("GET /2/150000/$done"));
		ok until_true(sub { asked("/2/150000/$done") }, 5),
		    "$what: another fetch";
		put_program($path, $other);
		ok upgrade($p), "$what: a program that cannot read the cache"
		    or diag $p->log;
		ok $p->logged(qr/the cache begins empty: this program/, 2),
		    "$what: it says so";
		is length($old->final->{body}), 150000,
		    "$what: the old family goes on with its own";
		isnt get($at, $targets[0])->{body}, $bodies{$targets[0]},
		    "$what: the new one begins anew";
		my $body = get($at, $targets[0])->{body};
		put_program($path, $other);
		ok upgrade($p), "$what: the same program again";
		is get($at, $targets[0])->{body}, $body,
		    "$what: has what it has stored";
	}
	is $p->quit(20), 0, 'QUIT';
	my ($ended, $wrong) = $p->sums;
	is $wrong, undef, 'nothing is left';
	unlink "$dir/cache";
	$b->clear;
	put_program($path, $tested);
}
done_testing;
