# SPDX-License-Identifier: BSD-2-Clause
# porticoctl top, in a terminal: what it shows, keys, sizes, and that the
# terminal is as it was however it ends.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use FakeMaster qw(ctl);
use Figures qw(backend pool status);
use Terminal;

my ($enter, $leave) = map { quotemeta } "\e[?1049h", "\e[?1049l";

# Each look is some requests later.
sub look
{
	my ($n, %one) = @_;

	return status(pool('app', up => 1, backends => 2, in_flight => 5),
	    pool('down', backends => 1),
	    backend('app/slow', in_flight => 1, p95_us => 900000,
		attempts => 1000 + 10 * $n),
	    backend('app/busy', in_flight => 4, p95_us => 1000,
		attempts => 5000 + 1000 * $n, state => 'draining'),
	    backend('down/gone', state => 'down', connect_errors => 50 * $n,
		attempts => 50 * $n, %one));
}

my $dir = Portico::temporary();
my $m = FakeMaster->new($dir, status => sub { my ($c, $n) = @_;
	print $c look($n); });
my @top = ($FakeMaster::PROGRAM, '-s', $m->{path}, 'top');

# ---- not in a terminal ----

my ($status, $out, $err) = ctl(@top[1 .. 3], '-n', 3);
is "$status$err", 0, 'not in a terminal: as many looks as -n says';
my @looks = split /^(?=portico )/m, $out;
is scalar @looks, 3, 'each is a picture';
unlike $out, qr/[^\n -~]/, 'of plain text';
like $looks[2], qr{^\d{3,4}(?:\.\d)? requests/s, 5 in flight, 0 queued}m,
    'requests a second';
like $looks[2], qr{queued, 123 connections$}m, 'of all generations';
like $looks[2], qr{app/busy.*down/gone.*app/slow}s, 'the busiest first';
like $looks[2], qr{^down/gone +down +\S+ +(?:[2-5]\d)\.\d +.* 1$}m,
    'errors a second';

SKIP: {
	skip 'no terminal is to be had', 1
	    unless $ENV{CI} || eval { Terminal::open_pair() };
	in_a_terminal();
}

sub in_a_terminal
{
	my $t = Terminal->new(\@top);

	ok $t->wait_for($enter), 'another screen';
	my $shown = $t->wait_for(qr/q leaves/);
	like $shown, qr/\e\[33mapp\/busy/, 'what drains is yellow';
	like $shown, qr/\e\[31mdown\/gone/, 'what is down is red';
	unlike $shown, qr/\e\[\d+mapp\/slow/, 'what is up is plain';
	ok !$t->is_as_before, 'keys need no Return';
	ok $t->wait_for(qr{[1-9]\S* requests/s.*q leaves}s),
	    'the next look has rates';
	for my $sort ('in flight', 'p95', 'errors', 'rate') {
		$t->press('s');
		my $shown = $t->wait_for(qr/now by $sort\b/);
		ok $shown, "s: by $sort";
		like $shown, { 'p95' => qr{app/slow.*app/busy}s,
		    'in flight' => qr{app/busy.*app/slow}s,
		    'errors' => qr{down/gone.*app/busy}s,
		    'rate' => qr{app/busy.*app/slow}s }->{$sort}, 'sorted';
	}
	$t->press('x');
	$t->press('p');
	ok $t->wait_for(qr/PAUSED/), 'p: it pauses';
	my $asked = () = $m->said =~ /\n/g;
	sleep 2;
	is scalar(() = $m->said =~ /\n/g), $asked, 'and asks no more';
	$t->press('p');
	ok $t->wait_for(qr/p pauses/), 'and goes on';

	$t->resize(8, 30);
	my @lines;
	for (1 .. 5) { # some may have been drawn before
		$shown = $t->wait_for(qr/\e\[H.*?\e\[J/s) // '';
		$shown =~ s/\e\[[\d?]*[a-zA-Z]//g;
		@lines = split /\r+\n/, $shown;
		last if @lines <= 8 && !grep { length > 30 } @lines;
	}
	cmp_ok scalar @lines, '<=', 8, 'no more lines than there are rows';
	is join("\n", grep { length > 30 } @lines), '', 'nor columns';
	$t->press('q');
	ok $t->wait_for($leave), 'q: the first screen again';
	is $t->ended, 0, 'and the end';
	ok $t->is_as_before, 'with the terminal as it was';

	$t = Terminal->new(\@top, env => { NO_COLOR => 1 });
	$shown = $t->wait_for(qr/q leaves/);
	unlike $shown, qr/\e\[\d*m/, 'NO_COLOR: no colours';
	$t->press("\cC");
	ok $t->wait_for($leave), 'Ctrl-C';
	is $t->ended, 0, 'is an end like any';
	ok $t->is_as_before, 'with the terminal as it was';

	for my $signal (qw(TERM HUP QUIT)) {
		$t = Terminal->new(\@top);
		$t->wait_for(qr/q leaves/);
		$t->kill($signal);
		ok $t->wait_for($leave), "SIG$signal";
		my $how = $t->ended // 0;
		isnt $how & 127, 0, 'kills it as it should';
		ok $t->is_as_before, 'with the terminal as it was';
	}
	stop_and_go();
	the_master_goes();
}

# Ctrl-Z is for a shell: without one nobody would let it go on.
sub stop_and_go
{
	my $t = Terminal->new([ 'bash', '-ic', 'set -m; "$@"; stty -a; fg', 'x',
	    @top ]);
	$t->wait_for(qr/q leaves/);
	$t->press("\cZ");
	ok $t->wait_for($leave), 'Ctrl-Z: the first screen';
	my $shown = $t->wait_for(qr/speed.*tostop.*echoctl/s);
	like $shown // '', qr/(?<!-)icanon/, 'with the terminal as it was';
	ok $t->wait_for($enter), 'and in the foreground it goes on';
	$t->wait_for(qr/q leaves/);
	$t->press('q');
	ok defined $t->ended, 'to its end';
}

sub the_master_goes
{
	my $t = Terminal->new(\@top);

	$t->wait_for(qr/q leaves/);
	undef $m;
	ok $t->wait_for(qr/cannot reach a master.*q leaves/s),
	    'a master that ends is told of';
	unlink "$dir/portico.sock";
	$m = FakeMaster->new($dir, status => sub { my ($c, $n) = @_;
	    print $c look($n, in_flight => 77); });
	my $shown = $t->wait_for(qr{down/gone.* 77 .*q leaves}s);
	ok $shown, 'the next one is shown';
	undef $m;
	unlink "$dir/portico.sock";
	$m = FakeMaster->new($dir, status => sub { sleep 60 });
	sleep 2;
	$t->press('q');
	ok $t->wait_for($leave, 3), 'q works while a master is silent';
	is $t->ended, 0, 'at once';
}

undef $m;
($status, $out, $err) = ctl(@top[1 .. 3], '-n', 2);
is $status, 3, 'nobody there';
like $err, qr/cannot reach a master/, 'told';
done_testing;
