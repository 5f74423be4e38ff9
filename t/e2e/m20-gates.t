# SPDX-License-Identifier: BSD-2-Clause
# Gates come with a generation, are followed when they die, and go with it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(get request until_true);
use Control qw(command records);
use Portico;
use Time::HiRes qw(sleep time);
use Tls qw(get_tls one_https);

my $ca = Certs->new;
my $cert = $ca->leaf(names => [ 'a.test' ]);
my $b = Backend->new({ '/' => plain('fine'), '/slow' => sub { sleep 2;
    $_[0]->send(plain('slow')) } });
my $conf = one_https($b->address, $cert, top => 'gates = 2;');
my $p = Portico->start($conf);
my $at = $p->address('https');

sub gates { return $p->pids('gate') }

sub names
{
	my %roles = $p->children;

	return join ' ', sort grep { /^gate/ } values %roles;
}

is names(), 'gate 0 gate 1', 'as many as the configuration says, by name';
for (gates()) {
	is Portico::slurp("/proc/$_/comm") =~ s/\n//r,
	    +{ $p->children }->{$_}, 'the kernel has the same name';
	my $status = Portico::slurp("/proc/$_/status");
	unlike $status, qr/^Uid:.*\b0\b/m, 'not root' if $> == 0;
	like $status, qr/^CapEff:\s+0+$/m, 'nor with capabilities';
	my %open = map { (readlink($_) // '') => 1 } glob "/proc/$_/fd/*";
	is scalar(grep { m{^/} && !m{^/dev/null|\Q$p->{log}\E} } keys %open),
	    0, 'no file is open';
}
is get_tls($at, '/')->{body}, 'fine', 'served';
my @told = records(command($p->dir . '/portico.sock', 'status'),
    'process');
is scalar(grep { $_->{role} eq 'gate' && $_->{state} eq 'live' } @told), 2,
    'status has them';

# ---- Deaths ----

my $kept = Tls->new($at);
my $slow = Tls->new($at);
$slow->send(request('GET /slow'));
for my $round (1 .. 3) {
	my @before = gates();
	kill 'KILL', @before;
	ok until_true(sub { my @now = gates();
	    @now == 2 && !grep { $_ == $before[0] || $_ == $before[1] } @now
	    }, 5), 'all killed: there are others';
	is names(), 'gate 0 gate 1', 'under the same names';
	is get_tls($at, '/')->{body}, 'fine', 'and they serve';
}
$kept->send(request('GET /'));
is +($kept->final // {})->{body}, 'fine', 'a connection did not notice';
$kept->close;
is +($slow->final // {})->{body}, 'slow', 'nor did a request that ran';
like $p->log, qr/gate 0 \(pid \d+\) was ended by signal 9/, 'it is logged';
unlike $p->log, qr/died young/, 'and nobody waits: somebody killed them';
is scalar($p->pids('worker')), 2, 'no worker went';

# ---- Reloads and the end ----

my @before = gates();
$slow = Tls->new($at);
$slow->send(request('GET /slow'));
sleep 0.2;
$p->reload(undef, sub { my %now = map { $_ => 1 } gates();
    keys %now == 2 && !grep { $now{$_} } @before });
is scalar(gates()), 2, 'a reload: the old ones leave, though requests run';
is +($slow->final // {})->{body}, 'slow', 'which are finished';
$slow->close;
is get_tls($at, '/')->{body}, 'fine', 'served by the new';
ok until_true(sub { ($p->sums)[0] == 1 }, 5), 'the old generation ends';
unlike $p->log, qr/gate \d \(pid \d+\) left/, 'they left as they should';

$p->reload(one_https($b->address, $cert, top => 'gates = 1;'),
    sub { gates() == 1 });
is names(), 'gate 0', 'fewer';
my $plain = Portico::one_backend($b->address);
$p->reload($plain, sub { gates() == 0 });
is names(), '', 'none where no TLS is';
is get($p->address('http'), '/')->{body}, 'fine', 'and plain HTTP is served';
$p->reload($conf, sub { gates() == 2 });
is get_tls($at, '/')->{body}, 'fine', 'and TLS again';

my %all = $p->children;
$slow = Tls->new($at);
$slow->send(request('GET /slow'));
sleep 0.2;
$p->signal('QUIT');
ok until_true(sub { gates() == 0 }, 3), 'QUIT: gates leave first';
ok !eval { Client->new($at); 1 }, 'nobody listens';
is +($slow->final // {})->{body}, 'slow', 'a request is finished';
ok until_true(sub { !$p->alive }, 5), 'then it ends';
is $p->{status}, 0, 'with status 0';
is scalar(grep { kill 0, $_ } keys %all), 0, 'no process is left';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and nothing else';

# ---- Who cannot be called after the end may be called until then ----

my $tls = qq{listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "@{[ $b->address ]}" ]; };
    far = { backends = [ "https://127.0.0.1:1" ]; }; };
sites = { x = { hosts = "*"; routes = (
    { path = "/far"; pool = "far"; }, { pool = "app"; } ); }; };
gates = 2;};
$p = Portico->start($tls);
is names(), 'gate 0 gate 1', 'gates for backends alone';
my $c = Client->new($p->address('http'));
$c->send(request('GET /slow'));
sleep 0.2;
@before = gates();
$p->reload(undef, sub { my %now = map { $_ => 1 } gates();
    !grep { $now{$_} } @before });
is names(), 'gate 0 gate 0 gate 1', 'a generation that drains keeps one';
is $c->final->{body}, 'slow', 'until its last request';
$c->close;
ok until_true(sub { gates() == 2 }, 5), 'then that goes too';
($ended, $wrong) = $p->sums;
is $wrong, undef, 'and nothing is left';
is $p->stop, 0, 'TERM ends it with its gates';
done_testing;
