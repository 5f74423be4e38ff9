# SPDX-License-Identifier: BSD-2-Clause
# logrotate with the file that is installed, under traffic: no line is lost.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(request until_true);
use Installed;
use Portico qw(need_program);

my $logrotate = need_program('logrotate');
my $i = Installed->new('install-sysv');
my $dir = $i->dir;
my $logs = "$dir/var/log/portico";
my $file = "$dir/etc/logrotate.d/portico";
ok -d $logs, 'the folder is there';
is +(stat _)[2] & 07777, 0750, 'and not for everybody';

sub rotate
{
	return $i->run({}, $logrotate, '-f', '-s', "$dir/state", $file);
}

is rotate(), 0, 'when nothing runs' or diag $i->said;

my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
sites = { a = { hosts = "*"; routes = { respond = { body = "x"; }; }; }; };
access_log = { to = "$logs/access.log"; };
error_log = { to = "$logs/error.log"; level = "debug"; };
pid_file = "$dir/run/portico.pid";
});
ok until_true(sub { -s "$dir/run/portico.pid" }), 'it runs';

my $sent = 0;

sub ask_some
{
	my $c = Client->new($p->address('http'));

	for (1 .. 50) {
		$c->send(request('GET /' . $sent++));
		$c->response or return 0;
	}
	$c->close;
	return 1;
}

# How many requests have a line there.
sub lines { return scalar(() = Portico::slurp($_[0]) =~ m{"GET /\d+ HTTP}g) }

ok ask_some(), 'requests before';
ok until_true(sub { lines("$logs/access.log") == $sent }), 'are logged';
$p->reload;
ok until_true(sub { Portico::slurp("$logs/error.log") =~ /is running/ }),
    'a reload is logged';
my $rotated = fork // die "fork: $!";
POSIX::_exit(rotate()) if $rotated == 0;
my $fine = 1;
$fine &&= ask_some() until waitpid($rotated, POSIX::WNOHANG()) == $rotated;
is $?, 0, 'logrotate -f';
ok $fine, 'requests meanwhile';
ok until_true(sub { -e "$logs/access.log" }), 'there is a new file';
is +(stat "$logs/access.log")[2] & 07777, 0640, 'with the mode of the old';
ok ask_some(), 'requests after';
ok until_true(sub {
	$sent == lines("$logs/access.log.1") + lines("$logs/access.log") }),
    'each has its line, in the old file or the new';
cmp_ok lines("$logs/access.log"), '>', 0,
    'the new one is in use';
ok -s "$logs/error.log.1", 'the error log went the same way';

is rotate(), 0, 'once more' or diag $i->said;
ok -s "$logs/access.log.2.gz", 'the older one is compressed';
is $p->quit, 0, 'ended';
done_testing;
