# SPDX-License-Identifier: BSD-2-Clause
# A reload leaves tunnels open until drain_timeout; QUIT does too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Tunnel qw(accept_tunnel open_tunnel pump);

my $size = 3_000_000;
my $b = Backend->new(sub {
	my ($c) = @_;
	my $head = $c->head // return;

	if ($head =~ m{^GET /plain}) {
		$c->send(plain('old'));
		return;
	}
	$c->send(Tunnel::switching());
	$c->record('said', pump($c->{socket}, size => $size, rate => 1e6,
	    seconds => 60, in => $c->{in}) . "\n");
	$c->drain;
});
my $new = Backend->new(plain('new'));
my $drain = 'drain_timeout = "30s";';
my $p = Portico->start(one_backend($b->address, top => $drain));
my $at = $p->address('http');
is get($at, '/plain')->{body}, 'old', 'before';

# Bytes are on their way in three tunnels while generations come and go.
my @pipes;
for my $i (1 .. 3) {
	my $pid = open(my $pipe, '-|') // die "fork: $!";

	if ($pid > 0) {
		push @pipes, $pipe;
		next;
	}
	my ($c) = open_tunnel($at, "/$i");
	print pump($c->{socket}, size => $size, rate => 1e6, seconds => 40,
	    in => $c->rest);
	close STDOUT;
	POSIX::_exit(0);
}
sleep 0.5;
my $after = one_backend($new->address, top => $drain);
ok $p->reload($after, sub { get($at, '/plain')->{body} eq 'new' }),
    'a reload: new requests go elsewhere';
for (1 .. 2) {
	sleep 0.3;
	$p->reload;
}
for my $pipe (@pipes) {
	is scalar(<$pipe>), "sent $size, got $size, right",
	    'a tunnel goes on through three reloads';
}
ok until_true(sub { (() = Portico::slurp("$b->{dir}/said") =~
    /sent $size, got $size, right/g) == 3 }, 5), 'at both ends';
ok until_true(sub { ($p->sums)[0] >= 2 }, 15), 'then generations end';

# Who stays longer than drain_timeout is let go.
my $idle = Backend->new(sub {
	accept_tunnel($_[0]) // return;
	$_[0]->drain;
	$_[0]->record('left', "left\n");
});
my $text = one_backend($idle->address, top => 'drain_timeout = "3s";');
my $q = Portico->start($text);
my ($c, $r) = open_tunnel($q->address('http'), '/');
is $r && $r->{status}, 101, 'an idle tunnel';
my $began = time;
$q->reload($text);
is $c->ending(1.5), 'open', 'is open after a reload';
is $c->ending(10), 'closed', 'and closed after drain_timeout';
cmp_ok time - $began, '>', 2.5, 'not before it';
ok until_true(sub { -e "$idle->{dir}/left" }, 3), 'the backend learns of it';

($c, $r) = open_tunnel($q->address('http'), '/');
$q->signal('QUIT');
is $c->ending(1.5), 'open', 'QUIT lets it finish too';
$c->close;
is $q->quit(10), 0, 'and ends when it has';
my ($ended, $wrong) = $q->sums;
is $wrong, undef, 'every sum is zero';
is $p->quit(10), 0, 'a clean end of the other';
($ended, $wrong) = $p->sums;
is $wrong, undef, 'every sum is zero';
done_testing;
