# SPDX-License-Identifier: BSD-2-Clause
# Without a master the family ends at once, and a new one can start.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(get request until_true);
use Portico qw(one_backend);
use Torture qw(start_origin start_load);

my $conf = one_backend(start_origin());
my $p = Portico->start($conf);
my $load = start_load('-t', 1, '-c', 4, $p->address('http'));
my %roles = $p->children;

sub lives
{
	return Portico::slurp("/proc/$_[0]/stat") =~ /\) [^ZX] /;
}

cmp_ok scalar(keys %roles), '>=', 5, 'a family';
$p->reload;
until_true(sub { $p->children > keys %roles }, 2);
%roles = (%roles, $p->children);
kill 'KILL', $p->pid;
until_true(sub { !$p->alive }, 2);
ok until_true(sub { !grep { lives($_) } keys %roles }, 2),
    'kill -9 of the master: all are gone within 2 s';
ok !eval { Client->new($p->address('http')) }, 'nobody listens';
while (<$load>) { }

my $q = Portico->start($conf, dir => $p->dir, addresses => $p->{addresses});
is get($q->address('http'), '/b/5/1')->{status}, 200,
    'a new one starts in the same place, pid file or not';
is $q->stop, 0, 'and stops';
done_testing;
