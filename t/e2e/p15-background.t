# SPDX-License-Identifier: BSD-2-Clause
# In the background Portico lets go of the terminal that started it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(get until_true);
use Portico qw(free_port);

plan skip_all => 'the leak checker holds standard error' if Portico::sanitized;

my $backend = Backend->new('echo');
my $dir = Portico::temporary();
my $at = '127.0.0.1:' . free_port();
my $file = "$dir/portico.conf";
open my $f, '>', $file or die $!;
print $f qq{listeners = { http = { address = "$at"; }; };
pools = { app = { backends = "@{[ $backend->address ]}"; }; };
pid_file = "$dir/pid"; error_log = { to = "$dir/log"; };
};
close $f;

# Who reads what it says until the last one has closed it must not wait.
my $begun = time;
open my $out, '-|', "'$Portico::BINARY' -c '$file' 2>&1" or die $!;
my $said = do { local $/; alarm 20; my $all = <$out>; alarm 0; $all };
ok close $out, 'it has started' or diag $said;
cmp_ok time - $begun, '<', 15, 'nobody holds the pipe of the starter';
my $pid = Portico::slurp("$dir/pid") + 0;
is get($at, '/')->{status}, 200, 'it serves';
SKIP: {
	my @pids = split ' ', Portico::slurp("/proc/$pid/task/$pid/children") // '';
	skip 'no list of children', 1 if !@pids;
	my @held = grep { (readlink("/proc/$_->[0]/fd/$_->[1]") // '')
	    ne '/dev/null' } map { my $p = $_; map { [ $p, $_ ] } 0 .. 2 }
	    grep { -r "/proc/$_/fd" && readlink "/proc/$_/fd/0" } $pid, @pids;
	is_deeply \@held, [], 'all have /dev/null instead';
}
kill 'TERM', $pid;
ok until_true(sub { !kill 0, $pid }, 5), 'TERM ends it';
ok !-e "$dir/pid", 'and its pid file';
done_testing;
