# SPDX-License-Identifier: BSD-2-Clause
# Backends are drained, disabled, enabled and weighted while it runs.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(command records backend_of state_of);
use Portico;

my @origins = map { Backend->new(plain("b$_")) } 1 .. 3;
my @at = map { $_->address } @origins;

sub conf
{
	my (%o) = @_;
	my @state = map { $o{$_} // '' } 1 .. 3;

	return qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = (
	    { name = "b1"; address = "$at[0]"; $state[0] },
	    { name = "b2"; address = "$at[1]"; $state[1] },
	    { name = "b3"; address = "$at[2]"; $state[2] } ); }; };
	};
}

my $p = Portico->start(conf());
my $sock = $p->dir . '/portico.sock';
my $at = $p->address('http');

# How often each answers of n requests.
sub shares
{
	my ($n) = @_;
	my %of = (b1 => 0, b2 => 0, b3 => 0);

	$of{ get($at, '/')->{body} }++ for 1 .. $n;
	return join ' ', map { "$_:$of{$_}" } sort keys %of;
}

sub fine
{
	my ($line) = @_;
	my $r = command($sock, $line);

	ok $r->{ok} && $r->{whole}, $line or diag $r->{raw};
	return $r;
}

is shares(30), 'b1:10 b2:10 b3:10', 'all alike';
fine('backend drain app/b1');
is shares(30), 'b1:0 b2:15 b3:15', 'at once a drained one gets nothing new';
is state_of($sock, 'app/b1'), 'draining', 'status says so';
is backend_of($sock, 'app/b1')->{order}, 'drain', 'and that it was ordered';
fine('backend disable app/b2');
is shares(10), 'b1:0 b2:0 b3:10', 'nor does a disabled one';
is state_of($sock, 'app/b2'), 'down', 'status says so';
my ($pool) = records(command($sock, 'status'), 'pool');
is $pool->{up}, 1, 'one is left';
my $r = fine('backend disable app/b3');
like join('', @{ $r->{lines} }), qr/no backend of the pool "app" gets/,
    'a warning when none is left';
is get($at, '/')->{status}, 503, 'then 503';
fine("backend enable app/b$_") for 1 .. 3;
is shares(30), 'b1:10 b2:10 b3:10', 'enabled again';
is((records(command($sock, 'status'), 'master'))[0]{changes}, 0,
    'which leaves no change');
ok until_true(sub { $p->log =~ /"backend drain app\/b1" of user $>/ }, 5),
    'who ordered it stands in the log';

fine('backend weight app/b1 8');
is shares(30), 'b1:24 b2:3 b3:3', 'a weight takes effect at once';
is backend_of($sock, 'app/b1')->{weight}, 8, 'status shows it';
is backend_of($sock, 'app/b1')->{file_weight}, 1, 'and that of the file';
fine('backend weight app/b1 0');
is shares(20), 'b1:0 b2:10 b3:10', 'a weight of 0: nothing';
fine('backend weight app/b1 file');
is shares(30), 'b1:10 b2:10 b3:10', 'the weight of the file again';

# What was ordered outlives a reload; what the file says does not.
fine('backend drain app/b1');
fine('backend weight app/b2 2');
$r = fine('reload');
is((records(command($sock, 'status'), 'generation'))[-1]{number}, 2,
    'reload: answered when the next generation runs');
is shares(30), 'b1:0 b2:20 b3:10', 'orders and weights are kept';
my $weighed = conf(2 => 'weight = 9;', 3 => 'weight = 3;');
$p->write_conf($weighed);
fine('reload');
is shares(20), 'b1:0 b2:8 b3:12', 'the order wins, else the file does';
$p->write_conf(conf(3 => 'state = "drain";'));
fine('backend weight app/b2 file');
fine('reload');
is shares(10), 'b1:0 b2:10 b3:0', 'drained by the file';
fine('backend enable app/b3');
is shares(10), 'b1:0 b2:5 b3:5', 'an order is stronger than the file';
is backend_of($sock, 'app/b3')->{order}, 'up', 'it is an order';
fine('backend enable app/b1');

# A name that the file loses and finds again.
fine('backend disable app/b3');
$p->write_conf(conf() =~ s/name = "b3"/name = "b4"/r);
fine('reload');
is shares(30), 'b1:10 b2:10 b3:10', 'renamed: the order was for the old name';
$r = command($sock, 'config diff');
my ($c) = grep { $_->{name} eq 'b3' } records($r, 'change');
is "$c->{what} $c->{file} $c->{now}", 'state not in the file down',
    'the order is kept, and config diff says so';
$p->write_conf(conf());
fine('reload');
is shares(10), 'b1:5 b2:5 b3:0', 'named again: it holds again';

# An address that changes takes effect, and counters go on by the name.
my $before = backend_of($sock, 'app/b2')->{attempts};
my $moved = Backend->new(plain('b2'));
$origins[1]->stop;
$p->write_conf(conf() =~ s/\Q$at[1]\E/$moved->address/er);
fine('reload');
is shares(10), 'b1:5 b2:5 b3:0', 'another address under the same name';
is backend_of($sock, 'app/b2')->{address}, $moved->address, 'status shows it';
cmp_ok backend_of($sock, 'app/b2')->{attempts}, '>=', $before + 5,
    'its counters go on';
is $p->quit, 0, 'QUIT';
done_testing;
