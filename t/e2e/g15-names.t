# SPDX-License-Identifier: BSD-2-Clause
# The addresses of a name come, go and change while clients are busy; its
# DNS server fails.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Dns;
use Beside qw(side_by_side);
use Failover;
use Portico qw(free_port);
use Time::HiRes qw(sleep time);

# One port for all of a trial, an address each: 127.0.0.2 is a, 127.0.0.3
# b, ...
my $port;
my %host = (a => '127.0.0.2', b => '127.0.0.3', c => '127.0.0.4',
    d => '127.0.0.5');

sub records { return 'TTL 1', map { "A $host{$_}" } @_ }

# A pool of one name that has the addresses of a, b and c.
sub scene
{
	my ($what, $health) = @_;
	my $dns = Dns->new('app.test' => [ records(qw(a b c)) ]);
	my $posts = Portico::temporary() . '/posts';
	my %at = map { ($_ => Faulty->new(name => $_,
	    at => "$host{$_}:$port", record => $posts)) } keys %host;
	my $server = $dns->address;
	my $f = Failover->new(what => $what, at => \%at, names => [], posts => $posts,
	    pool => $health, list => qq{{ name = "web";
	    address = "app.test:$port"; }}, top => qq{
	    resolvers = [ "$server" ];});

	return ($f, $dns);
}

# The zone is changed half a second after the beginning.
sub trial
{
	my ($what, $code, %opt) = @_;
	my ($f, $dns) = scene($what,
	    "resolve = \"1s\"; " . ($opt{pool} // ''));
	my $since;
	my $r = $f->under_load($opt{seconds} // 5, sub {
		sleep 0.5;
		$since = time;
		$code->($dns, $f);
	});

	$r->judge($what, $since);
	$r->posts_failed($what, $opt{posts} // 0);
	return ($r, $f, $since);
}

sub last_asked
{
	my ($what, $r, $name, $since) = @_;
	my @late = $r->from($name, $since);

	note sprintf "    %s: %d requests after the change, the last after " .
	    '%.0f ms', $name, scalar @late,
	    @late ? 1000 * ($late[-1]{start} - $since) : 0;
	is scalar($r->from($name, $since + 3.5)), 0, "$what: $name is left";
	return;
}

sub first_asked
{
	my ($what, $r, $name, $since) = @_;
	my ($first) = $r->from($name, $since);

	ok $first, "$what: $name is asked" or return;
	note sprintf "    %s: asked after %.0f ms", $name,
	    1000 * ($first->{start} - $since);
	return;
}

sub goes
{
	my ($r, $f, $since) = trial('an address goes', sub {
		$_[0]->set('app.test', records(qw(a c))) });

	last_asked('an address goes', $r, 'b', $since);
	$f->ends_clean;
	return;
}

sub comes
{
	my ($r, $f, $since) = trial('an address comes', sub {
		$_[0]->set('app.test', records(qw(a b c d))) });

	first_asked('an address comes', $r, 'd', $since);
	$f->ends_clean;
	return;
}

sub changes
{
	my ($r, $f, $since) = trial('an address changes, the old one ends',
	    sub {
		my ($dns, $f) = @_;

		$dns->set('app.test', records(qw(a c d)));
		sleep 3;
		$f->backend('b')->kill;
	});

	last_asked('an address changes', $r, 'b', $since);
	first_asked('an address changes', $r, 'd', $since);
	$f->ends_clean;
	return;
}

# It ends first, and DNS says so later.
sub ends_first
{
	my ($r, $f, $since) = trial('the old one ends first', sub {
		my ($dns, $f) = @_;

		$f->backend('b')->kill;
		sleep 1;
		$dns->set('app.test', records(qw(a c d)));
	}, pool => $Failover::HEALTH, posts => 16);

	first_asked('the old one ends first', $r, 'd', $since);
	$f->ends_clean;
	return;
}

sub dns_fails
{
	my ($how, $code) = @_;
	my ($r, $f, $since) = trial("DNS: $how", $code);

	ok scalar($r->from($_, $since + 2.5)), "DNS: $how: $_ is kept"
	    for qw(a b c);
	$f->ends_clean;
	return;
}

my @trials = (\&goes, \&comes, \&changes, \&ends_first,
    (map { my $mood = $_; sub {
	dns_fails($mood, sub { $_[0]->mood('*', $mood) }) } }
    qw(servfail silent garbage)),
    sub { dns_fails('it dies', sub { $_[0]->stop }) });
side_by_side(4, map { my ($code, $own) = ($_, free_port()); sub {
	$port = $own;
	$code->();
} } @trials);
done_testing;
