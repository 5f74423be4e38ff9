# SPDX-License-Identifier: BSD-2-Clause
# What porticoctl makes of its words about the cache, and of the answers.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use FakeMaster qw(ctl whole record);

my $dir = Portico::temporary();
my $area = record('cache', 'file=/var/c', 'size:=67108864',
    'room_for:=1000', 'bytes:=60000000', 'used:=20480', 'entries:=3',
    'busy:=1', 'condemned:=2', 'evicted:=4', 'refused:=5', 'damaged:=6',
    'bans:=7', 'banned:=8');
my $route = record('cached_route', 'name=shop/1', 'hits:=90', 'misses:=10',
    'passes:=1', 'stale:=2', 'collapsed:=3', 'renewed:=4', 'stored:=9',
    'bytes_saved:=123456789');
my $m = FakeMaster->new($dir,
	'cache status' => whole($area, $route),
	status => whole(record('master', 'pid:=1'), $area, $route),
	'cache purge http://a/ soft' => whole(record('cache', 'purged:=2')),
	'cache purge http://a/' => whole(record('cache', 'purged:=3')),
	'cache purge http://b/' => "error failed an answer was 503\nend\n",
	'cache warm http://a/1' => [ whole(record('cache', 'stored:=1',
	    'failed:=0')) ],
	'*' => whole());
my @at = ('-s', $m->{path});

sub is_said
{
	my ($said, @words) = @_;

	unlink $m->{said};
	my ($status, $out, $err) = ctl(@at, 'cache', @words);
	is $m->said, "$said\n", "@words";
	is $status, 0, 'done' or diag $err;
	return $out;
}

is_said('cache ban host a.test', 'ban', '--host', 'a.test');
is_said('cache ban host a.test soft', 'ban', '--soft', '--host=a.test');
is_said('cache ban prefix /a', 'ban', '--prefix', '/a');
is_said('cache ban re a|b host=c soft', 'ban', '--re', 'a|b', '--soft',
    '--host', 'c');
is_said('cache ban tag --x', 'ban', '--tag', '--x');
is is_said('cache purge http://a/', 'purge', 'http://a/'), "purged 3\n",
    'how many';
is is_said('cache purge http://a/ soft', 'purge', '--soft', 'http://a/'),
    "purged 2\n", 'softly';
is is_said('cache purge http://a/', 'purge', '--json', 'http://a/'),
    qq({"ok":true,"purged":3}\n), 'in JSON';

my ($status, $out, $err) = ctl(@at, 'cache', 'purge', 'http://b/');
is "$status $err", "1 porticoctl: an answer was 503\n", 'one that failed';
for (['ban'], ['ban', '--soft'], ['ban', '--re', 'a', '--tag', 'b'],
    ['purge'], ['purge', 'a', 'b'], ['purge', '--host', 'a', 'http://a/'],
    ['warm'], ['flush'], ['ban', '--re', 'a b'], ['ban', '--host', ''],
    ['warm', '--soft', 'x'], ['status', 'x'],
    ['ban', '--tag', 'x' x 1100]) {
	unlink $m->{said};
	($status, $out, $err) = ctl(@at, 'cache', @$_);
	is $status, 2, "cache @{[ map { substr $_, 0, 20 } @$_ ]}";
	isnt $err, '', 'is explained';
	ok !-e $m->{said}, 'and not sent';
}

# For people, and for programs.
($status, $out) = ctl(@at, 'cache', 'status');
is $out, <<'END', 'cache status';
size 64M, in /var/c
used 20K of 57M
responses 3 of 1000, 1 on their way, 2 condemned
evicted 4, without room 5, damaged 6
bans 7, banned 8

ROUTE   HITS  MISSES  PASSES  STALE  COLLAPSED  RENEWED  STORED  SAVED
shop/1    90      10       1      2          3        4       9   117M
END
($status, $out) = ctl(@at, '--json', 'cache', 'status');
my $o = decode_json($out);
ok $o->{ok}, 'in JSON';
is $o->{cache}{entries}, 3, 'its figures';
is $o->{cache}{routes}[0]{bytes_saved}, 123456789, 'its routes';
($status, $out) = ctl(@at, 'status');
like $out, qr/^cache: 20K of 57M used, 3 responses, 1 on their way, /m,
    'a line of status';
($status, $out) = ctl(@at, '--json', 'status');
is decode_json($out)->{cache}{routes}[0]{name}, 'shop/1', 'and in its JSON';
undef $m;

# Files of URLs go in pieces.
my $second = Portico::temporary();
$m = FakeMaster->new($second, '*' => whole(record('cache', 'stored:=1',
    'failed:=1'), "text\t=an answer was 404"));
@at = ('-s', $m->{path});
open my $f, '>', "$dir/urls" or die $!;
print $f "http://a.test/$_\n" for 1 .. 40;
print $f 'https://a.test/', 'x' x 990, "\n", 'https://b.test/';
close $f;
($status, $out, $err) = ctl(@at, 'cache', 'warm', "$dir/urls");
my @pieces = split /\n/, $m->said;
is scalar @pieces, 5, 'forty, a long one, and one';
is join(' ', map { scalar(() = /http/g) } @pieces), '16 16 8 1 1',
    'so many at a time';
is scalar(grep { length >= 1024 } @pieces), 0, 'none is too long';
is "$status $out", "1 stored 5, failed 5\n", 'all answers count';
is $err, "an answer was 404\n" x 5, 'and are shown';
open $f, '>', "$dir/urls" or die $!;
print $f 'http://a.test/', 'x' x 1010, "\n";
close $f;
($status, $out, $err) = ctl(@at, 'cache', 'warm', "$dir/urls");
is $status, 1, 'one that is too long';
like $err, qr/urls:1: this is no URL, or one that is too long/, 'told where';
done_testing;
