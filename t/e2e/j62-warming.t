# SPDX-License-Identifier: BSD-2-Clause
# cache warm fetches the URLs of a file, whoever dies meanwhile.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);
use Backend;
use Client qw(ask get request);
use Cached qw(cached response stored times);
use FakeMaster qw(ctl);
use Portico;

my $dir = Portico::temporary();
my $at_once = "$dir/at-once";
my $origin = Backend->new(sub {
	my ($c) = @_;
	while (defined(my $request = $c->request)) {
		my ($path) = $request =~ m{^\S+ (\S+)};
		sleep 0.2 if $path =~ /slow/;
		$c->send(response($path =~ /bad/ ? 500 : 200, $path,
		    $path =~ /bad/ ? () : $path =~ /not/ ? 'Cache-Control: no-store'
		    : 'Cache-Control: max-age=1000'));
	}
	return;
});
my $p = cached($origin);
my ($at, $sock) = ($p->address('http'), $p->dir . '/portico.sock');

sub file
{
	open my $f, '>', "$dir/urls" or die $!;
	print $f @_;
	close $f or die $!;
	return "$dir/urls";
}

sub urls { return map { "http://a.test$_\n" } @_ }

sub warm
{
	my ($status, $out, $err) = ctl('-s', $sock, 'cache', 'warm', @_);

	return wantarray ? ($status, $out, $err) : "$status $out$err";
}

is warm(file("# some\n", "\n", urls('/1', '/2?x=1'), "  http://a.test/3\r\n",
    'http://b.test/4')), "0 stored 4, failed 0\n", 'four are fetched';
for my $url ('a.test/1', 'a.test/2?x=1', 'a.test/3', 'b.test/4') {
	my ($host, $path) = $url =~ m{^([^/]+)(.*)};
	ok stored(ask($at, request("GET $path", ["Host: $host"]))),
	    "$url is there";
}
is warm("$dir/urls"), "0 stored 4, failed 0\n", 'again';
is $origin->requests, 4, 'nobody was asked again';

# Many, several at a time.
my @slow = map { "/slow/$_" } 1 .. 40;
my $began = Time::HiRes::time;
is warm(file(urls(@slow))), "0 stored 40, failed 0\n", 'forty slow ones';
my $took = Time::HiRes::time - $began;
cmp_ok $took, '<', 4, 'not one after the other';
cmp_ok $took, '>', 0.9, 'and not all at once';
is times($origin, $_), 1, "$_ once" for @slow[0, 20, 39];

# What cannot be stored.
my ($status, $out, $err) = warm(file(urls('/not/1', '/5', '/not/2')));
is $status, 1, 'some fail';
is $out, "stored 1, failed 2\n", 'so many';
like $err, qr/not to be stored/, 'and why';
($status, $out, $err) = warm(file(urls('/bad')));
is "$status $out", "1 stored 0, failed 1\n", 'an error' or diag $err;
($status, $out, $err) = ctl('-s', $sock, '--json', 'cache', 'warm',
    file(urls('/not/1', '/6')));
is_deeply eval { decode_json($out) }, { ok => JSON::PP::false, stored => 1,
	failed => 1 }, 'in JSON' or diag $out;
($status, $out, $err) = warm(file(urls('/7'), "/8\n"));
is $status, 1, 'a path is no URL';
like $err, qr/urls:2: this is no URL/, 'told where';
($status, $out, $err) = warm("$dir/none");
is $status, 2, 'no such file';
like $err, qr/No such file/, 'told';

# Without a client there is no line in the log, nor any place that stays.
is scalar(grep { /slow/ } $p->access_lines(1)), 0, 'no line is written';
is $p->quit, 0, 'finished';

# A worker, and the steward, that die meanwhile.
$p = cached($origin);
($at, $sock) = ($p->address('http'), $p->dir . '/portico.sock');
for my $role ('worker', 'steward') {
	my $pid = fork // die $!;
	if ($pid == 0) {
		sleep 0.3;
		kill 'KILL', ($p->pids($role))[0];
		POSIX::_exit(0);
	}
	($status, $out, $err) = warm(file(urls(map { "/slow/$role/$_" }
	    1 .. 16)));
	waitpid $pid, 0;
	is $status, 0, "a $role dies" or diag $err;
	is $out, "stored 16, failed 0\n", 'and all are there';
	is scalar(grep { !stored(get($at, "/slow/$role/$_")) } 1 .. 16), 0,
	    'indeed';
}
is $p->quit, 0, 'finished';
my ($fine, $wrong) = $p->sums;
is "$fine " . ($wrong // 'none'), '1 none', 'and nothing is left over';
done_testing;
