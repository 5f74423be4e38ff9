# SPDX-License-Identifier: BSD-2-Clause
# Trailers of a response go to clients that asked for them (RFC 9110, 6.5).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(chunked echoed);
use Client qw(ask get request field);
use Portico qw(one_site);
use Time::HiRes qw(sleep);

sub trailed
{
	my ($trailers, @fields) = @_;
	my $answer = chunked('Wiki', '0123456789');

	$answer =~ s/\r\n\r\n/join "\r\n", '', @fields, '', ''/e;
	return $answer =~ s/\r\n$/$trailers\r\n/r;
}

my $sum = trailed("X-Sum: abc\r\nX-N: 2\r\n", 'Trailer: X-Sum, X-N');
my @forbidden = ('Content-Length: 3', 'Transfer-Encoding: chunked',
    'Content-Type: a/b', 'Content-Encoding: gzip', 'Set-Cookie: a=b',
    'Cache-Control: no-store', 'Connection: close', 'Keep-Alive: 1',
    'Trailer: X', 'Upgrade: h2c', 'WWW-Authenticate: Basic', 'Server: a/1',
    'X-Secret: 1', 'X_N: 3', 'Location: /', 'Content-Range: bytes 0-1/2');
my %bad = (colon => "bad line\r\n", name => ": x\r\n", space => "X : y\r\n",
    nul => "X: a\0b\r\n", fold => "X: y\r\n z\r\n", lf => "X: y\nZ: 1\r\n",
    long => 'X: ' . 'y' x 9000 . "\r\n", many => "X: yyyyyy\r\n" x 1000);
my $b = Backend->new({
	'/sum' => $sum, '/plain' => chunked('plain'),
	'/unannounced' => trailed("X-Sum: abc\r\n"),
	'/forbidden' => trailed(join '', map { "$_\r\n" } 'X-One: 1',
	    @forbidden, 'X-Two: 2'),
	'/hop' => trailed("X-Hop: 1\r\nX-End: 2\r\n", 'Connection: X-Hop'),
	'/drip' => sub { $_[0]->drip($sum, 1, 0.001) },
	'/six' => trailed(join '', map { "X-$_: " . 'y' x 2000 . "\r\n" }
	    1 .. 3),
	(map { my $n = $_; ("/$n" => sub {
		$_[0]->send(substr $sum, 0, $n);
		sleep 0.005;
		$_[0]->send(substr $sum, $n) }) }
	    length($sum) - 30 .. length($sum) - 1),
	(map { ("/bad-$_" => trailed($bad{$_})) } keys %bad),
});
my $echo = Backend->new('echo');
my $p = Portico->start(one_site('{ path = "/echo"; pool = "echo"; },
    { pool = "app"; }', site => 'hide = [ "Server", "X-Secret" ];',
    pools => { app => $b->address, echo => $echo->address }));
my $at = $p->address('http');
my @te = ('TE: trailers', 'Connection: TE');

sub trailers { return join '|', @{ $_[0]{trailers} || [] } }

for my $target ('/sum', '/drip') {
	my $r = get($at, $target, @te);

	is $r->{body}, 'Wiki0123456789', "$target: the body";
	is trailers($r), 'X-Sum: abc|X-N: 2', 'and its trailers';
	like field($r, 'Trailer') // '', qr/X-Sum/i, 'that Trailer promised';
}
is trailers(get($at, '/unannounced', @te)), 'X-Sum: abc', 'not promised';
for my $te ('gzip;q=0.5, trailers', 'Trailers', 'trailers , deflate') {
	is trailers(get($at, '/sum', "TE: $te", 'Connection: TE')),
	    'X-Sum: abc|X-N: 2', "TE: $te";
}
for my $te ('', 'deflate', 'trailersx', 'xtrailers') {
	my $r = get($at, '/sum', $te ? ("TE: $te", 'Connection: TE') : ());

	is trailers($r), '', "TE: '$te' did not ask for them";
	is field($r, 'Trailer'), undef, 'so none are promised';
	ok !$r->{broken}, 'the answer is whole';
}
my $r = ask($at, "GET /sum HTTP/1.0\r\nTE: trailers\r\nConnection: TE\r\n\r\n");
is $r->{body}, 'Wiki0123456789', 'HTTP/1.0 has the body alone';
is field($r, 'Trailer'), undef, 'and no promise';

$r = get($at, '/forbidden', @te);
is trailers($r), 'X-One: 1|X-Two: 2', 'what cannot be one is dropped';
is trailers(get($at, '/hop', @te)), 'X-End: 2', 'and what Connection names';
is length trailers(get($at, '/six', @te)), 3 * 2005 + 2,
    '6 KB are not too many';

my $c = Client->new($at);
my @wrong;
for my $n (length($sum) - 30 .. length($sum) - 1) {
	$c->send(request("GET /$n", \@te));
	my $r = $c->final;
	push @wrong, $n if !$r || trailers($r) ne 'X-Sum: abc|X-N: 2';
	last if !$r;
}
is "@wrong", '', 'split in two at every byte';
$c->send(request('GET /sum', \@te) . request('GET /plain') .
    request('GET /sum'));
is join(' ', map { $_->{body} . trailers($_) } map { $c->final } 1 .. 3),
    'Wiki0123456789X-Sum: abc|X-N: 2 plain Wiki0123456789', 'pipelined';

for my $name (sort keys %bad) {
	for my $fields (\@te, []) {
		my $c = Client->new($at);

		$c->send(request("GET /bad-$name", $fields) .
		    request('GET /plain'));
		my $r = $c->final;
		ok !$r || $r->{broken} || $r->{status} == 502,
		    "$name: cut" . (@$fields ? '' : ', though not asked for');
		# of which the client has seen nothing: 502, and all is well
		next if $r && $r->{status} == 502;
		isnt $c->ending(3), 'open', 'and the end';
		unlike $c->raw, qr/plain/, 'nothing follows';
	}
}

# What the backend learns of TE.
for (
    [ 'trailers', @te ], [ 'trailers', 'TE: gzip;q=0.5, trailers',
	'Connection: close, TE' ],
    [ undef ], [ undef, 'TE: deflate', 'Connection: TE' ]) {
	my ($expected, @fields) = @$_;
	my $seen = echoed(get($at, '/echo', @fields));

	is field($seen, 'TE'), $expected, "(@fields): TE";
	my $tokens = join ',', Client::fields($seen, 'Connection');
	is !!($tokens =~ /\bTE\b/i), !!$expected, 'and so says Connection';
}
done_testing;
