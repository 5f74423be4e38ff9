# SPDX-License-Identifier: BSD-2-Clause
# Clients of HTTP/1.0 get what they understand.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain chunked echoed);
use Client qw(ask field);
use Portico qw(one_backend);

my $interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
my $b = Backend->new({
	'/length' => plain('hello'),
	'/chunked' => chunked('hel', 'lo', '!' x 5000),
	'/interim' => $interim . plain('after'),
	'/close' => sub { $_[0]->send("HTTP/1.1 200 OK\r\n\r\nuntil close");
		return 0 },
});
my $p = Portico->start(one_backend($b->address));
my $at = $p->address('http');

sub ask10
{
	my ($target, @fields) = @_;
	my $c = Client->new($at);

	$c->send(join("\r\n", "GET $target HTTP/1.0", @fields) . "\r\n\r\n");
	return ($c, $c->response);
}

my ($c, $r) = ask10('/length');
is $r->{status}, 200, 'without any field';
is $r->{body}, 'hello', 'body';
is $c->ending(3), 'closed', 'closed after the answer';

($c, $r) = ask10('/length', 'Host: a.test', 'Connection: keep-alive');
is $r->{body}, 'hello', 'asked for keep-alive';
like field($r, 'Connection') // '', qr/^keep-alive$/i, 'which is agreed to';
$c->send("GET /length HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
$r = $c->response;
is $r->{body}, 'hello', 'and works';

($c, $r) = ask10('/chunked', 'Host: a.test');
is field($r, 'Transfer-Encoding'), undef, 'no chunks for 1.0';
is $r->{body}, 'hello' . '!' x 5000, 'the content of the chunks';
is $c->ending(3), 'closed', 'closed at its end';

($c, $r) = ask10('/chunked', 'Connection: keep-alive');
is field($r, 'Transfer-Encoding'), undef, 'nor with keep-alive';
is $r->{body}, 'hello' . '!' x 5000, 'content';

($c, $r) = ask10('/interim');
is $r->{status}, 200, 'no 1xx for 1.0';
is $r->{body}, 'after', 'but what follows';

($c, $r) = ask10('/close');
is $r->{body}, 'until close', 'an answer that ends with its connection';

$r = ask($at, "GET /close HTTP/1.1\r\nHost: a.test\r\n\r\n");
is $r->{body}, 'until close', 'the same for 1.1';
ok !$r->{broken}, 'complete';

($c, $r) = ask10('/length', 'Transfer-Encoding: chunked');
is $r->{status}, 400, 'chunks in 1.0 are refused';
is $c->ending(3), 'closed', 'and end the connection';

my $seen = echoed(ask(Portico->start(one_backend(
    Backend->new('echo')->address))->address('http'),
    "POST /p HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"));
is $seen->{version}, 'HTTP/1.1', 'the backend is asked by 1.1';
is $seen->{body}, 'abc', 'with the body';
ok defined field($seen, 'Host'), 'and a Host';
done_testing;
