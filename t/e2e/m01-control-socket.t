# SPDX-License-Identifier: BSD-2-Clause
# The socket for commands: whose it is, what it says, and when it goes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::UNIX;
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(command records connect_to);
use Portico qw(free_port one_backend run_program temporary);

my $dir = temporary();
my $sock = "$dir/portico.sock";
my $origin = Backend->new(plain('fine'));

sub conf
{
	my (%o) = @_;

	return one_backend($origin->address,
	    top => $o{control} ? "$o{control};" : '');
}

sub mode { return sprintf '%04o', (stat $_[0])[2] & 07777 }

sub serves
{
	my ($path) = @_;

	return eval { command($path, 'status')->{ok} };
}

my $p = Portico->start(conf(), dir => $dir);
ok -S $sock, 'beside the pid file by default';
is mode($sock), '0600', 'its owner alone may command';
my $r = command($sock, 'status');
ok $r->{ok} && $r->{whole}, 'status' or diag $r->{raw};
my ($master) = records($r, 'master');
is $master->{pid}, $p->pid, 'the pid of the master';
is $master->{control}, $sock, 'the path';
is $master->{file}, $p->file, 'the file';
is $master->{generation}, 1, 'the generation';
is $master->{reloading}, 0, 'no reload';
is $master->{changes}, 0, 'no changes';
cmp_ok $master->{uptime_ms}, '<', 60000, 'since when';
my ($g) = records($r, 'generation');
is "$g->{number} $g->{state} $g->{workers}", '1 running 2', 'its generation';
my %roles = $p->children;
is_deeply [ sort map { $_->{pid} } grep { $_->{state} eq 'live' }
    records($r, 'process') ], [ sort keys %roles ], 'its processes';
is_deeply { map { $_->{pid} => $_->{role} . ($_->{role} eq 'worker'
    ? " $_->{number}" : '') } records($r, 'process') }, \%roles, 'their roles';
my ($pool) = records($r, 'pool');
is "$pool->{name} $pool->{balance} $pool->{up} $pool->{backends}",
    'app round-robin 1 1', 'the pool';
my ($b) = records($r, 'backend');
is $b->{address}, $origin->address, 'the backend';
is "$b->{state} $b->{order} $b->{weight} $b->{file_weight} $b->{added}",
    'up none 1 1 0', 'its state';
is get($p->address('http'), '/')->{body}, 'fine', 'it serves';
ok until_true(sub { my ($n) = records(command($sock, 'status'), 'backend');
    $n->{ok} >= 1 && $n->{attempts} >= 1 && $n->{p50_us} > 0 }, 5),
    'requests are counted';

# What is wrong is said.
for (['stauts', 'usage', qr/did you mean "status"\?/],
    ['backend drain nowhere/x', 'unknown', qr/no pool "nowhere"/],
    ['backend drain apq/x', 'unknown', qr/did you mean "app"\?/],
    ['backend drain app/x', 'unknown', qr/no backend "x" in the pool "app"/],
    ['backend drain app', 'usage', qr/POOL\/NAME/],
    ['', 'usage', qr/words/],
    ['backend remove app/' . $origin->address, 'refused', qr/last backend/]) {
	my ($line, $code, $text) = @$_;
	$r = command($sock, $line);
	is $r->{code}, $code, "\"$line\" is refused";
	like $r->{text}, $text, 'in words';
	ok $r->{whole}, 'to the end';
}
is((records(command($sock, 'status'), 'master'))[0]{changes}, 0,
    'and changes nothing');

# A second master in its way.
my $other = temporary();
open my $f, '>', "$other/portico.conf" or die $!;
print $f one_backend($origin->address, top => qq{control = "$sock";
    pid_file = "$other/portico.pid"; workers = { min = 1; max = 1; };})
    =~ s/\@http\@/'127.0.0.1:' . free_port()/er;
close $f;
my ($status, undef, $said) = run_program('-f', '-c', "$other/portico.conf");
is $status, 1, 'another master does not start';
like $said, qr/\Q$sock\E: another master serves it/, 'and says why';
ok !-e "$other/portico.pid", 'and leaves nothing';
ok command($sock, 'status')->{ok}, 'the first one still has it';

# A reload moves it, and gives it other rights.
$p->reload(conf(control => qq{control = { socket = "$sock"; mode = "0660"; }}),
    sub { mode($sock) eq '0660' });
