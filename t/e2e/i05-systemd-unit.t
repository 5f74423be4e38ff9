# SPDX-License-Identifier: BSD-2-Clause
# The unit for systemd: its commands, run with the rights that it leaves.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(get until_true);
use Installed;
use IO::Select;
use IO::Socket::IP;
use IO::Socket::UNIX;
use Portico;
use Socket qw(SOCK_DGRAM);
use Time::HiRes qw(time);

my $i = Installed->new('install-systemd');
my $dir = $i->dir;
my $file = "$dir/usr/lib/systemd/system/portico.service";
my %unit = read_unit($file);
my %service = %{ $unit{Service} || {} };

# Section => key => [values]; an odd line fails.
sub read_unit
{
	my ($path) = @_;
	my (%sections, $section);

	for (split /\n/, Portico::slurp($path)) {
		next if /^(?:#|$)/;
		if (/^\[(\w+)\]$/) {
			$section = $1;
		} elsif (defined $section && /^([A-Z]\w*)=(\S.*)$/) {
			push @{ $sections{$section}{$1} }, $2;
		} else {
			fail "a line of no unit: $_";
		}
	}
	return %sections;
}

sub command { return split / /, $_[0] =~ s/\$\{(\w+)\}/variables()->{$1}/ger }

# What the service finds in its environment.
sub variables
{
	my %set = map { split /=/, $_, 2 } @{ $service{Environment} };
	my ($other) = $service{EnvironmentFile}[0] =~ /^-(.*)/;

	return { %set, Portico::slurp($other) =~ /^(\w+)=(.*)$/mg };
}

is join(' ', sort keys %unit), 'Install Service Unit', 'three sections';
is "@{ $service{Type} }", 'notify', 'it says itself when it is ready';
is scalar @{ $service{ExecStart} }, 1, 'one program';
like $service{ExecStartPre}[0], qr/ -t /, 'tests before a start';
like $service{ExecReload}[0], qr/ -t /, 'tests before a reload';
for (map { @{ $service{$_} } } qw(ExecStartPre ExecStart ExecReload)) {
	my ($program) = split / /;
	ok -x $program, "$program can be run";
}
is join("\n", Portico::slurp("$dir/usr/lib/sysusers.d/portico.conf")
    =~ /^[^#].*/mg), 'u portico - "Portico reverse proxy" /', 'a user';

SKIP: {
	skip 'systemd is not here', 4
	    if grep { !-x "/usr/bin/systemd-$_" }
	    qw(analyze sysusers tmpfiles);
	is $i->run({}, 'systemd-analyze', 'verify', '--man=no', $file), 0,
	    'systemd-analyze verify';
	is $i->said, '', 'has nothing to say';
	skip 'not root', 2 if $> != 0;
	rmdir "$dir/var/log/portico";
	$i->run({}, 'systemd-tmpfiles', '--create',
	    "$dir/usr/lib/tmpfiles.d/portico.conf");
	is +(stat "$dir/var/log/portico")[2] // 0, 040750,
	    'systemd-tmpfiles makes folders' or diag $i->said;
	mkdir $_ for "$dir/root", "$dir/root/etc";
	$i->run({}, 'systemd-sysusers', "--root=$dir/root",
	    "$dir/usr/lib/sysusers.d/portico.conf");
	like Portico::slurp("$dir/root/etc/passwd"),
	    qr{^portico:[^:]*:\d+:\d+:Portico reverse proxy:/:\S*/nologin$}m,
	    'systemd-sysusers makes a user' or diag $i->said;
}

# The rights that the unit leaves: capabilities, and what can be written.
$i->write('confined', <<'END');
set -eu
for place in $1; do
	test ! -d "$place" || mount --bind "$place" "$place"
done
mount -o remount,bind,ro "$(findmnt -n -o TARGET -T "${3%/*}")"
mount -o remount,bind,ro / 2>/dev/null || :
! touch "$3" 2>/dev/null || exit 77
capabilities=$2
shift 3
exec setpriv --bounding-set="-all,$capabilities" --no-new-privs "$@"
END

sub confined
{
	my (@command) = @_;
	my @places = map { s/^-//r } split / /, "@{ $service{ReadWritePaths} }";
	my $capabilities = join ',', map { '+' . lc s/^CAP_//r }
	    split / /, "@{ $service{CapabilityBoundingSet} }";

	return ('unshare', '-m', 'sh', "$dir/confined", "@places",
	    $capabilities, "$dir/etc/probe", @command);
}

if ($> != 0 || $i->run({}, 'unshare', '-m', 'true') != 0) {
	note 'what follows wants root and a mount namespace';
	done_testing;
	exit;
}
is $i->run({}, confined('true')), 0, 'confined' or diag $i->said;

# A port for root alone, and a page that is somebody else's.
my ($port) = grep { my $s = IO::Socket::IP->new(LocalHost => '127.0.0.1',
    LocalPort => $_, Listen => 1) } map { 600 + int rand 400 } 1 .. 20;
my $at = "127.0.0.1:$port";
$i->write('etc/portico/page.html', 'a page');
chown 65534, 65534, "$dir/etc/portico/page.html";
chmod 0600, "$dir/etc/portico/page.html";
chmod 0700, "$dir/etc/portico";
chown 65534, 65534, "$dir/etc/portico";

sub site
{
	my ($body) = @_;

	$i->configure($at, <<"END");
user = "nobody";
access_log = { to = "\@dir\@/var/log/portico/access.log"; };
sites = { a = { hosts = "*"; routes = (
    { path = "/page"; respond = { file = "page.html"; }; },
    { respond = { body = "$body"; }; } ); }; };
END
	return;
}

my $manager = IO::Socket::UNIX->new(Type => SOCK_DGRAM,
    Local => "$dir/run/notify") or die "notify: $!";

# The next message to the manager, or one that has the pattern.
sub told
{
	my ($pattern) = @_;
	my $until = time + 15;

	while (IO::Select->new($manager)->can_read($until - time)) {
		$manager->recv(my $text, 4096);
		return $text if $text =~ $pattern;
	}
	return '';
}

sub body { return eval { get($at, $_[0] // '/')->{body} } // 'nobody there' }

site('${GREETING} one');
$i->write('etc/default/portico', "GREETING=welcome\n");
is $i->run(variables(), confined(command($service{ExecStartPre}[0]))), 0,
    'ExecStartPre' or diag $i->said;
my $pid = fork // die "fork: $!";
if ($pid == 0) {
	my $set = variables();
	open STDERR, '>', "$dir/stderr";
	$ENV{$_} = $set->{$_} for keys %$set;
	$ENV{NOTIFY_SOCKET} = "$dir/run/notify";
	exec { 'unshare' } confined(command($service{ExecStart}[0]))
	    or POSIX::_exit(127);
}
ok told(qr/^READY=1$/m), 'READY' or diag Portico::slurp("$dir/stderr");
is $i->pid, $pid, 'the process is the one that was started';
is body(), 'welcome one', 'it serves at a low port';
is body('/page'), 'a page', 'and reads what only its owner may read';
my %of = map { $_ => Portico::slurp("/proc/$_/status") } $i->processes;
is scalar(grep { !/^Uid:\t65534\t65534\t65534\t/m } values %of), 1,
    'all but the master are an ordinary user';
my ($master) = $of{$pid} =~ /^CapEff:\s+(\w+)$/m;
is unpack('%32b*', pack 'H*', $master),
    scalar(split / /, "@{ $service{CapabilityBoundingSet} }"),
    'the master has the capabilities of the unit, no others';
ok until_true(sub { -s "$dir/var/log/portico/access.log" }), 'it logs';

# systemd runs these one after the other while they succeed.
sub reload
{
	for (@{ $service{ExecReload} }) {
		$i->run({ %{ variables() }, MAINPID => $pid }, confined(
		    map { s/\$MAINPID/$pid/r } command($_))) == 0 or return 0;
	}
	return 1;
}

site('two');
ok reload(), 'ExecReload' or diag $i->said;
ok told(qr/^RELOADING=1$/m), 'RELOADING';
ok told(qr/^READY=1$/m), 'READY';
is body(), 'two', 'by then it has an effect';
$i->configure($at, 'nonsense = 1;');
ok !reload(), 'ExecReload with a wrong configuration';
is body(), 'two', 'all goes on as it was';

my ($signal) = $service{KillSignal}[0] =~ /^SIG(\w+)$/;
my ($seconds) = $service{TimeoutStopSec}[0] =~ /^(\d+)s$/;
my $since = time;
kill $signal, $pid;
ok told(qr/^STOPPING=1$/m), 'STOPPING';
ok until_true(sub { waitpid($pid, POSIX::WNOHANG()) == $pid }, $seconds),
    'it ends in time';
is $?, 0, 'well';
ok $i->is_gone, 'nobody is left';
ok !-e "$dir/run/portico.pid", 'nor a pid file';
done_testing;
