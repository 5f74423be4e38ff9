# SPDX-License-Identifier: BSD-2-Clause
# Bans end what the cache has now, and nothing that comes later.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);
use Backend;
use Client qw(ask request until_true);
use Cached qw(cached response stored times);
use FakeMaster qw(ctl);

my @for_long = ('Cache-Control: max-age=1000');
my $origin = Backend->new(sub {
	my ($c) = @_;
	while (defined(my $request = $c->request)) {
		my ($path) = $request =~ m{^\S+ (\S+)};
		my @more = $path =~ m{^/tag/(\w+)}
		    ? "Surrogate-Key: all $1" : $path =~ m{^/group/(\w+)}
		    ? qq{Cache-Groups: "all", "$1"} : ();
		push @more, 'ETag: "v"' if $path =~ /etag/;
		if ($request =~ /^If-None-Match/mi) {
			$c->send("HTTP/1.1 304 Same\r\nETag: \"v\"\r\n"
			    . "@for_long\r\n\r\n");
			next;
		}
		$c->send(response(200, $path, @for_long, @more));
	}
	return;
});
my $p = cached($origin);
my ($at, $sock) = ($p->address('http'), $p->dir . '/portico.sock');

sub fetch
{
	my ($url) = @_;
	my ($host, $path) = $url =~ m{^([^/]+)(.*)};

	return ask($at, request("GET $path", ["Host: $host"]));
}

sub is_stored { return stored(fetch(@_)) }

# Which of them are asked for at the backend; now all are stored.
sub gone { return join ' ', grep { !is_stored($_) } @_ }

sub ban
{
	my ($status, $out, $err) = ctl('-s', $sock, 'cache', 'ban', @_);

	is "$status$out$err", 0, "ban @_";
	return;
}

my @all = ('a.test/', 'a.test/img/1', 'a.test/img/2?x', 'a.test/imgs',
    'b.test/img/1', 'b.test:8080/img/1', 'b.test/Img/1.PNG');
is gone(@all), "@all", 'all are fetched';
is gone(@all), '', 'and stored';
ban('--host', 'a.TEST');
is gone(@all), join(' ', @all[0 .. 3]), 'of that host, all';
is gone(@all), '', 'what is stored later is not banned';
ban('--prefix', 'http://B.test/img/');
is gone(@all), 'b.test/img/1', 'that host and path';
ban('--prefix', 'http://b.test:8080/');
is gone(@all), 'b.test:8080/img/1', 'that port';
ban('--prefix', '/img/');
is gone(@all), 'a.test/img/1 a.test/img/2?x b.test/img/1 b.test:8080/img/1',
    'that path of all hosts';
ban('--prefix', '/x/../%69mg/', '--host', 'a.test');
is gone(@all), 'a.test/img/1 a.test/img/2?x', 'that path, of one host';
ban('--re', '^b[.]test/.*(?i)png$');
is gone(@all), 'b.test/Img/1.PNG', 'what an expression matches';
ban('--re', '[12]$', '--host', 'a.test');
is gone(@all), 'a.test/img/1', 'of one host';
my @tagged = ('a.test/tag/one', 'a.test/tag/two', 'a.test/group/one',
    'a.test/group/two');
gone(@tagged);
is gone(@tagged), '', 'tagged ones are stored';
is scalar(grep { fetch($_)->{head} =~ /Surrogate-Key/i } @tagged), 0,
    'nobody is shown their tags';
ban('--tag', 'one');
is gone(@tagged, 'a.test/img/1'), 'a.test/tag/one a.test/group/one',
    'a word, and a string';
ban('--tag', 'all', '--host', 'z.test');
is gone(@tagged), '', 'no such host';
ban('--tag', 'all');
is gone(@tagged), "@tagged", 'all that have it';

# Softly: asked about, not fetched.
fetch('a.test/etag');
$origin->clear;
ban('--soft', '--prefix', '/etag');
is fetch('a.test/etag')->{body}, '/etag', 'a soft ban';
like((($origin->requests)[0] // ''), qr/^If-None-Match: "v"/mi,
    'the backend is asked whether it is the same');
ok is_stored('a.test/etag'), 'and then it is fresh';

# They end by themselves, with what they strike.
gone(@all);
ban('--host', 'b.test');
sub status
{
	my ($status, $out) = ctl('-s', $sock, '--json', 'cache', 'status');

	return $status ? {} : decode_json($out)->{cache};
}
ok until_true(sub { status()->{bans} == 0 }, 10),
    'a ban ends when all know it' or diag explain status();
is gone(@all), 'b.test/img/1 b.test/Img/1.PNG', 'nothing of it was missed';

# What is on its way when the ban comes is older than the ban.
my $went = Backend->new(sub {
	my ($c) = @_;
	while (defined(my $request = $c->request)) {
		my ($kind) = $request =~ /^X-Kind: (\S+)/mi;
		$c->send("HTTP/1.1 200 Fine\r\nContent-Length: 10\r\n"
		    . "@for_long\r\n\r\n" . $kind x 5);
		sleep 2 if $kind eq 'o';
		$c->send($kind x 5);
	}
	return;
});
my $p2 = cached($went);
($at, $sock) = ($p2->address('http'), $p2->dir . '/portico.sock');
my $old = Client->new($at);
$old->send(request('GET /s', ['X-Kind: o']));
ok $old->has_come(qr/ooooo/), 'a response is on its way';
ban('--prefix', '/s');
is ask($at, request('GET /s', ['X-Kind: n']))->{body}, 'n' x 10,
    'who comes after the ban gets a newer one';
is $old->final->{body}, 'o' x 10, 'who came before gets all of the old one';
is ask($at, request('GET /s', ['X-Kind: m']))->{body}, 'n' x 10,
    'the new one is what is stored';
is $p2->stop, 0, 'the end';

# Over a reload.
($at, $sock) = ($p->address('http'), $p->dir . '/portico.sock');
gone(@all);
ban('--prefix', '/img/');
$p->reload(undef, sub { $p->log =~ /generation 2 is running/ });
is gone(@all), 'a.test/img/1 a.test/img/2?x b.test/img/1 b.test:8080/img/1',
    'a ban of before a reload';

# Too many, and false ones.
my ($status, $out, $err) = ctl('-s', $sock, 'cache', 'ban', '--re', '(');
is $status, 2, 'no expression' or diag "$status $out $err";
like $err, qr/"\(" is no regular expression: /, 'told';
($status, $out, $err) = ctl('-s', $sock, 'cache', 'ban');
is $status, 2, 'a ban of nothing';
($status, $out, $err) = ctl('-s', $sock, 'cache', 'ban', '--tag', 'a', '--re',
    'b');
is $status, 2, 'a ban of two things';
is $p->stop, 0, 'the end';
done_testing;
