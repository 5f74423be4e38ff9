# SPDX-License-Identifier: BSD-2-Clause
# Interim answers stop no upload, and a reset is no end of a body.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain chunked);
use Client qw(get request);
use Portico qw(one_backend);
use Time::HiRes qw(sleep);

my $chunks = chunked('x' x 1000, 'y' x 1000);
my $open = "HTTP/1.1 200 OK\r\n\r\n" . 'y' x 1000;

# Answers with bytes, and ends the connection in the way that is told.
sub ending
{
	my ($bytes, $reset) = @_;

	return sub {
		$_[0]->send($bytes);
		sleep 0.05;
		$_[0]->reset if $reset;
		return 0;
	};
}

# An interim answer while the body is under way, then the body's digest.
sub interim
{
	my ($c) = @_;

	while (defined(my $head = $c->head)) {
		my ($status) = $head =~ m{^\S+ /(\d+)};

		sleep 0.2;
		$c->send("HTTP/1.1 $status Interim\r\n\r\n") or return;
		sleep 0.3;
		$c->{in} = $head . $c->{in};
		defined $c->request or return;
		$c->send(plain(md5_hex($c->{body}))) or return;
	}
	return;
}

my $slow = Backend->new(\&interim);
my $p = Portico->start(one_backend($slow->address,
    listener => 'max_body = "100M";'));
my $at = $p->address('http');
my $body = join '', map { sprintf "%015d\n", $_ } 1 .. 500000;
for my $status (102, 103, 100) {
	my $c = Client->new($at);

	ok $c->send(request("POST /$status", [], $body)),
	    "$status in an upload: all of it is taken";
	my $r = $c->final;
	is $r && $r->{status}, 200, "$status: then 200";
	is $r && $r->{body}, md5_hex($body), "$status: every byte arrived";
	$c->send(request("POST /$status", [], 'short'));
	$r = $c->final;
	is $r && $r->{body}, md5_hex('short'), "$status: and the next";
	$c->close;
}
is $p->quit(5), 0, 'a clean end';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and every sum is zero';

my $b = Backend->new({
	'/fin' => ending($open, 0),
	'/reset' => ending($open, 1),
	'/cut-fin' => ending(substr($chunks, 0, 1500), 0),
	'/cut-reset' => ending(substr($chunks, 0, 1500), 1),
	'/no-last-fin' => ending(substr($chunks, 0, -5), 0),
	'/no-last-reset' => ending(substr($chunks, 0, -5), 1),
	'/whole' => ending($chunks, 0),
});
$p = Portico->start(one_backend($b->address,
    pool => 'retry = { attempts = 1; };'));
$at = $p->address('http');

# An answer in HTTP/1.1 or 1.0, and how its connection ended.
sub answer
{
	my ($version, $target) = @_;
	my $c = Client->new($at);

	$c->send("GET $target HTTP/$version\r\nHost: a.test\r\n" .
	    "Connection: close\r\n\r\n");
	my $r = $c->final(timeout => 4);
	return ($r || { broken => 1, body => '' }, $c->ending(3), $c->raw);
}

my ($r, $end, $raw) = answer('1.1', '/fin');
is $r->{body}, 'y' x 1000, 'until a close: the body';
ok !$r->{broken}, 'is whole';
for my $target (qw(/reset /cut-fin /cut-reset /no-last-fin /no-last-reset)) {
	($r, $end, $raw) = answer('1.1', $target);
	ok $r->{broken}, "HTTP/1.1 $target: not whole";
	unlike $raw, qr/\r\n0\r\n\r\n$/, 'no last chunk';
	isnt $end, 'open', 'the connection ends';
	($r, $end) = answer('1.0', $target);
	is $end, 'reset', "HTTP/1.0 $target: a reset, no clean end";
}
for my $target (qw(/fin /whole)) {
	($r, $end) = answer('1.0', $target);
	is $end, 'closed', "HTTP/1.0 $target: a clean end";
	is length $r->{body}, $target eq '/fin' ? 1000 : 2000, 'of all of it';
}
is $p->quit(5), 0, 'a clean end';
($ended, $wrong) = $p->sums;
is $wrong, undef, 'and every sum is zero';
done_testing;
