# SPDX-License-Identifier: BSD-2-Clause
# HTTP behind one line of TLS, in both versions, with each suite.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain chunked);
use Certs qw(serial);
use Client qw(request);
use Digest::SHA qw(sha1_hex);
use Portico;
use Tls qw(get_tls one_https);
use Tunnel qw(switching numbers);

my $ca = Certs->new;
my $cert = $ca->leaf(names => [ 'a.test' ]);
my $big = numbers(0, 1 << 20);
my $b = Backend->new({
	'/big' => plain($big), '/small' => plain('small'),
	'/chunked' => chunked('one', 'two', $big),
	'/none' => "HTTP/1.1 204 No Content\r\n\r\n",
	'/close' => sub { $_[0]->send("HTTP/1.0 200 OK\r\n\r\nto the end");
	    return 0 },
	'/sum' => sub { $_[0]->send(plain(sha1_hex($_[0]{body}))) },
	'/echo' => sub { $_[0]->send(plain($_[1])) },
	'/ws' => sub { $_[0]->send(switching() . 'hello');
	    $_[0]->more until $_[0]{in} =~ /bye/;
	    $_[0]->send("$_[0]{in}!"); return 0 },
});
my $p = Portico->start(one_https($b->address, $cert));
my $at = $p->address('https');

sub compare
{
	my ($name, %opt) = @_;
	my $c = Tls->new($at, ca => $ca->file, %opt);

	ok $c, "$name: handshake" or return diag $Tls::error;
	ok $c->verified, 'its certificate is by our authority';
	is $c->serial, serial($cert), 'and the one that was given';
	for ([ 'GET /small', 'small' ], [ 'GET /big', $big ],
	    [ 'GET /chunked', "onetwo$big" ], [ 'GET /none', '' ],
	    [ 'HEAD /big', '' ], [ 'GET /small', 'small' ]) {
		$c->send(request($_->[0]));
		my $r = $c->final(head_only => !!($_->[0] =~ /^HEAD/));
		is $r && !$r->{broken} && sha1_hex($r->{body}),
		    sha1_hex($_->[1]), "$_->[0] on a kept connection";
	}
	$c->send(request('POST /sum', [], $big));
	is +($c->final // {})->{body}, sha1_hex($big), '1 MB up';
	$c->send(request('POST /sum', [ 'Transfer-Encoding: chunked' ],
	    sprintf("%x\r\n", length $big) . "$big\r\n3\r\nend\r\n0\r\n\r\n"));
	is +($c->final // {})->{body}, sha1_hex($big . 'end'), 'in chunks';
	$c->send(request('GET /small') x 5 . request('GET /big') .
	    request('GET /small'));
	my @answers = map { $c->final } 1 .. 7;
	is_deeply [ map { length +($_ // {})->{body} } @answers ],
	    [ (5) x 5, 1 << 20, 5 ], 'seven in a pipeline';
	$c->send(request('GET /close', [ 'Connection: close' ]));
	is +($c->final // {})->{body}, 'to the end', 'to the end';
	is $c->ending(5), 'closed', 'close_notify';
	$c->close;
	return;
}

compare("TLS 1.3, $_", version => '1.3', aead => $_)
    for qw(aes128 aes256 chacha);
compare("TLS 1.2, $_", version => '1.2', aead => $_)
    for qw(aes128 aes256 chacha);

for my $version (qw(1.2 1.3)) {
	my $c = Tls->new($at, version => $version);

	is $c->version, "TLSv$version", "version $version";
	$c->send(request('GET /ws', [ @Tunnel::ASKING ]));
	is +($c->final_or_101 // { status => 0 })->{status}, 101, 'websocket';
	is $c->take(5), 'hello', 'bytes behind the 101';
	$c->send($big . 'bye');
	$c->has_come(qr/bye!/, 10);
	is length $c->rest, 4 + (1 << 20), '1 MB there and back';
	is $c->ending(5), 'closed', 'its end is told';

	$c = Tls->new($at, version => $version, rcvbuf => 16384);
	$c->send(request('GET /big'));
	select undef, undef, undef, 0.3;
	is sha1_hex(+($c->final // { body => '' })->{body}), sha1_hex($big),
	    'a slow reader';
	$c->close;
}

my $c = Tls->new($at);
is $c->version, 'TLSv1.3', '1.3 is preferred';
$c->close;
ok !Tls->new($at, version => $_), "no $_" for qw(1.0 1.1);
ok !Tls->new($at, version => '1.2', ciphers => $_), "no $_" for
    qw(ECDHE-ECDSA-AES128-SHA AES128-SHA ECDHE-ECDSA-AES128-SHA256);
$c = Tls->new($at, alpn => [ 'h2', 'http/1.1' ]);
is $c && $c->alpn, 'http/1.1', 'of ALPN http/1.1 is taken';
$c->close;
$c = Tls->new($at);
is $c->alpn, undef, 'nobody offered, nothing said';
$c->close;
get_tls($at, '/echo');
my ($r) = grep { m{^GET /echo} } $b->requests;
like $r, qr/^X-Forwarded-Proto: https\r$/m, 'X-Forwarded-Proto';
like $r, qr/^X-Forwarded-For: 127\.0\.0\.1\r$/m, 'X-Forwarded-For';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
