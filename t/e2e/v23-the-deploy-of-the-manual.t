# SPDX-License-Identifier: BSD-2-Clause
# The script in portico(7), as it stands there, replaces one backend after the
# other while clients are busy, and no request fails: not even a POST.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);
use Failover;
use FakeMaster;
use Manual qw(literals text_of);
use Portico qw(need_program);

my ($script) = grep { /^#!.*\n# deploy / }
    literals(text_of("$Portico::TOP/man/portico.7"));
ok $script, 'the script' or BAIL_OUT('portico(7) has none');

my $f = Failover->new(names => [ qw(a b) ],
    pool => "$Failover::HEALTH slow_start = '500ms';" =~ tr/'/"/r);
my $sock = $f->portico->dir . '/portico.sock';
my $dir = Portico::temporary();

sub program
{
	my ($name, $text) = @_;

	open my $out, '>', "$dir/$name" or die "$dir/$name: $!";
	print $out $text;
	close $out;
	return chmod 0755, "$dir/$name";
}

# What the script calls; ssh: we restart the backend, and say so.
my $sleep = need_program('sleep');
program('deploy', $script);
program('porticoctl', "#!/bin/sh\nexec '$FakeMaster::PROGRAM' -s '$sock' "
    . "\"\$@\"\n");
program('sleep', "#!/bin/sh\nexec '$sleep' 0.6\n");
program('curl', "#!/bin/sh\ntest -e '$dir/ready'\n");
program('ssh', "#!/bin/sh\nrm -f '$dir/ready'\necho \"\$1\" >'$dir/name' && "
    . "mv '$dir/name' '$dir/restart'\n");

# Slower than the script can ask for it.
sub restart
{
	my ($name) = @_;

	$f->backend($name)->kill;
	sleep 0.5;
	$f->backend($name)->again;
	open my $ready, '>', "$dir/ready" or die $!;
	return $name;
}

my @restarted;
my $r = $f->under_load(8, sub {
	local $ENV{PATH} = "$dir:$ENV{PATH}";
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		exec "$dir/deploy", qw(app a b) or POSIX::_exit(127);
	}
	for (1 .. 700) {
		if (-e "$dir/restart") {
			my $name = Portico::slurp("$dir/restart") =~ s/\n//r;
			unlink "$dir/restart";
			push @restarted, restart($name);
		}
		last if waitpid($pid, 1) == $pid;
		sleep 0.01;
	}
	is $?, 0, 'it ends';
});
is "@restarted", 'a b', 'one after the other';
cmp_ok scalar $r->those(sub { $_->{method} eq 'POST' }), '>', 50,
    'there were POSTs';
my @failed = $r->those(sub { $_->{outcome} ne 'ok' });
is join(', ', map { "$_->{method} $_->{outcome} $_->{status} $_->{cause}" }
    @failed), '', 'no request failed';
$f->ends_clean;
done_testing;
