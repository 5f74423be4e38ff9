# SPDX-License-Identifier: BSD-2-Clause
# Many upgrades, one after the other, leave no more behind than one does.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Client qw(get until_true);
use Fresh qw(age_of fresh_backend);
use Portico qw(free_port one_site run_program temporary);
use Test::More;
use Upgrade qw(own_program put_program same_program upgrade);

my $tested = $Portico::BINARY;
my $path = own_program();
my $fresh = fresh_backend();
my $dir = temporary();
my $times = $ENV{UPGRADES} // 6;

is +(run_program('--self-signed', "$dir/tls", 'a.test'))[0], 0,
    'a certificate';
my $https = free_port();
my $p = Portico->start(qq{
    listeners = { http = { address = "\@http\@"; };
	https = { address = "127.0.0.1:$https"; tls = "$dir/tls/portico.pem"; };
    };
    pools = { app = { backends = "@{[ $fresh->address ]}"; }; };
    sites = { all = { hosts = "*"; cache = true;
	routes = ( { pool = "app"; } ); }; };
    cache = { size = "4M"; file = "$dir/cache"; };
    pid_file = "$dir/pid"; state_dir = "$dir"; control = "$dir/sock";
    workers = { min = 2; max = 2; };
});
my $at = $p->address('http');
my $was = get($at, '/')->{body};

# What each process has open, by kind: sockets have numbers of their own.
sub opened
{
	my ($pid) = @_;

	return join ' ', sort map { s/\d+//gr }
	    grep { defined } map { readlink } glob "/proc/$pid/fd/*";
}

# All of them by name, once what was there before has gone.
sub picture
{
	my %roles;

	until_true(sub {
		%roles = $p->children;
		return 2 == grep { /steward|heir/ } values %roles;
	}, 20) or die 'old processes are still there';
	return join "\n", sort map { "$_->[1]: " . opened($_->[0]) }
	    [$p->pid, 'master'], map { [$_, $roles{$_}] } keys %roles;
}

sub text_of
{
	my ($name) = @_;

	return Portico::slurp('/proc/' . $p->pid . "/$name");
}

put_program($path, $tested);
ok upgrade($p), 'the first one';
my ($before, $environ) = (picture(), length text_of('environ'));
my $done = 0;
for (1 .. $times) {
	put_program($path, $tested);
	$done += upgrade($p) && same_program($p, $path) ? 1 : 0;
}
is $done, $times, 'and more';
is picture(), $before, 'nothing is open that was not';
is length text_of('environ'), $environ, 'the environment has not grown';
like text_of('cmdline'), qr/\Aportico: master\0*\z/, 'the title is right';
my $stats = join '', map { Portico::slurp($_) } glob '/proc/[0-9]*/stat';
unlike $stats, qr/\) Z @{[ $p->pid ]} /, 'nobody waits to be buried';
my $r = get($at, '/');
is $r->{body}, $was, 'the cache has what it had';
ok defined age_of($r), 'and says how old it is';
is Portico::slurp("$dir/pid"), $p->pid . "\n", 'the pid file is right';
is $p->quit, 0, 'QUIT';
ok !-e "$dir/pid", 'the pid file has gone';
ok !-e "$dir/sock", 'and the socket';
done_testing;
