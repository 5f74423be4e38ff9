# SPDX-License-Identifier: BSD-2-Clause
# Masters that are not there, fall silent, stop in the middle, or are none.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::UNIX;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);
use FakeMaster qw(ctl whole record);

my $dir = Portico::temporary();
my $pool = record('pool', 'name=app', 'up:=1');

my %odd = (
	'' => qr/no answer/,
	"ok\n" => qr/cut/,
	"ok\n$pool\n" => qr/cut/,
	"ok\n$pool\nen" => qr/cut/,
	"ok\nend" => qr/cut/,
	"yes\nend\n" => qr/not a master's/,
	"ok fine\nend\n" => qr/not a master's/,
	"error\nend\n" => qr/not a master's/,
	"ok\npool\tname\nend\n" => qr/not a master's/,
	"ok\npool\tup:=many\nend\n" => qr/not a master's/,
	"HTTP/1.1 400 Bad Request\r\n\r\n" => qr/cut/,
	"ok\n" . 'x' x 70000 . "\nend\n" => qr/too long|not a master's/,
	"ok\n" . 'x' x 200000 => qr/too long/,
	"ok\n" . "pool\n" x 300000 . "end\n" => qr/too long/,
	"\0" x 100 => qr/cut/,
);
my @odd = sort keys %odd;
my $m = FakeMaster->new($dir, status => [ @odd, whole($pool) ]);
my @at = ('-s', $m->{path});
for my $said (@odd) {
	my ($status, $out, $err) = ctl(@at, 'status');
	(my $name = substr $said, 0, 30) =~ s/[^ -~]/./g;
	is $status, 3, "not an answer: $name";
	like $err, $odd{$said}, 'told';
	is $out, '', 'and nothing of it is shown';
}
my ($status) = ctl(@at, 'status');
is $status, 0, 'but a whole one is good';
undef $m;

# Nobody is there.
my ($out, $err);
($status, $out, $err) = ctl(@at, 'reload');
is $status, 3, 'nobody listens';
like $err, qr{reach a master at \Q$dir\E/portico.sock: Connection refused},
    'told';
like $err, qr{is Portico running\?}, 'and asked';
unlink "$dir/portico.sock";
($status, $out, $err) = ctl(@at, '--json', 'reload');
is $status, 3, 'no socket';
my $object = eval { decode_json($out) } // {};
is $object->{code}, 'unreached', 'told to programs';
like $object->{error}, qr/No such file.*is Portico running/, 'with the reason';
($status, $out, $err) = ctl('-s', '/' . 'x' x 108, 'status');
is $status, 3, 'a path that no socket can have';
like $err, qr/too long/, 'told';
SKIP: {
	skip 'a Portico runs where one would be looked for', 2
	    if -S '/run/portico.sock';
	($status, $out, $err) = ctl('-c', "$dir/none.conf", 'status');
	is $status, 3, 'no configuration, and no master where it would be';
	like $err, qr{at \S+/portico.sock.*none.conf cannot be read: -s},
	    'told';
}

# A piece at a time is an answer, too.
my $slow = FakeMaster->new($dir, status => sub {
	my ($c) = @_;
	$c->autoflush(1);
	for (split //, whole($pool)) {
		print $c $_;
		sleep 0.01;
	}
	sleep 3; # an end is an end, even if nobody closes
});
my $began = time;
($status, $out) = ctl(@at, 'status');
is $status, 0, 'byte by byte';
like $out, qr/^app /m, 'is read';
cmp_ok time - $began, '<', 3, 'and its end is seen';
undef $slow;
unlink "$dir/portico.sock";

# Silent ones, and those that never come to an end: all at the same time.
my %children;
for my $how (qw(silent endless)) {
	my $d = Portico::temporary();
	my $late = FakeMaster->new($d, '*' => sub {
		my ($c) = @_;
		$c->autoflush(1);
		for (1 .. 300) {
			print $c $_ == 1 ? "ok\ntext\t=" : 'x'
			    if $how eq 'endless';
			sleep 0.1;
		}
	});
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open STDERR, '>', "$dir/$how.err" or die;
		exec $FakeMaster::PROGRAM, '-s', $late->{path}, 'status';
	}
	$children{$how} = { pid => $pid, master => $late };
}
# One that does not accept, its queue full.
my $full = IO::Socket::UNIX->new(Local => "$dir/full.sock", Listen => 1);
my @waiting;
for (1 .. 8) {
	socket my $t, Socket::AF_UNIX(), Socket::SOCK_STREAM(), 0 or die;
	$t->blocking(0);
	last if !connect $t, Socket::pack_sockaddr_un("$dir/full.sock");
	push @waiting, $t;
}
my $pid = fork // die "fork: $!";
if ($pid == 0) {
	open STDERR, '>', "$dir/full.err" or die;
	exec $FakeMaster::PROGRAM, '-s', "$dir/full.sock", 'status';
}
$children{full} = { pid => $pid };
for my $how (sort keys %children) {
	waitpid $children{$how}{pid}, 0;
	is $? >> 8, 3, "$how: given up";
	like Portico::slurp("$dir/$how.err"), qr/no answer within 10 s/,
	    'told';
}
done_testing;
