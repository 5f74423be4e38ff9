# SPDX-License-Identifier: BSD-2-Clause
# Lines to syslog: facility, weight, ident, length; a syslog that takes
# nothing stops no request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::UNIX;
use JSON::PP;
use Socket qw(MSG_DONTWAIT SOCK_DGRAM);
use Test::More;
use Time::HiRes qw(time);
use Backend qw(plain);
use Client qw(ask get request until_true);
use Portico qw(need_program);

# A /dev of our own, with a log that is ours, in a namespace of mounts.
my $unshare = need_program('unshare');
my $dir = Portico::temporary();
my $script = 'set -e; d=$1; shift; for f in null full zero urandom; do ' .
    ': >$d/$f; mount --bind /dev/$f $d/$f; done; mount --rbind $d /dev; ' .
    'exec "$@"';
my @inside = ($unshare, '-m', 'sh', '-c', $script, 'sh', "$dir/dev");
mkdir "$dir/dev" or die $!;
my $made = system(@inside[0 .. 5], "$dir/dev", 'true') >> 8;
plan(skip_all => 'no namespace of mounts can be made here') if $made;
my $syslog = IO::Socket::UNIX->new(Type => SOCK_DGRAM,
    Local => "$dir/dev/log") or die $!;
chmod 0666, "$dir/dev/log";
open my $wrapper, '>', "$dir/portico" or die $!;
print $wrapper "#!/bin/sh\nexec ", join(' ', map { s/'/'\\''/gr =~
    s/^|$/'/gr } @inside, $Portico::BINARY), " \"\$@\"\n";
close $wrapper;
chmod 0755, "$dir/portico";
$Portico::BINARY = "$dir/portico";

my $b = Backend->new(plain('hello'));
my $at = $b->address;
my $p = Portico->start(qq{
access_log = (
    { to = "syslog:local3"; },
    { to = "syslog:local4"; format = "json"; only = "errors"; },
    { to = "\@dir\@/file"; }
);
error_log = { to = "syslog:daemon"; };
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "$at" ]; }; };
}, dir => $dir, listeners => []);
my $http = $p->address('http');
my $pid = $p->pid;
my @got;

# Datagrams that have come so far; true once one of them has the pattern.
sub came
{
	my ($pattern) = @_;

	return until_true(sub {
		while (defined $syslog->recv(my $one, 65536, MSG_DONTWAIT)) {
			push @got, $one;
		}
		grep { $_ =~ $pattern } @got }, 10);
}
sub found { my ($pattern) = @_; return (grep { $_ =~ $pattern } @got)[0] }

$p->signal('HUP');
ok came(qr/generation 2 is running/), 'the error log comes to syslog';
like found(qr/is running/), qr/^<30>.*portico\[$pid\]: generation 2/,
    'daemon.info, with the number of the master';
get($http, '/first', 'User-Agent: me');
ok came(qr{/first}), 'the access log too';
like found(qr{/first}), qr{^<158>.*portico\[$pid\]:\ 127\.0\.0\.1\ -\ -
    .*"GET\ /first\ HTTP/1\.1"\ 200\ 5\ "-"\ "me"$}x, 'local3.info, combined';
ask($http, "GET / HTTP/1.1\r\nUser-Agent: " . 'x' x 6000 . "\r\n\r\n");
ok came(qr/<166>/), 'local4.info';
my ($json) = found(qr/<166>/) =~ /(\{.*)/;
ok eval { decode_json($json) }, 'JSON';
cmp_ok length $json, '<=', 2048, 'of 2 KB at most, and whole';
cmp_ok length $json, '>', 1000, 'and not much less';
get($http, '/long', 'User-Agent: ' . 'y' x 6000);
ok came(qr{/long}), 'a long line';
like found(qr{/long}), qr/^.{1000,2100}$/, 'is cut';
is scalar(grep { m{<166>.*/(?:first|long)} } @got), 0, 'only errors';

my $longest = 0;
my $c = Client->new($http);
for (1 .. 1500) {
	my $begin = time;

	$c->send(request('GET /' . 'z' x 100 . $_)) && $c->final or last;
	$longest = time - $begin if time - $begin > $longest;
}
cmp_ok $longest, '<', 2, 'a syslog that takes nothing: no request waits';
$c->send(request('GET /afterwards'));
is $c->final->{status}, 200, 'and none is without answer';
ok came(qr{/afterwards|log lines were lost}),
    'once it takes lines they come, or are counted';
ok until_true(sub { came(qr/./);
    Portico::slurp("$dir/file") =~ m{/afterwards} ||
    found(qr/log lines were lost/) }, 10), 'other logs go on too';
undef $syslog;
$p->stop;
done_testing;
