# SPDX-License-Identifier: BSD-2-Clause
# A backend that hangs is found down by its checks: what waits for its answer
# and may be repeated asks another one at once, long before its time is over.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time sleep);
use Faulty;
use Portico;

my $dir = tempdir(CLEANUP => 1);
my ($a, $b) = map { Faulty->new(name => $_, record => "$dir/$_") } qw(a b);
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = (
	    { name = "a"; address = "@{[ $a->address ]}"; },
	    { name = "b"; address = "@{[ $b->address ]}"; } );
	  health = { path = "/health"; interval = "200ms"; timeout = "200ms"; };
	  passive = false; timeouts = { response = "60s"; }; }; };
	sites = { x = { hosts = "*"; routes = ( { pool = "app"; } ); }; };
});

sub ask
{
	my ($method) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => $p->address('http')) or
	    die "connect: $!";

	print $s "$method /b/100/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" .
	    ($method eq 'POST' ? "Content-Length: 2\r\n\r\nhi" : "\r\n");
	return $s;
}

sub answers
{
	my ($until, @sockets) = @_;
	my $select = IO::Select->new(@sockets);
	my @answers;

	while ($select->count && time < $until) {
		for my $s ($select->can_read(0.1)) {
			push @answers, scalar readline $s;
			$select->remove($s);
		}
	}
	return @answers;
}

sub arrived
{
	open my $f, '<', @_ or return 0;
	return scalar(() = <$f>);
}

ok $b->be('hang'), 'b hangs';
my $from = time;
my @gets = map { ask('GET') } 1 .. 8;
my @posts = map { ask('POST') } 1 .. 4;
my @answers = answers($from + 30, @gets);
is scalar(grep { defined && /^HTTP\/1.1 200/ } @answers), 8,
    'each GET has an answer' or diag $p->log;
note sprintf 'after %.1f s', time - $from;
cmp_ok time - $from, '<', 30, 'long before the 60 s are over';
ok $p->logged(qr{app/b is down}, 5), 'b is down';
ok $p->logged(qr{went down before it answered: trying again}, 5),
    "the log says why";
@answers = answers(time + 0.5, @posts);
is scalar(@answers), 2, 'the POSTs of b go on waiting: who knows what it did';
is arrived("$dir/a"), 2, 'nobody has sent them to the other one';
$b->kill;
@answers = answers(time + 10, @posts);
is scalar(grep { defined && /^HTTP\/1.1 502/ } @answers), 2,
    'they fail when it ends' or diag explain \@answers;
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
