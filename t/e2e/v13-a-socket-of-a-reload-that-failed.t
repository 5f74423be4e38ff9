# SPDX-License-Identifier: BSD-2-Clause
# A reload that was to bring another control socket and whose family never
# became ready leaves nothing behind: the next one may have that socket.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use Backend qw(plain);
use Client qw(until_true);
use Control qw(command);
use Portico qw(temporary);

my $origin = Backend->new(plain('b'));
my $at = $origin->address;
my $dir = temporary();

sub conf
{
	my ($name) = @_;

	return qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = [ "$at" ]; }; };
	control = "$dir/$name.sock";
	workers = { min = 40; max = 40; };
	};
}

sub pids
{
	my $pid = $_[0]->pid;

	open my $f, '<', "/proc/$pid/task/$pid/children" or return ();
	return split ' ', <$f> // '';
}

# True if all that the reload has made was stopped before it was ready.
sub stop_the_new
{
	my ($p) = @_;
	my %old = map { $_ => 1 } pids($p);
	my $until = time + 25;
	my $running = () = $p->log =~ /is running/g;

	$p->signal('HUP');
	while (time < $until) {
		kill 'STOP', grep { !$old{$_} } pids($p);
		my $log = $p->log;
		return 1 if $log =~ /is not ready in time/;
		return 0 if $running != (() = $log =~ /is running/g);
	}
	return 0;
}

my $p = Portico->start(conf('a'), dir => $dir);
my $now = 'a';
for my $next ('b' .. 'f') {
	$p->write_conf(conf($next));
	if (!stop_the_new($p)) {
		kill 'CONT', pids($p);
		$now = $next; # it was too fast for us
		next;
	}
	ok until_true(sub { !-e "$dir/$next.sock" }, 5),
	    'the socket of the reload that failed is gone';
	ok command("$dir/$now.sock", 'status')->{ok}, 'the old one answers';
	my $r = command("$dir/$now.sock", 'reload');
	ok $r->{ok}, 'the next reload succeeds' or diag $r->{raw};
	ok command("$dir/$next.sock", 'status')->{ok}, 'with that socket';
	ok !-e "$dir/$now.sock", 'in place of the old one';
	$now = '';
	last;
}
is $now, '', 'a reload has failed';
is $p->quit, 0, 'QUIT';
done_testing;
