# SPDX-License-Identifier: BSD-2-Clause
# Somebody has taken a worker over and writes anything anywhere in the memory
# that it shares: the master lives, answers, harms no stranger, and porticoctl
# shows nothing that commands a terminal.
use strict;
use warnings;
no warnings 'portable';
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);
use Backend qw(plain);
use Client qw(until_true);
use Control qw(command);
use FakeMaster qw(ctl);
use Portico;

$SIG{PIPE} = 'IGNORE';
my $seed = $ENV{SEED} // time ^ $$;
srand $seed;
my $origin = Backend->new(plain('b'));
my $at = $origin->address;
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = ( { name = "b1"; address = "$at"; },
	        { name = "b2"; address = "$at"; max_connections = 5; },
	        { name = "n"; address = "localhost:1"; } );
	    balance = "least-connections"; queue = { length = 10; };
	    health = { interval = "200ms"; timeout = "100ms"; };
	    slow_start = "10s"; }; };
	sites = { x = { hosts = "*"; routes = ( { pool = "app"; } ); }; };
});
my $sock = $p->dir . '/portico.sock';
my @at = ('-s', $sock);

my $stranger = fork // die "fork: $!";
if ($stranger == 0) {
	close $_ for *STDOUT, *STDERR;
	sleep 110;
	POSIX::_exit(0);
}

# Where the areas of those names lie in a process: begin and end of each.
sub areas
{
	my ($pid, $names) = @_;

	open my $f, '<', "/proc/$pid/maps" or return ();
	return map { /^([0-9a-f]+)-([0-9a-f]+) rw-s .*:portico-(?:$names)\b/
	    ? [ hex $1, hex $2 ] : () } <$f>;
}

my @words = (pack('L', $stranger), "\xff" x 4, "\xff" x 8, "\e[2J",
    "\x9b2J\xff", pack('L', 0x7fffffff), "\n\tok", "end\n", "\xc2\x9b");

# How many writes succeeded. Most go to the first part, which is in use.
sub write_anything
{
	my ($names) = @_;
	my ($pid) = $p->workers or return 0;
	my $n = 0;

	open my $mem, '+<:raw', "/proc/$pid/mem" or return 0;
	for my $area (areas($pid, $names)) {
		my $length = $area->[1] - $area->[0];

		$length = 16384 if $length > 16384 && rand() < 0.7;
		for (1 .. 200) {
			my $what = rand() < 0.3 ? pack 'L', rand 300
			    : rand() < 0.3 ? pack 'L', rand 2**32
			    : $words[rand @words];

			sysseek $mem, $area->[0] + 4 * int rand $length / 4, 0;
			$n++ if (syswrite($mem, $what) // 0) > 0;
		}
	}
	return $n;
}

if (!write_anything('board')) {
	kill 'KILL', $stranger;
	waitpid $stranger, 0;
	plan skip_all => 'nobody here may write into the memory of others';
}

my ($worst, @unanswered, @unread, @unclean) = (0);
for my $round (1 .. 40) {
	write_anything($round <= 20 ? 'board' : 'board|seats|slots|rows');
	for (1 .. 3) {
		my $s = IO::Socket::INET->new(PeerAddr => $p->address('http'))
		    or next;
		print $s "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	}
	my $began = time;
	my $r = eval { command($sock, 'status', 10) };
	my $took = time - $began;
	$worst = $took if $took > $worst;
	push @unanswered, $round if !$r || !$r->{ok} || !$r->{whole};
	next if $round % 4;
	my ($status, $text) = ctl(@at, 'status');
	my ($json_status, $json, $said) = ctl(@at, '--json', 'status');
	push @unread, "$round: $said" if $status || $json_status
	    || !eval { decode_json($json) };
	push @unclean, $round if "$text$json" =~ /[\0-\x08\x0b-\x1f\x7f]/
	    || "$text$json" =~ /\xc2[\x80-\x9f]/;
	command($sock, ('backend drain app/b1', 'backend weight app/b2 7',
	    'backend enable app/b1', 'reload')[$round / 4 % 4], 40);
	last if !$p->alive;
}
is "@unanswered", '', "status is answered each time (SEED=$seed)";
cmp_ok $worst, '<', 5, sprintf 'in %.3f s at most', $worst;
is join('; ', @unread), '', 'porticoctl can read it';
is "@unclean", '', 'and shows no control bytes';
ok $p->alive, 'the master lives';
is waitpid($stranger, POSIX::WNOHANG()), 0, 'and a stranger does';
$p->signal('TERM');
ok until_true(sub { !$p->alive }, 10), 'TERM ends it';
$p->kill_all if $p->alive;
kill 'KILL', $stranger;
waitpid $stranger, 0;
done_testing;
