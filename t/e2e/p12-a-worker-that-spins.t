# SPDX-License-Identifier: BSD-2-Clause
# A worker that never leaves its stride is noticed, and ended.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
my $fault_bin;
BEGIN {
	$fault_bin = $ENV{PORTICO_FAULT_BIN};
	$ENV{PORTICO} = $fault_bin if defined $fault_bin;
}
use Test::More;
use Time::HiRes qw(sleep time);
use Backend;
use Client qw(get request until_true);
use Portico qw(one_backend);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $backend = Backend->new('echo');
my $conf = one_backend($backend->address,
    top => 'workers = { min = 2; max = 3; };');

for my $case ([ 'spin', 6 ], [ 'deaf', 9 ]) {
	my ($how, $signal) = @$case;
	local $ENV{PORTICO_FAULT} = "request_picked:0:$how";
	my $p = Portico->start($conf);
	my $at = $p->address('http');
	my $began = time;
	my $c = Client->new($at);

	$c->send(request('GET /round'));
	ok $p->logged(qr/fault: request_picked/, 3), "$how: a worker spins";
	is get($at, '/other')->{status}, 200, 'others are served';
	is scalar($p->workers), 2, 'it is not held, and not made up for';
	ok $p->logged(qr/worker \d \(pid \d+\) spins: \d+ s in one/, 20),
	    'it is noticed';
	cmp_ok time - $began, '>', 5, 'after five seconds';
	ok $p->logged(qr/worker \d \(pid \d+\) was ended by signal $signal/, 4),
	    "and ended by signal $signal";
	SKIP: {
		skip 'it writes nothing', 2 if $signal == 9
		    || Portico::sanitized;
		ok $p->logged(qr{worker \d carried: GET /round$}m, 2),
		    'its request is told';
		ok $p->logged(qr/worker \d was at: .*portico\+0x/, 2),
		    'and where it was';
	}
	my $r = $c->final;
	is $r && $r->{status}, 200, 'the request is answered by another';
	ok until_true(sub { $p->workers == 2 }, 5), 'there are as many again';
	is $p->quit, 0, 'QUIT';
	is +($p->sums)[1], undef, 'every sum is zero';
}

# One that sleeps in its stride is held, but left in peace.
$ENV{PORTICO_FAULT} = 'request_picked:0:sleep';
my $p = Portico->start(one_backend($backend->address,
    top => 'workers = { min = 1; max = 2; };'));
my $c = Client->new($p->address('http'));
$c->send(request('GET /sleepy'));
ok $p->logged(qr/fault: request_picked/, 3), 'the only worker sleeps';
my $began = time;
is get($p->address('http'), '/other')->{status}, 200, 'another is made';
cmp_ok time - $began, '<', 2.5, 'in time';
is scalar($p->workers), 2, 'two now';
my $r = $c->final;
is $r && $r->{status}, 200, 'the sleeper wakes and goes on';
unlike $p->log, qr/ended by|spins/, 'nobody was ended';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'every sum is zero';
done_testing;
