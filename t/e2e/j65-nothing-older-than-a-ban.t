# SPDX-License-Identifier: BSD-2-Clause
# Who asks after a ban or a purge has been answered gets nothing older than it,
# under load, whoever dies; and not after a kill of everything, with a file.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Backend;
use Client qw(ask get request until_true);
use Cached qw(cached response stored);
use FakeMaster qw(ctl);
use POSIX ();
use Portico;

my $SECONDS = 3;
my $CLIENTS = 4;
my $PATHS = 6;
my $dir = Portico::temporary();

sub say_version
{
	my ($n) = @_;

	open my $f, '>', "$dir/version.new" or die $!;
	print $f $n;
	close $f or die $!;
	rename "$dir/version.new", "$dir/version" or die $!;
	return;
}

say_version(1);
my $origin = Backend->new(sub {
	my ($c) = @_;
	while (defined(my $request = $c->request)) {
		my $version = Portico::slurp("$dir/version");
		my ($path) = $request =~ m{^\S+ (\S+)};
		# some take long enough that a ban comes meanwhile
		sleep 0.03 if $path =~ /[12]$/;
		my $whole = response(200, "$version " x 50,
		    'Cache-Control: max-age=1000', 'Surrogate-Key: all');
		if ($path =~ /[34]$/) {
			$c->send(substr $whole, 0, 150);
			sleep 0.03;
			$c->send(substr $whole, 150);
		} else {
			$c->send($whole);
		}
	}
	return;
});

# Asks until the time is over: what was too old, or mixed, a line each. The
# version that holds is read before the request begins.
sub ask_on
{
	my ($at, $until) = @_;
	my ($n, $wrong) = (0, '');

	while (time < $until) {
		my $least = Portico::slurp("$dir/holds");
		my $path = '/' . int rand $PATHS;
		my $r = get($at, $path);
		my %versions = map { $_ => 1 } split ' ', $r->{body};
		my ($version) = keys %versions;
		$n++;
		if ($r->{status} != 200 || keys %versions != 1) {
			$wrong .= "$path: status $r->{status}, mixed\n"
			    if keys %versions > 1;
		} elsif ($version < $least) {
			$wrong .= "$path: $version, and $least holds\n";
		}
	}
	return "$n\n$wrong";
}

sub hold
{
	my ($n) = @_;

	open my $f, '>', "$dir/holds.new" or die $!;
	print $f $n;
	close $f or die $!;
	rename "$dir/holds.new", "$dir/holds" or die $!;
	return;
}

sub try_it
{
	my ($p, $name, $end, $kill) = @_;
	my ($version, $failed) = (Portico::slurp("$dir/version"), '');
	my $until = time + $SECONDS;
	my @from = map {
		my $pid = open(my $from, '-|') // die $!;
		if ($pid == 0) {
			srand $$;
			print ask_on($p->address('http'), $until);
			close STDOUT;
			POSIX::_exit(0);
		}
		$from;
	} 1 .. $CLIENTS;
	my $turns = 0;

	while (time < $until - 0.3) {
		say_version(++$version);
		my $said = $end->();
		$failed .= "$said\n" if $said ne '';
		hold($version) if $said eq '';
		$turns++;
		my $role = $kill && $turns % 5 == 0 ? $kill->[$turns % 2] : '';
		my ($victim) = $role ? $p->pids($role) : ();
		kill 'KILL', $victim if $victim;
		sleep 0.02;
	}
	my ($sum, $wrong) = (0, '');
	for my $from (@from) {
		my ($n, @lines) = <$from>;
		close $from;
		$sum += $n;
		$wrong .= join '', @lines;
	}
	is $wrong, '', "$name: nothing older";
	is $failed, '', 'and each was carried out';
	cmp_ok $turns, '>', 10, 'of many';
	cmp_ok $sum, '>', 100, 'and many answers';
	note "$turns times, $sum answers";
	return;
}

hold(1);
my $p = cached($origin, cache => 'purge_from = "127.0.0.1";');
my $sock = $p->dir . '/portico.sock';
my %ban = (
	tag => sub { (ctl('-s', $sock, qw(cache ban --tag all)))[2] },
	soft => sub { (ctl('-s', $sock, qw(cache ban --soft --re ^a.test/)))
	    [2] },
	purge => sub {
		for (0 .. $PATHS - 1) {
			my $r = ask($p->address('http'),
			    request("PURGE /$_"));
			return "PURGE: $r->{status}"
			    if $r->{status} !~ /^(?:200|404)$/;
		}
		return '';
	},
);
try_it($p, $_, $ban{$_}) for sort keys %ban;
try_it($p, 'while processes die', $ban{tag}, [ 'worker', 'steward' ]);
is $p->quit, 0, 'finished';
my ($ended, @sums) = $p->sums;
is "$ended @sums", '1 ', 'and nothing is left over';

# A file.
my $file = "$dir/cache";
my $conf = sub {
	return cached($origin, size => qq{64M"; file = "$file},
	    cache => 'purge_from = "127.0.0.1";');
};
$p = $conf->();
$sock = $p->dir . '/portico.sock';
get($p->address('http'), "/$_") for 0 .. 5;
is ask($p->address('http'), request('PURGE /0'))->{status}, 200, 'purged';
my ($status) = ctl('-s', $sock, qw(cache ban --prefix /5));
is $status, 0, 'and banned';
my %roles = $p->children;
kill 'KILL', $p->pid, keys %roles;
ok until_true(sub { !$p->alive && !grep { kill 0, $_ } keys %roles }, 5),
    'all are killed';
undef $p;
$p = $conf->();
my %there = map { $_ => !!stored(get($p->address('http'), "/$_")) } 0 .. 5;
is join(' ', grep { $there{$_} } sort keys %there), '1 2 3 4',
    'what was ended before is not there again';
is $p->stop, 0, 'the end';
done_testing;
