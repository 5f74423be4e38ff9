# SPDX-License-Identifier: BSD-2-Clause
# Who does not read an answer is not kept by bytes of a body that trickle in
# meanwhile, and the backend is not blamed for it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(request);
use Portico qw(one_site);
use Time::HiRes qw(sleep time);

# Answers without end, and reads what comes.
my $b = Backend->new(sub {
	my ($c) = @_;
	my $head = $c->head // return;
	my $chunk = "10000\r\n" . 'm' x 65536 . "\r\n";
	my $parent = $$;

	$c->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	my $pid = fork // return;
	if ($pid == 0) {
		1 while $c->more;
		POSIX::_exit(0);
	}
	1 while $c->send($chunk);
});
my $p = Portico->start(one_site('{ buffer_request = false; pool = "app"; }',
    pools => { app => $b->address },
    listener => 'min_rate = "1000/s"; timeouts = { write = "2s"; };',
    top => 'access_log = { to = "@dir@/access.log"; };'));
my $at = $p->address('http');

sub begin
{
	my $c = Client->new($at, rcvbuf => 4096);

	$c->send(request('POST /', [ 'Content-Length: 100000' ]) . 'x');
	return $c;
}

# True while the kernel has not heard that the connection is no more.
sub is_open { my ($c) = @_; return defined getpeername $c->{socket} }

my ($silent, $slow) = (begin(), begin());
my ($began, %ended) = (time);
while (keys %ended < 2 && time < $began + 20) {
	sleep 0.25;
	$slow->send('y') if !$ended{slow};
	$ended{slow} //= time - $began if !is_open($slow);
	$ended{silent} //= time - $began if !is_open($silent);
}
cmp_ok $ended{silent} // 99, '<', 8, 'who neither reads nor sends is cut';
cmp_ok $ended{slow} // 99, '<', 16, 'who sends slowly is cut by min_rate';
cmp_ok $ended{slow} // 0, '>', 8, 'but not at once';
unlike $p->log, qr/backend did not answer/, 'the backend did';
like +($p->access_lines(1))[0] // '', qr/ 200 /, 'it is logged';
is $p->quit, 0, 'a clean end';
is +($p->sums)[1], undef, 'every sum is zero';
done_testing;
