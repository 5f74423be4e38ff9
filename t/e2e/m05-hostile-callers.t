# SPDX-License-Identifier: BSD-2-Clause
# Whoever may command may also misbehave: the master goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use Test::More;
use Time::HiRes qw(sleep time);
use Beside qw(side_by_side);
use Client qw(until_true);
use Control qw(command records connect_to);
use Portico;
use Torture qw(start_origin start_load load_line spoiled);

$SIG{PIPE} = 'IGNORE';
my $more = join ', ', map { "{ name = \"more$_\"; address = "
    . "\"127.0.0.1:$_\"; state = \"down\"; }" } 1 .. 1000;
my ($p, $sock, $files);

# A Portico with 1,001 backends and, for so many seconds, clients; the code
# beside them.
sub scene
{
	my ($seconds, $code) = @_;
	my $origin = start_origin();

	$p = Portico->start(qq{
		listeners = { http = { address = "\@http\@"; }; };
		pools = { app = { backends = [ "$origin" ]; };
		    many = { backends = ( $more ); }; };
		sites = { x = { hosts = "*"; routes = (
		    { pool = "app"; } ); }; };
	});
	$sock = $p->dir . '/portico.sock';
	my $load = start_load('-t', $seconds, '-c', 4, '-w', 20,
	    $p->address('http'));
	goes_on('nobody else');
	$files = files();
	$code->();
	is spoiled(load_line($load)), '', 'no client has noticed anything';
	is $p->quit, 0, 'QUIT';
	return;
}

sub files { my @n = glob '/proc/' . $p->pid . '/fd/*'; return scalar @n }

# The master answers, and signals reach it, within a second or two.
sub goes_on
{
	my ($what) = @_;
	my $began = time;
	my $r = eval { command($sock, 'status', 5) };
	my $took = time - $began;

	ok $r && $r->{ok} && $r->{whole}, "$what: it answers";
	cmp_ok $took, '<', 3, sprintf '... in %.1f ms', $took * 1000;
	return;
}

sub rss
{
	open my $f, '<', '/proc/' . $p->pid . '/status' or return 0;
	return (join '', <$f>) =~ /^VmRSS:\s+(\d+)/m ? $1 : 0;
}

sub half_lines
{
	my @half = map { connect_to($sock) } 1 .. 10;

	syswrite $_, 'stat' for @half;
	goes_on('half lines');
	syswrite $half[0], "us\n";
	ok Control::parse(Control::read_all($half[0], 5))->{ok},
	    'a line in two parts is a line';
	close $_ for @half;
	ok until_true(sub { files() == $files }, 5),
	    'half lines that end are closed';
	return;
}

sub a_long_line
{
	my $s = connect_to($sock);
	my $line = 'x' x 1_000_000;

	$s->blocking(0);
	syswrite $s, $line;
	my $r = Control::parse(Control::read_all($s, 5));
	is $r->{code}, 'usage', 'a line of a million bytes is refused';
	like $r->{text}, qr/1024/, 'in words';
	ok !defined syswrite($s, $line), 'and its connection closed';
	goes_on('a long line');
	return;
}

sub all_bytes
{
	for my $bytes ("\0\0\0\n", join('', map { chr } 0 .. 255) . "\n",
	    "backend drain \xff\xfe/x\n", "%s%n%s%n/%n\n",
	    "backend drain %n/%n\n") {
		my $s = connect_to($sock);

		syswrite $s, $bytes;
		my $r = Control::parse(Control::read_all($s, 5));
		ok !$r->{ok} && $r->{whole}, 'no lawful line: refused';
		unlike $r->{raw}, qr/[^\n\t -~]/, 'in plain bytes';
	}
	return;
}

# Many connections that say nothing; then many at once, each with a command.
sub crowds
{
	my @silent = map { connect_to($sock) } 1 .. 60;

	sleep 1.2;
	goes_on('60 silent connections');
	cmp_ok files() - $files, '<=', 16, 'only so many are let in';
	ok until_true(sub { files() == $files }, 40),
	    'the silent ones are sent away';
	close $_ for @silent;
	my @crowd = map { my $s = connect_to($sock); syswrite $s, "status\n";
	    $s } 1 .. 50;
	my $whole = grep { Control::parse(Control::read_all($_, 20))->{whole} }
	    @crowd;
	is $whole, 50, '50 commands at once are all answered';
	return;
}

sub who_does_not_read
{
	my $rss = rss();
	my @deaf = map { my $s = connect_to($sock); syswrite $s, "status\n";
	    $s } 1 .. 14;

	sleep 0.3;
	goes_on('14 that do not read');
	SKIP: {
		skip 'the memory of a sanitizer is not ours', 1
		    if $p->sanitized;
		cmp_ok rss() - $rss, '<', 14 * 8192 + 8192,
		    'their answers are bounded';
	}
	ok until_true(sub { files() <= $files }, 20),
	    'the deaf ones are sent away';
	my $cut = Control::read_all($deaf[0], 5);
	like $cut, qr/^ok\n/, 'what they did not read begins';
	ok !Control::parse($cut)->{whole}, 'and has no end';
	return;
}

sub short_visits
{
	my $until = time + 1;
	my $visits = 0;

	while (time < $until) {
		my $s = connect_to($sock) or next;
		syswrite $s, "reloa" if $visits++ % 2;
	}
	goes_on("$visits visits in a second");
	return;
}

sub who_leaves_while_it_reloads
{
	for (1 .. 5) {
		my $s = connect_to($sock);
		syswrite $s, "reload\n";
		close $s;
		until_true(sub { !(records(command($sock, 'status'),
		    'master'))[0]{reloading} }, 10);
	}
	goes_on('reloads whose callers left');
	ok until_true(sub { files() <= $files + 2 }, 20),
	    'no descriptor is lost' or diag files(), " now, $files before";
	return;
}

sub the_quick_ones
{
	is scalar(records(command($sock, 'status'), 'backend')), 1001,
	    '1,001 backends in one answer';
	half_lines();
	a_long_line();
	all_bytes();
	short_visits();
	who_leaves_while_it_reloads();
	return;
}

side_by_side(3, sub { scene(6, \&the_quick_ones) },
    sub { scene(13, \&crowds) }, sub { scene(12, \&who_does_not_read) });
done_testing;
