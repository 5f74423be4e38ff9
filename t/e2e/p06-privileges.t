# SPDX-License-Identifier: BSD-2-Clause
# Nobody but the master keeps privileges.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(get);
use Portico qw(run_program);

my $conf = q{
listeners = { http = { address = "@http@"; }; };
sites = { a = { hosts = "*"; routes = (
    { respond = { status = 200; body = "fine"; }; } ); }; };
};
my $p = Portico->start($conf . ($> == 0 ? 'user = "nobody";' : ''));
my $uid = $> == 0 ? getpwnam('nobody') : $>;
my %roles = $p->children;

for my $pid (sort { $roles{$a} cmp $roles{$b} } keys %roles) {
	my $status = Portico::slurp("/proc/$pid/status");
	my ($uids) = $status =~ /^Uid:\s+(.*)$/m;
	my ($gids) = $status =~ /^Gid:\s+(.*)$/m;
	my ($groups) = $status =~ /^Groups:\s*(.*?)\s*$/m;

	is $uids, join("\t", ($uid) x 4), "$roles{$pid}: user";
	like $status, qr/^NoNewPrivs:\s+1$/m, 'no new privileges';
	like $status, qr/^Cap(?:Eff|Prm|Inh):\s+0+$/m, 'no capabilities';
	SKIP: {
		skip 'not root', 3 if $> != 0;
		unlike $gids, qr/\b0\b/, 'group';
		unlike $groups, qr/\b0\b/, 'groups';
		is +(stat "/proc/$pid/mem")[4], 0,
		    'not dumpable: its /proc is of root';
	}
}
is get($p->address('http'), '/')->{body}, 'fine', 'served';

SKIP: {
	skip 'not root', 3 if $> != 0;
	my $file = $p->dir . '/bad.conf';
	open my $f, '>', $file or die $!;
	print $f $conf =~ s/\@http\@/127.0.0.1:1/r, "user = \"nobody-here\";\n";
	close $f;
	my ($status, $out, $err) = run_program('-f', '-c', $file);
	is $status, 1, 'a user who does not exist';
	like $err, qr/bad\.conf:\d+: .*nobody-here/, 'is told';

	my $q = Portico->start($conf . 'user = "nobody";' .
	    'access_log = { to = "@dir@/access.log"; };');
	get($q->address('http'), '/');
	ok Client::until_true(sub { -s $q->dir . '/access.log' }, 5),
	    'logs are opened with the rights of the master';
}
done_testing;
