# SPDX-License-Identifier: BSD-2-Clause
# The script for OpenRC, run as that does, by what is needed of it here.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(get until_true);
use Installed;
use Portico qw(free_port);
use Upgrade qw(put_program);

my $at = '127.0.0.1:' . free_port();
my $i = Installed->new('install-openrc');
my $dir = $i->dir;
my $script = "$dir/etc/init.d/portico";
ok -x $script, 'the script is installed';
is system('sh', '-n', $script), 0, 'it is good shell';
like Portico::slurp($script), qr{^#!/sbin/openrc-run\n}, 'for OpenRC';

# Script and word: what OpenRC does with it, in the same order.
$i->write('openrc-run', <<'END');
set -eu
ebegin() { echo "$*"; }
eend() { test "$1" = 0 || echo "failed: ${2-}"; return "$1"; }
need() { echo "need $*"; }
use() { :; }
after() { :; }

start() {
	start_pre || return
	eval "$command $command_args"
}

# One step of "QUIT/10/TERM/5" after the other.
stop() {
	stop_pre || return
	pid=$(cat "$pidfile")
	rest=$retry/
	while test -n "$rest"; do
		signal=${rest%%/*} rest=${rest#*/}
		seconds=${rest%%/*} rest=${rest#*/}
		kill -s "$signal" "$pid" || return 0
		while test "$seconds" -gt 0 && kill -s 0 "$pid" 2>/dev/null; do
			seconds=$((seconds - 1))
			sleep 1
		done
		kill -s 0 "$pid" 2>/dev/null || return 0
	done
	return 1
}

RC_SVCNAME=portico RC_CMD=$2
. "$(dirname "$1")/../conf.d/portico"
. "$1"
for file in $required_files; do
	test -f "$file" || exit 9
done
case $2 in
restart) stop && start ;;
start | stop | depend) $2 ;;
*)
	case " $extra_commands $extra_started_commands " in
	*" $2 "*) $2 ;;
	*) exit 8 ;;
	esac ;;
esac
END

sub script
{
	my ($word) = @_;

	return $i->run({}, 'sh', "$dir/openrc-run", $script, $word);
}

sub site
{
	my ($body) = @_;

	return qq{ sites = { a = { hosts = "*";
	    routes = { respond = { body = "$body"; }; }; }; };
	    access_log = { to = "$dir/var/log/portico/access.log"; };};
}

sub body { return eval { get($at, '/')->{body} } // 'nobody there' }

is script('depend'), 0, 'depend';
like $i->said, qr/^need .*\bnet\b/m, 'on the net';
unlink "$dir/etc/portico/portico.conf";
is script('start'), 9, 'start: without a configuration';
$i->configure($at, 'nonsense = 1;');
isnt script('start'), 0, 'start: with a wrong one';
like $i->said, qr/portico\.conf:\d+: .*nonsense/, 'it says where';
isnt script('configtest'), 0, 'configtest: wrong';
ok !$i->processes, 'nothing runs';

$i->configure($at, site('one'));
is script('configtest'), 0, 'configtest: right';
is script('start'), 0, 'start' or diag $i->said;
is body(), 'one', 'it serves';
my $first = $i->pid;
ok $first && kill(0, $first), 'the pid file is where the script looks';
$i->configure($at, site('two') . 'nonsense = 1;');
isnt script('reload'), 0, 'reload: with a wrong configuration';
isnt script('restart'), 0, 'restart: with a wrong configuration';
is body(), 'one', 'all goes on as it was';
is $i->pid, $first, 'in the same process';
$i->configure($at, site('two'));
is script('reload'), 0, 'reload';
ok until_true(sub { body() eq 'two' }), 'it has an effect';
my $log = "$dir/var/log/portico/access.log";
rename $log, "$log.1" or die "$log: $!";
is script('rotate'), 0, 'rotate';
ok until_true(sub { body(); -s $log }), 'there is a new log file';
put_program("$dir/usr/sbin/portico", $Portico::BINARY);
is script('upgrade'), 0, 'upgrade';
ok until_true(sub { (stat "/proc/$first/exe")[1]
    == (stat "$dir/usr/sbin/portico")[1] }, 10), 'the new program';
is $i->pid, $first, 'in the same process';
is script('restart'), 0, 'restart' or diag $i->said;
is body(), 'two', 'it serves';
isnt $i->pid, $first, 'in another process';
is script('stop'), 0, 'stop';
ok $i->is_gone, 'nobody is left';
ok !-e "$dir/run/portico.pid", 'nor a pid file';

$i->configure($at, site('three'));
rename "$dir/etc/portico/portico.conf", "$dir/etc/portico/other.conf";
$i->write('etc/conf.d/portico',
    "PORTICO_CONF=\@dir\@/etc/portico/other.conf\n");
is script('start'), 0, 'etc/conf.d/portico names another configuration';
is body(), 'three', 'which is read';
is script('stop'), 0, 'stop';
ok $i->is_gone, 'nobody is left';
done_testing;
