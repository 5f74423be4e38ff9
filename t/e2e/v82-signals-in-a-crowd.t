# SPDX-License-Identifier: BSD-2-Clause
# Signals that come together: upgrades, reloads and the end, in any order.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(command connect_to records);
use Portico qw(one_backend);
use Test::More;
use Time::HiRes qw(sleep);
use Upgrade qw(generation own_program put_script);

my $tested = $Portico::BINARY;
my $path = own_program();
my $b = Backend->new({ '/' => plain('fine') });
my $conf = one_backend($b->address,
    top => 'control = "@dir@/sock"; pid_file = "@dir@/pid";');
my $p = Portico->start($conf);
my $at = $p->address('http');

sub taken { return scalar(() = $p->log =~ /it has taken over/g) }
sub rests
{
	return until_true(sub { !(records(command($p->dir . '/sock',
	    'status'), 'master'))[0]{reloading} }, 20);
}
sub fine { return get($at, '/')->{body} eq 'fine' }

# Twice at once is one, or one after the other.
$p->signal('USR2') for 1 .. 5;
ok until_true(sub { taken() && generation($p) > 1 }, 20), 'five at once';
ok fine(), 'it answers';

# A reload that came meanwhile is done as well, by whom it may be.
for my $order ([qw(USR2 HUP)], [qw(HUP USR2)], [qw(HUP USR2 HUP USR1)]) {
	my ($was, $number) = (taken(), generation($p));

	$p->signal($_) for @$order;
	ok until_true(sub { taken() > $was && generation($p) > $number + 1 },
	    20), "@$order: both";
	ok fine(), 'it answers';
}

# Who waits for a reload is told of the reload.
for my $n (1 .. 5) {
	rests();
	my $was = taken();
	my $s = connect_to($p->dir . '/sock');

	syswrite $s, "reload\n";
	sleep 0.01 * $n;
	$p->signal('USR2');
	my $answer = Control::parse(Control::read_all($s, 30));
	ok $answer->{ok} || $answer->{text} =~ /is under way/,
	    'a reload beside an upgrade is answered' or diag $answer->{raw};
	ok until_true(sub { taken() > $was }, 20), 'and the upgrade is made';
}

# The end, while one is tried that never answers.
rests();
put_script($path, "#!/bin/sh\nexec sleep 100\n");
my $s = connect_to($p->dir . '/sock');
syswrite $s, "upgrade\n";
ok until_true(sub { $p->log =~ /upgrade: trying.*\z/s }, 5), 'one is tried';
sleep 0.3;
is $p->quit, 0, 'QUIT';
my $answer = Control::parse(Control::read_all($s, 10));
like $answer->{raw}, qr/stays as it was/, 'who waited for it is told';
ok !-e $p->dir . '/pid', 'the pid file has gone';
done_testing;
