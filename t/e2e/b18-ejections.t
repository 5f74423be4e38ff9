# SPDX-License-Identifier: BSD-2-Clause
# Who fails again and again is left alone for a while, and then tried again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Pool qw(backends pool names);
use Client qw(ask field get request until_true);
use Portico qw(free_port temporary);
use Time::HiRes qw(sleep time);

my $dir = temporary();
my %b = backends(qw(a b c));

# What it does is in a file, so that it can change.
sub changing
{
	my ($name) = @_;

	return Backend->new(sub {
		my ($c) = @_;

		while (defined(my $r = $c->request)) {
			my $mood = Portico::slurp("$dir/mood");

			return $c->reset if $mood eq 'reset';
			return $c->drain if $mood eq 'hang';
			$c->send($mood eq 'garbage' ? "what?\r\n\r\n" :
			    $mood =~ /^\d/ ? plain('no') =~
			    s/200 OK/$mood Sorry/r :
			    $mood eq 'half' ? substr(plain('x' x 9000,
			    "X-Backend: $name"), 0, 4000) :
			    plain($name, "X-Backend: $name")) or return;
			return if $mood eq 'half' || $mood eq 'garbage';
		}
		return;
	}, name => $name);
}

sub mood
{
	open my $f, '>', "$dir/mood.new" or die $!;
	print $f $_[0];
	close $f;
	rename "$dir/mood.new", "$dir/mood";
	return;
}

mood('fine');
my $x = changing('x');
my $keys = 'timeouts = { response = "800ms"; connect = "800ms"; };
    passive = { failures = 3; window = "10s"; eject = "1s"; };';
my $gone = '127.0.0.1:' . free_port();
my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = { app = ' . pool($keys, $x, '', $b{a}, '', $b{b}, '') .
    '; off = ' . pool('passive = false;', $x, '', $b{a}, '') .
    '; alone = ' . pool($keys, $x, '') .
    '; two = ' . pool($keys =~ s/eject = "1s"/eject = "60s"/r, $gone, '',
    $x, '') . '; };
    sites = { x = { hosts = "*"; routes = ( ' . join(', ', map {
    "{ path = \"/$_\"; pool = \"$_\"; }" } qw(off alone two)) . ',
    { pool = "app"; } ); }; };');
my $at = $p->address('http');

sub asked { return scalar(my @all = $x->requests) }
sub back { return until_true(sub { names($at, 6) =~ /x/ }, 10) }

like names($at, 6), qr/x/, 'all is well';
for my $mood (qw(reset hang garbage half 502 503 504)) {
	ok back(), "it is back before $mood";
	mood($mood);
	$x->clear;
	$p->clear_log;
	my $names = join '', map { names($at, 1) } 1 .. 15;
	# once more on an idle connection that it resets, or if it took us a
	# second to ask the others
	like asked(), qr/^[34]$/, "$mood: asked three times, then no more";
	is $names =~ tr/ab//, 15, 'each request was answered by another'
	    if $mood ne 'half';
	ok $p->logged(qr{app/x\ is\ ejected\ for\ 1\ s:\ 3\ failures\ in\ a
	    \ row,\ the\ last:\ .*;\ 2\ of\ 3\ are\ left}x, 5), 'the log says so';
	mood('fine');
	ok back(), 'and after a while it is back';
}
for my $mood (404, 500) {
	mood($mood);
	$x->clear;
	my $names = names($at, 30);
	is asked(), 10, "$mood is an answer";
}

# It comes back ill: the first failure ejects it, for longer.
mood('reset');
$p->clear_log;
names($at, 15);
ok $p->logged(qr/app\/x is ejected for 1 s/, 5), 'ejected';
sleep 1.2;
until_true(sub { names($at, 3); $p->log =~ /for 2 s/ }, 10);
like $p->log, qr{app/x is ejected for 2 s: again: .*2 of 3}, 'again, for longer';

# Limits: off; a pool of one; half of the pool.
$x->clear;
names($at, 20, 'GET /off');
is asked(), 10, 'passive = false: nobody is ejected';
is names($at, 2, 'GET /alone'), '502502', 'alone: 502';
unlike $p->log, qr{alone/x is ejected}, 'but never ejected';
names($at, 10, 'GET /two');
ok $p->logged(qr{two/\S+ is ejected}, 5), 'of two one is ejected';
sleep 0.3;
names($at, 10, 'GET /two');
is scalar(() = $p->log =~ m{two/\S+ is ejected}g), 1, 'at most half';
is $p->quit, 0, 'QUIT';
done_testing;
