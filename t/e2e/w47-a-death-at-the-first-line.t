# SPDX-License-Identifier: BSD-2-Clause
# A worker that is made later does not read the time zone for the first line of
# its log: the file would be a number of the family's table that nobody knows
# of, if the worker died just then.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX ();
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Portico qw(one_backend);

my $dir = Portico::temporary();
my $zone = "$dir/zone";
open my $f, '>', $zone or die "$zone: $!";
close $f;

my $b = Backend->new(plain('fine'));
my $p = do {
	local $ENV{TZ} = ":$zone";
	Portico->start(one_backend($b->address,
	    top => "access_log = { to = \"$dir/access\"; };\n"
	    . "workers = { min = 1; max = 1; };"));
};
is get($p->address('http'), '/')->{body}, 'fine', 'before';

# the logger, whose table is its own, may read it: now
kill 'KILL', $p->workers;
ok $p->logged(qr/signal 9/, 5), 'a line of the logger';

# who reads it sleeps with it in the hand
unlink $zone;
POSIX::mkfifo($zone, 0644) or die "mkfifo: $!";
open my $end, '+<', $zone or die "$zone: $!";
for (1 .. 3) {
	my ($old) = $p->workers;

	kill 'KILL', $old;
	ok until_true(sub { grep { $_ != $old } $p->workers }, 10),
	    "a worker after death $_";
	is +(get($p->address('http'), '/') // { body => 'none' })->{body}, 'fine',
	    'it serves';
}
is +(get($p->address('http'), '/') // { body => 'none' })->{body}, 'fine',
    'and once more';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
