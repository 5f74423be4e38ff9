# SPDX-License-Identifier: BSD-2-Clause
# Without a pid file nobody could stop a Portico in the background: it does not
# start, and leaves nothing. In the foreground it is said, and it goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(get until_true);
use Portico qw(free_port run_program);

my $backend = Backend->new('echo');
my $dir = Portico::temporary();
my $at = '127.0.0.1:' . free_port();
my $text = qq{listeners = { http = { address = [ "$at",
    "unix:$dir/socket" ]; }; };
pools = { app = { backends = "$backend->{address}"; }; };
pid_file = "$dir/none/pid"; error_log = { to = "stderr"; };
control = false;
};

open my $f, '>', "$dir/background.conf" or die $!;
print $f $text =~ s/"stderr"/"$dir\/log"/r;
close $f;
my ($status, $out, $err) = run_program('-c', "$dir/background.conf");
is $status, 1, 'in the background it does not start';
like $err, qr{^portico: error: pid_file \Q$dir\E/none/pid: No such file}m,
    'and says which file, and why';
unlike $err . $out, qr/generation 1 is running/, 'and not that it runs';
ok until_true(sub { !IO::Socket::IP->new(PeerAddr => $at) }, 5),
    'nobody listens';
ok !-e "$dir/socket", 'its socket is gone';

my $p = Portico->start($text);
is get($at, '/')->{status}, 200, 'in the foreground it serves';
like $p->log, qr{pid_file \Q$dir\E/none/pid: No such file}, 'and says it';
$p->quit;
done_testing;
