# SPDX-License-Identifier: BSD-2-Clause
# Bodies of any size stream through, whoever is slow.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(request until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Torture qw(start_origin start_load load_line);

my $p = Portico->start(one_backend(start_origin(),
    listener => 'max_body = "1G";'));
my $at = $p->address('http');
my $mega = 1 << 20;
my $before = $p->pss_kb;

# Runs the load client and looks at memory meanwhile: its line, the most KB.
sub run
{
	my (@arguments) = @_;
	my $most = 0;
	my $out = start_load(@arguments);

	while (!IO::Select->new($out)->can_read(0.1)) {
		my $now = $p->pss_kb;
		$most = $now if $now > $most;
	}
	return (load_line($out), $most - $before);
}

for (
    [ 'download of 100 MB', 1, $at, '/b/104857600/7' ],
    [ 'download of 100 MB in chunks', 1, $at, '/b/104857600/8?chunked' ],
    [ 'upload of 100 MB', 1, '-p', 100, '-s', '104857600:104857600', $at ],
    [ 'upload of 100 MB in chunks', 1, '-C', '-p', 100, '-s',
	'104857600:104857600', $at ],
    [ '12 of 5 MB both ways', 12, '-c', 4, '-p', 50, '-s',
	'5000000:5000000', $at ]) {
	my ($name, $n, @arguments) = @$_;
	my ($line, $grown) = run('-n', $n, '-c', 1, @arguments);

	is $line, "requests $n $Torture::CLEAN", $name;
	SKIP: {
		skip 'memory of a sanitized build', 1 if Portico::sanitized;
		cmp_ok $grown, '<', 16 * 1024, "memory grew by $grown KB";
	}
}

my @slow = map { Client->new($at, rcvbuf => 8192) } 1 .. 30;
$_->send(request('GET /b/20000000/3')) for @slow;
sleep 1;
SKIP: {
	skip 'memory of a sanitized build', 1 if Portico::sanitized;
	my $grown = $p->pss_kb - $before;
	cmp_ok $grown, '<', 16 * 1024, "30 that do not read: $grown KB";
}
my $began = time;
my ($line) = run('-n', 200, '-c', 4, '-s', '1:20000', $at);
is $line, "requests 200 $Torture::CLEAN", 'hold up nobody';
cmp_ok time - $began, '<', 3, 'and cost no time';
$_->close for @slow;

my $c = Client->new($at, rcvbuf => 16384);
$c->send(request('GET /b/1000000/3'));
for (1 .. 20) {
	$c->more;
	sleep 0.02;
}
is length($c->final->{body}), 1000000, 'a slow reader gets it all';
is $p->stop, 0, 'a clean end';
done_testing;
