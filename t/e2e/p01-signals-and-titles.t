# SPDX-License-Identifier: BSD-2-Clause
# What the processes are called, and what signals make them do.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get request until_true);
use Portico qw(one_backend);
use Time::HiRes qw(time sleep);

my $b = Backend->new({
	'/fine' => plain('fine'),
	'/slow' => sub { sleep 1; $_[0]->send(plain('slow')) },
	'/long' => sub { $_[0]->send(substr plain('x' x 50), 0, -20);
	    sleep 1; $_[0]->send('x' x 20) },
	'/never' => sub { $_[0]->drain; return 0 },
});
my $conf = one_backend($b->address,
    top => 'workers = { min = 3; max = 8; };');

my $p = Portico->start($conf);
my $at = $p->address('http');
my %roles = $p->children;
is scalar(grep { /^worker \d+$/ } values %roles), 3, 'workers.min workers';
is scalar(grep { $_ eq 'steward' } values %roles), 1, 'a steward';
is scalar(grep { $_ eq 'heir' } values %roles), 1, 'its heir';
is scalar(grep { $_ eq 'logger' } values %roles), 1, 'a logger';
is scalar(grep { !/^(?:worker \d+|steward|heir|logger)$/ } values %roles), 0,
    'and nobody else';
like Portico::slurp('/proc/' . $p->pid . '/cmdline'), qr/^portico: master/,
    'the master is called so';
like Portico::slurp($p->dir . '/portico.pid'), qr/^@{[ $p->pid ]}\n$/,
    'the pid file';

my $slow = Client->new($at);
my $long = Client->new($at);
my $idle = Client->new($at);
$slow->send(request('GET /slow'));
$long->send(request('GET /long'));
$idle->send(request('GET /fine'));
$idle->final;
sleep 0.3;
my $began = time;
$p->signal('QUIT');
sleep 0.2;
ok !eval { Client->new($at); 1 }, 'QUIT: nobody listens any more';
my $r = $slow->final;
is $r && $r->{body}, 'slow', 'but a request that runs is finished';
$r = $long->final;
is $r && $r->{body}, 'x' x 50, 'and an answer that is under way';
ok until_true(sub { !$p->alive }, 5), 'then it ends';
cmp_ok time - $began, '<', 4, 'and waits for no idle connection';
is $p->{status}, 0, 'with status 0';
is $idle->ending(1), 'closed', 'the idle connection was closed';
is scalar(grep { kill 0, $_ } keys %roles), 0, 'no process is left';
ok !-e $p->dir . '/portico.pid', 'the pid file is gone';
my ($ended, $wrong) = $p->sums;
is $ended, 1, 'it has counted what is left';
is $wrong, undef, 'which is nothing';

for my $signal (qw(TERM INT)) {
	$p = Portico->start($conf);
	%roles = $p->children;
	my $c = Client->new($p->address('http'));
	$c->send(request('GET /never'));
	sleep 0.1;
	$began = time;
	is $p->end_by($signal, 5), 0, "$signal ends it";
	cmp_ok time - $began, '<', 2, 'at once';
	isnt $c->ending(1), 'open', 'with its connections';
	is scalar(grep { kill 0, $_ } keys %roles), 0, 'no process is left';
}

$p = Portico->start($conf);
$p->signal($_) for qw(USR1 PIPE CHLD CONT WINCH);
sleep 0.2;
is get($p->address('http'), '/fine')->{status}, 200, 'other signals harm not';
kill 'HUP', $_ for $p->workers;
kill 'TERM', ($p->workers)[0];
is get($p->address('http'), '/fine')->{status}, 200, 'nor to workers';
ok until_true(sub { $p->workers == 3 }, 5), 'one that ended is replaced';
done_testing;
