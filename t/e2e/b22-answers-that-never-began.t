# SPDX-License-Identifier: BSD-2-Clause
# Half an answer that comes with its end is asked for again: the client has
# seen nothing of it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Pool qw(backends pool);
use Client qw(ask field get request);
use Portico;
use Socket qw(IPPROTO_TCP TCP_CORK);

my $half = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .
    "5\r\nhello\r\n5\r\nwo";
my %b = backends('a');
my $halver = Backend->new(sub {
	my ($c) = @_;

	$c->request // return;
	# bytes and end leave in one segment
	setsockopt $c->{socket}, IPPROTO_TCP, TCP_CORK, 1;
	$c->send($half);
	$c->finish_sending;
	$c->drain;
	return;
}, name => 'h');
my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = { app = ' . pool('passive = false;', $halver, '', $b{a}, '') .
    '; alone = ' . pool('retry = { attempts = 1; };', $halver, '') . '; };
    sites = { x = { hosts = "*"; routes = ( { path = "/alone";
    pool = "alone"; }, { pool = "app"; } ); }; };
    access_log = { to = "@dir@/access.log";
    format = "{method} {status} {retries} {cause}"; };');
my $at = $p->address('http');
my @r = map { get($at, '/') } 1 .. 8;

is join(' ', map { $_->{status} } @r), join(' ', (200) x 8), 'GET: all 200';
is scalar(grep { $_->{broken} } @r), 0, 'none is cut';
is scalar(grep { (field($_, 'X-Backend') // '') ne 'a' } @r), 0,
    'all are of the other one';
is get($at, '/alone')->{status}, 502, 'nobody else to ask: 502';
@r = map { ask($at, request('POST /', [], 'x')) } 1 .. 4;
is scalar(grep { $_->{status} == 200 && !$_->{broken} } @r), 2,
    'POST is not repeated';
my $lines = join "\n", $p->access_lines(13);
is scalar(() = $lines =~ /^GET 200 1 -$/mg), 4, 'every second was repeated';
like $lines, qr/^GET 502 0 the backend closed in the middle/m, 'and why';
is $p->quit, 0, 'QUIT';
done_testing;
