# SPDX-License-Identifier: BSD-2-Clause
# porticoctl drain --wait: it comes back when nothing is in flight, or late.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);
use FakeMaster qw(ctl whole record);
use Figures qw(backend pool status);
use Terminal;

# What the two members of app/web have in flight.
sub web
{
	my (@in_flight) = @_;

	return status(pool('app'), backend('app/other', in_flight => 9),
	    backend('app/web', in_flight => $in_flight[0]),
	    backend('app/web#2', in_flight => $in_flight[1]),
	    backend('app/web2', in_flight => 9),
	    pool('app2'), backend('app2/web', in_flight => 9));
}

sub master
{
	my (@looks) = @_;
	my $dir = Portico::temporary();

	return FakeMaster->new($dir, status => [ @looks ],
	    'backend drain app/web' => whole());
}

my $m = master(web(3, 0), web(1, 2), web(0, 1), web(0, 0));
my @wait = ('-s', $m->{path}, qw(drain --wait app/web));
my ($status, $out, $err) = ctl(@wait);
is "$status$out$err", 0, 'it waits';
is $m->said, "backend drain app/web\n" . "status\n" x 5,
    'until nothing is in flight, and looks once more';

$m = master(web(0, 0), web(1, 0), web(0, 0));
($status) = ctl('-s', $m->{path}, qw(backend drain app/web --wait=60));
is $status, 0, 'one came meanwhile';
is $m->said, "backend drain app/web\n" . "status\n" x 4, 'and was waited for';

$m = master(web(0, 2));
my $began = time;
($status, $out, $err) = ctl('-s', $m->{path}, qw(drain --wait=1 app/web));
is $status, 4, 'time is up';
like $err, qr{app/web is draining, but after 1 s 2 requests}, 'told';
cmp_ok time - $began, '>=', 1, 'not before';
($status, $out) = ctl('--json', '-s', $m->{path}, qw(drain --wait=1 app/web));
is $status, 4, 'the same for programs';
is decode_json($out)->{code}, 'late', 'told';

$m = master(status(pool('app')));
($status) = ctl('-s', $m->{path}, qw(--json drain --wait app/web));
is $status, 0, 'a backend that is gone has nothing in flight';

$m = FakeMaster->new(Portico::temporary(), 'backend drain app/web' =>
    "error unknown no such backend\nend\n", status => web(0, 0));
($status) = ctl('-s', $m->{path}, qw(drain --wait app/web));
is $status, 1, 'a drain that is refused';
is $m->said, "backend drain app/web\n", 'is not waited for';

$m = master(web(3, 0), web(0, 0));
($status) = ctl('-s', $m->{path}, qw(drain app/web));
is $status, 0, 'without --wait';
is $m->said, "backend drain app/web\n", 'it does not';

$m = master(web(1, 1), "ok\n");
($status, $out, $err) = ctl('-s', $m->{path}, qw(drain --wait app/web));
is $status, 3, 'a master that leaves meanwhile';
like $err, qr/cut/, 'told';

SKIP: {
	skip 'no terminal is to be had', 2
	    unless $ENV{CI} || eval { Terminal::open_pair() };
	$m = master(web(3, 0), web(1, 0), web(0, 0));
	my $t = Terminal->new([ $FakeMaster::PROGRAM, '-s', $m->{path},
	    qw(drain --wait app/web) ]);
	ok $t->wait_for('3 in flight.*1 in flight.*0 in flight\S*\r\n'),
	    'a terminal sees how far it is';
	is $t->ended, 0, 'to the end';
}
done_testing;
