# SPDX-License-Identifier: BSD-2-Clause
# What portico(7) says that a worker has in its hand, and what it has not: it
# reaches its own generation's memory and sockets, no file, nobody's memory.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get request until_true);
use Portico qw(one_backend);

# /proc shows root alone what is not dumpable.
plan skip_all => 'only root can look' if $> != 0;

my $b = Backend->new({ '/' => plain('fine'),
    '/slow' => sub { sleep 2; $_[0]->send(plain('late')) } });
my $p = Portico->start(one_backend($b->address, top => 'user = "nobody";
    access_log = { to = "@dir@/access.log"; };'));
my $at = $p->address('http');

# "name inode" => rights, of the shared memory that a process has mapped.
sub areas
{
	my ($pid) = @_;

	return map { m{^\S+ (\S+) \S+ \S+ (\d+)\s+/memfd:(portico-\w+)}
	    ? ("$3 $2" => $1) : () } split /\n/,
	    Portico::slurp("/proc/$pid/maps");
}

sub names
{
	return join ' ', map { /^portico-(\w+)/ } sort @_;
}

sub targets
{
	my ($pid) = @_;

	return map { readlink($_) // () } glob "/proc/$pid/fd/*";
}

my @old = $p->workers;
my $slow = Client->new($at);
$slow->send(request('GET /slow'));
select undef, undef, undef, 0.3;
ok $p->reload(undef, sub { $p->workers == 2 * @old }),
    'two generations beside each other';
my %is_old = map { $_ => 1 } @old;
my ($new) = grep { !$is_old{$_} } $p->workers;
my ($logger) = $p->pids('logger');
my %had = areas($old[0]);
my %has = areas($new);

is names(keys %had), 'board pages rows seats slots', 'the memory of a worker';
is names(grep { $has{$_} } keys %had), 'board seats slots',
    'of another generation board and slots, and its seats';
is names(grep { $has{$_} && $had{$_} ne $has{$_} } keys %had), 'seats',
    'which a newer one cannot write';
is join(' ', map { $has{$_} } grep { /seats/ && $had{$_} } keys %has), 'r--s',
    'but read';
is join(' ', map { (my %a = areas($_)); names(keys %a) } $logger), 'slots',
    'all that the logger shares';
for my $pid ($old[0], $new) {
	is join(' ', grep { m{^/} && !m{^/dev/null|/stderr|/log$} }
	    targets($pid)), '', 'a worker has no file open';
}
ok +(grep { m{/access\.log$} } targets($logger)), 'the logger has';
is sprintf('%o', (stat $p->dir . '/access.log')[2] & 07777), '640',
    'which others than root and its group cannot read';
is +(stat $p->dir . '/access.log')[4], 0, 'and is of root';
for my $pid ($p->pid, $logger, $old[0]) {
	my $said = `setpriv --reuid=nobody --regid=nogroup --clear-groups \\
	    head -c 1 /proc/$pid/mem 2>&1`;
	like $said, qr/denied/, 'no process of that user reads its memory';
}
is $slow->final->{body}, 'late', 'the old generation finishes';
is get($at, '/')->{body}, 'fine', 'the new one serves';
$p->quit;
done_testing;