is mode($sock), '0660', 'a reload changes its mode';
ok command($sock, 'status')->{ok}, 'it is the same';
SKIP: {
	my ($group, $gid) = map { $_, scalar getgrnam $_ }
	    grep { defined getgrnam $_ } qw(nogroup nobody);
	skip 'only root can give it to any group', 4 if $> != 0 || !$group;
	$p->reload(conf(control => qq{control = { socket = "$sock";
	    group = "$group"; }}), sub { (stat $sock)[5] == $gid });
	is +(stat $sock)[5], $gid, 'a reload gives it to a group';
	is mode($sock), '0600', 'and back its rights';
	$p->clear_log;
	$p->reload(conf(control => qq{control = { socket = "$sock";
	    group = "nobody-knows"; }}));
	ok $p->logged(qr/"nobody-knows".*no such group/, 5), 'no such group: told' or diag $p->log;
	is +(stat $sock)[5], $gid, 'and it stays as it was';
}
$p->reload(conf(control => qq{control = "$dir/other.sock"}),
    sub { serves("$dir/other.sock") && !-e $sock });
ok command("$dir/other.sock", 'status')->{ok}, 'a reload moves it';
ok !-e $sock, 'the old name is gone';
mkdir "$dir/folder";
$p->clear_log;
$p->reload(conf(control => qq{control = "$dir/folder"}));
ok $p->logged(qr/folder: it is there, and no socket/, 5),
    'where it cannot be: told';
ok command("$dir/other.sock", 'status')->{ok}, 'and it stays';
$p->reload(conf(control => 'control = false'),
    sub { !-e "$dir/other.sock" });
ok !-e "$dir/other.sock", 'a reload removes it';
unlink $sock;
$p->reload(conf(), sub { serves($sock) });
ok command($sock, 'status')->{ok}, 'and brings it back';
unlink $sock;
$p->reload(undef, sub { serves($sock) });
ok command($sock, 'status')->{ok}, 'also if its name was removed';

# The end, and what is left of a dead master.
is $p->stop, 0, 'TERM';
ok !-e $sock, 'its name goes with the master';
my $stale = IO::Socket::UNIX->new(Local => $sock, Listen => 1);
close $stale;
ok -S $sock, 'a socket that nobody serves';
unlink "$dir/stderr";
$p = Portico->start(conf(), dir => $dir, addresses => $p->{addresses});
until_true(sub { serves($sock) }, 10);
ok serves($sock), 'is replaced' or diag $p->log;

# In the foreground it can be done without.
is $p->stop, 0, 'TERM';
unlink "$dir/stderr";
$p = Portico->start(conf(control => qq{control = "$dir/later/c.sock"}),
    dir => $dir, addresses => $p->{addresses});
is get($p->address('http'), '/')->{body}, 'fine', 'no folder for it: it serves';
ok $p->logged(qr/later\/c\.sock: No such file/, 5), 'and says so';
$p->clear_log;
$p->reload(undef);
ok $p->logged(qr/generation 2 is running/, 5), 'it can be reloaded';
mkdir "$dir/later";
$p->reload(undef, sub { serves("$dir/later/c.sock") });
ok serves("$dir/later/c.sock"), 'and has one once there is the folder';
$p->reload(conf(), sub { serves($sock) });

# Files of logs.
$p->write_conf(conf(control => qq{access_log = { to = "$dir/access.log"; }}));
ok command($sock, 'reload')->{ok}, 'a file for the access log';
rename "$dir/access.log", "$dir/access.log.1";
$r = command($sock, 'reopen');
ok $r->{ok} && $r->{whole}, 'reopen, after it was renamed' or diag $r->{raw};
get($p->address('http'), '/after');
ok until_true(sub { -s "$dir/access.log" }, 5), 'there is a new one';

# Stops by command.
my $slow = connect_to($sock);
$r = command($sock, 'stop graceful');
ok $r->{ok} && $r->{whole}, 'stop graceful: answered';
ok until_true(sub { !$p->alive }, 10), 'and done';
is $p->{status}, 0, 'well';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'nothing was left';
unlink "$dir/stderr";
$p = Portico->start(conf(), dir => $dir, addresses => $p->{addresses});
until_true(sub { serves($sock) }, 10);
$r = command($sock, 'stop');
ok $r->{ok} && $r->{whole}, 'stop: answered';
ok until_true(sub { !$p->alive }, 10), 'and done';
is $p->{status}, 0, 'well';
ok !-e $sock, 'the name is gone';

# Without a file there is none.
my @quick = map { Portico->start('', listeners => [], arguments => [ '-f',
    '-l', '127.0.0.1:' . free_port(), '-b', '127.0.0.1:1' ]) } 1 .. 2;
ok until_true(sub { $_->log =~ /generation 1 is running/ }, 10),
    'without a file it runs beside another one' for @quick;
is $_->stop, 0, 'TERM' for @quick;
done_testing;
