# SPDX-License-Identifier: BSD-2-Clause
# The end of a line that a full disk has torn is lost for that reason, also
# when the file is opened again meanwhile.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(ask request until_true);
use Portico;

my $mount = Portico::need_program('mount');
my $unshare = Portico::need_program('unshare');
plan skip_all => 'needs root' if $> != 0;
my $dir = Portico::temporary();
mkdir "$dir/small" or die $!;
system($unshare, '-m', 'true') == 0 or plan skip_all => 'no mount namespaces';

my $backend = Backend->new(plain('hello'));
my $conf = Portico::one_backend($backend->address, top => qq{
error_log = { to = "$dir/error.log"; };
access_log = { to = "$dir/small/access.log"; format = "{target}"; };});

# Its page is full in the middle of a line: 4096 bytes, and 500 in each line.
{
	no warnings 'once';
	open my $f, '>', "$dir/run" or die $!;
	print $f "#!/bin/sh\n$mount -t tmpfs -o size=4k none $dir/small && ",
	    "chmod 755 $dir/small && exec $Portico::BINARY \"\$@\"\n";
	close $f;
	chmod 0755, "$dir/run";
	open $f, '>', "$dir/outer" or die $!;
	print $f "#!/bin/sh\nexec $unshare -m $dir/run \"\$@\"\n";
	close $f;
	chmod 0755, "$dir/outer";
}
local $Portico::BINARY = "$dir/outer";
my $p = Portico->start($conf, listeners => []);
my $http = $p->address('http');
sub said { return Portico::slurp("$dir/error.log") }

for (1 .. 12) {
	ask($http, request('GET /' . 'x' x 499));
	select undef, undef, undef, 0.15; # each line is written by itself
}
ok until_true(sub { said() =~ /lines were lost: No space left/ }, 5),
    'a full disk is said';
kill 'USR1', $p->{pid};
my $told = sub { my $n = 0; $n += $_ for said() =~ /access\.log: (\d+) lines/g;
    return $n };
ok until_true(sub { $told->() == 4 }, 5), 'four lines, with the torn one'
    or diag said();
unlike said(), qr/nobody reads it/, 'all of them for that reason';
$p->quit;
done_testing;
