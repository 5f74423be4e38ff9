# SPDX-License-Identifier: BSD-2-Clause
# The service manager, the logger, callers with half a command or half an
# answer, and signals that come together, while one program follows another.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(command connect_to records);
use FakeMaster qw(ctl);
use IO::Select;
use IO::Socket::UNIX;
use Portico qw(one_site temporary);
use Socket qw(SOCK_DGRAM);
use Time::HiRes qw(sleep);
use Upgrade qw(own_program put_program put_script upgrade generation
    same_program);

my $tested = $Portico::BINARY;
my $path = own_program();
my $dir = temporary();
my $sock = "$dir/sock";
my $manager = IO::Socket::UNIX->new(Type => SOCK_DGRAM,
    Local => "$dir/notify") or die $!;
my $b = Backend->new({ '/' => plain('fine') });
# Many pools make a long answer.
my %pools = map { ("p$_" => $b->address) } 1 .. 300;
my $conf = one_site('{ pool = "p1"; }', pools => \%pools,
    top => "control = \"$sock\";");
my $p = do {
	local $ENV{NOTIFY_SOCKET} = "$dir/notify";
	Portico->start($conf);
};
my $at = $p->address('http');

sub message
{
	IO::Select->new($manager)->can_read(10) or return {};
	$manager->recv(my $text, 4096);
	return { map { split /=/, $_, 2 } split /\n/, $text };
}

sub rest_of
{
	my ($s) = @_;
	my $all = '';

	while (IO::Select->new($s)->can_read(10)) {
		sysread $s, my $part, 65536 or last;
		$all .= $part;
	}
	return $all;
}

is message()->{READY}, 1, 'it is up';

# ---- Callers

my $half = connect_to($sock);
syswrite $half, 'sta';
my $lazy = connect_to($sock);
setsockopt $lazy, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(), 4096;
syswrite $lazy, "config save\n";
sleep 0.3;
my ($logger) = $p->pids('logger');
put_program($path, $tested);
ok command($sock, 'upgrade', 30)->{ok}, 'an upgrade';
ok same_program($p, $path), 'the new program';
syswrite $half, "tus\n";
like rest_of($half), qr/^ok\nmaster\t.*\nend\n\z/s,
    'half a command before it, the answer after it';
my $all = rest_of($lazy);
like $all, qr/^ok\n.*\nend\n\z/s, 'an answer that was half taken is whole';
cmp_ok length $all, '>', 100_000, 'a long one';

# ---- The service manager

is message()->{RELOADING}, 1, 'the service manager is told';
my $told = message();
is $told->{READY}, 1, 'and when it is done';
is $told->{STATUS}, 'generation 2 is running', 'in words';
is $told->{MAINPID}, $p->pid, 'the process is the same';

# ---- The logger

ok until_true(sub { my @l = $p->pids('logger');
    @l == 1 && $l[0] != $logger }, 5), 'there is another logger';
($logger) = $p->pids('logger');
is((stat "/proc/$logger/exe")[1], (stat $path)[1], 'of the new program');
unlike $p->log, qr/logger.*(?:left|young|ended)/, 'nobody is told of it';

my ($status, $out, $err) = ctl('-s', $sock, 'upgrade');
is "$status$err", 0, 'porticoctl upgrade' or diag $out;
is generation($p), 3, 'comes back when it is done';

# ---- Signals

# True once so many programs have taken over, and all is done.
sub settled
{
	my ($programs) = @_;

	return until_true(sub {
		(() = $p->log =~ /it has taken over/g) >= $programs &&
		!(records(command($sock, 'status'), 'master'))[0]{reloading}
		}, 20);
}

put_program($path, $tested);
$p->signal($_) for qw(HUP USR2 USR1 HUP);
ok settled(3) && generation($p) >= 5 && same_program($p, $path),
    'HUP and USR2 at once: both' or diag $p->log;
put_script($path, qq{#!/bin/sh\nsleep 0.5\nexec "$tested" "\$@"\n});
my $before = generation($p);
$p->signal('USR2');
sleep 0.2;
$p->signal('HUP');
ok settled(4) && until_true(sub { generation($p) >= $before + 2 }, 20),
    'HUP while the new program is tried: afterwards' or diag $p->log;
is get($at, '/')->{body}, 'fine', 'it serves';

put_script($path, "#!/bin/sh\nexec sleep 100\n");
my $waits = connect_to($sock);
syswrite $waits, "upgrade\n";
ok until_true(sub { grep { /sleep/ } values %{ { $p->children } } }, 5),
    'one that does not answer';
my @tried = $p->pids('.*sleep');
is $p->quit, 0, 'QUIT is not kept waiting';
like rest_of($waits), qr/^error failed .*told to stop/s,
    'who waited for the upgrade is told';
ok until_true(sub { !grep { kill 0, $_ } @tried }, 5), 'it is ended';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and nothing is left';
done_testing;
