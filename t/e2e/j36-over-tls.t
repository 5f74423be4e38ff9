# SPDX-License-Identifier: BSD-2-Clause
# Clients and backends over TLS: stored, joined, renewed and left all the same.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Cached qw(response stored times);
use Certs;
use Client qw(field request until_true);
use Portico;
use Time::HiRes qw(sleep);
use Tls;
use TlsBackend;

my $text = join '', map { sprintf "%08d", $_ } 1 .. 40_000;
my $max = 'Cache-Control: max-age=60';
my $ca = Certs->new;
my $cert = $ca->leaf(names => [ 'a.test' ]);
my $b = TlsBackend->new({
	'/small' => response(200, 'small', $max),
	'/big' => response(200, $text, $max),
	'/chunked' => "HTTP/1.1 200 OK\r\n$max\r\nTransfer-Encoding: chunked" .
	    "\r\n\r\n" . sprintf("%x\r\n%s\r\n", length $text, $text) .
	    "0\r\n\r\n",
	'/drip' => sub { my ($c) = @_; $c->send("HTTP/1.1 200 OK\r\n$max\r\n" .
	    'Content-Length: ' . length($text) . "\r\n\r\n") &&
	    $c->drip($text, 30_000, 0.05) },
	'/tag' => sub { my ($c, $r) = @_; $c->send($r =~
	    /^If-None-Match: "t"/m ? "HTTP/1.1 304 Same\r\nETag: \"t\"\r\n" .
	    "$max\r\n\r\n" : response(200, $text, 'ETag: "t"',
	    'Cache-Control: max-age=1')) },
}, cert => $cert);
my $p = Portico->start(qq{
	cache = { size = "64M"; key = [ "host", "target" ]; };
	listeners = {
		plain = { address = "\@plain\@"; };
		tls = { address = "\@tls\@"; tls = {
		    certificates = "$cert"; }; };
	};
	pools = { app = { backends = [ "https://${\$b->address}" ];
	    host = "a.test"; tls = { ca = "${\$ca->file}"; }; }; };
	sites = { x = { hosts = "*"; routes = ( { pool = "app";
	    cache = true; } ); }; };
});
my %connect = (plain => sub { Client->new($p->address('plain')) },
    tls => sub { Tls->new($p->address('tls')) });

sub ask_over
{
	my ($how, @request) = @_;
	my $c = $connect{$how}->();

	$c->send(request(@request));
	my $r = $c->final // { body => '', fields => {} };
	$c->close;
	return $r;
}

for my $target ('/small', '/big', '/chunked') {
	my $body = $target eq '/small' ? 'small' : $text;
	my @r = map { ask_over($_, "GET $target") } qw(tls plain tls plain);
	is scalar(grep { $_->{body} eq $body } @r), 4, "$target: whole";
	is scalar(grep { stored($_) } @r), 3, "$target: three hits";
	is times($b, $target), 1, "$target: one fetch";
}
my @c = map { my $c = $connect{$_}->(); $c->send(request('GET /drip')); $c }
    (qw(tls plain)) x 8;
$c[0]->has_come(qr/0001/);
(shift @c)->reset;
my @r = map { $_->final // { body => '' } } @c;
is scalar(grep { $_->{body} eq $text } @r), 15, 'joined: all get it whole';
is times($b, '/drip'), 1, 'joined: one fetch, though who fetched has gone';
ask_over('tls', 'GET /tag');
sleep 2.1;
my $r = ask_over('tls', 'GET /tag');
is $r->{body}, $text, 'renewed: the stored body';
is times($b, '/tag'), 2, 'renewed: by one question';
ok stored(ask_over('tls', 'GET /tag')), 'renewed: fresh again';
$r = ask_over('tls', 'GET /big', [ 'Range: bytes=8-15' ]);
is $r->{body}, '00000002', 'a part over TLS';
is $p->quit, 0, 'QUIT';
is_deeply [ ($p->sums)[1 .. 9] ], [ (undef) x 9 ], 'nothing is left';
done_testing;
