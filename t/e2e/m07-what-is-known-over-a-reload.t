# SPDX-License-Identifier: BSD-2-Clause
# What was learnt of a backend is known after a reload, by its name.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(command records backend_of state_of);
use Portico;

my ($one, $two) = map { Backend->new(plain("b$_")) } 1 .. 2;
my ($at1, $at2) = map { $_->address } $one, $two;

sub conf
{
	my (%o) = @_;
	my $health = $o{health} // 'health = { interval = "200ms";
	    interval_down = "60s"; timeout = "100ms"; fall = 1; };';

	return qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { $health backends = (
	    { name = "b1"; address = "$at1"; ${\ ($o{1} // '')} },
	    { name = "b2"; address = "${\ ($o{at2} // $at2)}"; } ); }; };
	};
}

my $p = Portico->start(conf());
my $sock = $p->dir . '/portico.sock';

sub reload
{
	my ($text) = @_;

	$p->write_conf($text);
	my $r = command($sock, 'reload');
	ok $r->{ok}, 'reload' or diag $r->{raw};
	return;
}

get($p->address('http'), '/') for 1 .. 10;
ok until_true(sub { backend_of($sock, 'app/b2')->{checks} > 1 }, 5),
    'it is checked';
$two->stop;
ok until_true(sub { state_of($sock, 'app/b2') eq 'down' }, 5), 'and found down';
my $known = backend_of($sock, 'app/b2');
like $known->{why}, qr/refused/, 'why';
cmp_ok abs($known->{since} - time), '<', 60, 'and since when';
my ($pool) = records(command($sock, 'status'), 'pool');
is "$pool->{up} of $pool->{backends}", '1 of 2', 'one is left';
my $before = backend_of($sock, 'app/b1');

reload(conf());
is state_of($sock, 'app/b2'), 'down', 'it is down still, at once';
cmp_ok abs(backend_of($sock, 'app/b2')->{since} - $known->{since}), '<=', 1,
    'since then, but for the rounding of two clocks';
is backend_of($sock, 'app/b2')->{why}, $known->{why}, 'for that reason';
cmp_ok backend_of($sock, 'app/b1')->{attempts}, '>=', $before->{attempts},
    'counters go on';
cmp_ok backend_of($sock, 'app/b1')->{checks}, '>=', $before->{checks},
    'those of checks too';
is get($p->address('http'), '/')->{body}, 'b1', 'the other one serves'
    for 1 .. 4;

reload(conf(1 => 'max_connections = 5; weight = 3;'));
is backend_of($sock, 'app/b1')->{max_connections}, 5, 'a limit of the file';
is backend_of($sock, 'app/b1')->{weight}, 3, 'and its weight take effect';

# Another address is another server.
my $new = Backend->new(plain('new'));
reload(conf(at2 => $new->address));
ok until_true(sub { state_of($sock, 'app/b2') eq 'up' }, 5),
    'elsewhere it may be up';
ok until_true(sub { get($p->address('http'), '/')->{body} eq 'new' }, 5),
    'and serves';

# Without checks nobody would find out that it is up again.
$new->stop;
ok until_true(sub { state_of($sock, 'app/b2') eq 'down' }, 5), 'down again';
reload(conf(at2 => $new->address, health => ''));
is state_of($sock, 'app/b2'), 'up', 'no checks any more: tried like others';
is $p->quit, 0, 'QUIT';
done_testing;
