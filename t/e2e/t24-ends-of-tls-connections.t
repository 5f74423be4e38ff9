# SPDX-License-Identifier: BSD-2-Clause
# close_notify at each moment; a stream that was cut is not one that ended.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(request until_true);
use Portico;
use Time::HiRes qw(sleep time);
use Tls qw(get_tls one_https);

my $b = Backend->new({ '/x' => plain('fine'),
	'/up' => sub { $_[0]->send(plain(length $_[0]{body})) },
	'/slow' => sub { sleep 0.3; $_[0]->send(plain('late')) },
	'/big' => plain('x' x 3_000_000),
	'/end' => sub { $_[0]->send("HTTP/1.0 200 OK\r\n\r\nto the end"); 0 },
	'/torn' => sub { $_[0]->send("HTTP/1.0 200 OK\r\n\r\nto the");
	    sleep 0.1; $_[0]->reset; 0 },
	'/short' => sub { $_[0]->send("HTTP/1.1 200 OK\r\n" .
	    "Content-Length: 1000000\r\n\r\n" . 'x' x 300000 . 'only this');
	    0 } });
my $p = Portico->start(one_https($b->address,
    Certs->new->leaf(names => [ 'a.test' ]),
    listener => 'timeouts = { keepalive = "500ms"; };', top =>
    'access_log = { to = "@dir@/access.log"; };'));
my $at = $p->address('https');

sub connect_to
{
	my ($version, @requests) = @_;
	my $c = Tls->new($at, version => $version) or die $Tls::error;

	$c->send(request($_)) for @requests;
	return $c;
}

for my $version (qw(1.2 1.3)) {
	my $c = connect_to($version);
	$c->end_stream;
	is $c->ending(3), 'closed', "$version: close_notify at once";
	$c = connect_to($version, 'GET /x');
	$c->final;
	$c->end_stream;
	is $c->ending(3), 'closed', 'after an answer';
	$c = connect_to($version, 'GET /x');
	$c->final;
	is $c->ending(3), 'closed', 'ours, when it was idle for too long';

	$c = connect_to($version);
	$c->hold;
	$c->send(request('GET /x'));
	$c->end_stream;
	$c->put($c->release);
	is +($c->final // { body => 'none' })->{body}, 'fine',
	    'a request with close_notify behind';
	is $c->ending(3), 'closed', 'is answered, and ended';
	$c = connect_to($version, 'GET /slow');
	$c->end_stream;
	$c->ending(3);
	like $c->raw, qr/^(?:.*late)?$/s,
	    'before an answer: all of it, or nothing';

	$c = connect_to($version);
	$c->send("POST /up HTTP/1.1\r\nHost: a.test\r\n" .
	    "Content-Length: 10\r\n\r\nhello");
	$c->end_stream;
	isnt $c->ending(3), 'open', 'within an upload: the end';
	unlike $c->raw, qr/^HTTP\S+ 200/, 'it is not whole';

	# the socket's end alone
	$c = connect_to($version);
	$c->sever;
	isnt $c->ending(3), 'open', 'cut at once';
	$c = connect_to($version, 'GET /x');
	$c->final;
	$c->sever;
	isnt $c->ending(3), 'open', 'cut after an answer';
	$c = connect_to($version);
	$c->send("POST /up HTTP/1.1\r\nHost: a.test\r\n" .
	    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
	$c->sever;
	isnt $c->ending(3), 'open', 'cut within an upload';
	unlike $c->raw, qr/^HTTP\S+ 200/, 'it is not whole';
	$c = connect_to($version);
	$c->hold;
	$c->send(request('GET /x'));
	$c->put(substr $c->release, 0, -3);
	$c->sever;
	isnt $c->ending(3), 'open', 'cut within a record';
	is $c->raw, '', 'half a record is none';
	$c = connect_to($version, 'GET /big');
	$c->more;
	$c->reset;

	# what the backend ended, and what it tore
	$c = Tls->new($at, version => $version);
	$c->send("GET /end HTTP/1.0\r\nHost: a.test\r\n\r\n");
	is $c->ending(3), 'closed', 'to the end: close_notify';
	like $c->raw, qr/to the end$/, 'and all of it';
	$c = Tls->new($at, version => $version);
	$c->send("GET /torn HTTP/1.0\r\nHost: a.test\r\n\r\n");
	isnt $c->ending(3), 'closed', 'torn: none';
	$c = connect_to($version, 'GET /short');
	my $r = $c->final;
	ok $r && $r->{broken}, 'shorter than its length';
	like $r->{body}, qr/only this$/, 'but all that there was';
}
is get_tls($at, '/x')->{body}, 'fine', 'served';
is scalar(grep { /"POST .* 200 / } $p->access_lines(10)), 0,
    'no upload passed for a whole one';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
