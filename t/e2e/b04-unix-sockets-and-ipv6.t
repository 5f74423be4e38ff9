# SPDX-License-Identifier: BSD-2-Clause
# Addresses of all kinds, on both sides.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(ask get request field);
use Portico;

my $dir = Portico::temporary();
my $unix = Backend->new('echo', at => "unix:$dir/app.sock");
my $v4 = Backend->new('echo');
my $v6 = eval { Backend->new('echo', at => '[::1]:0') }
    or plan skip_all => 'no IPv6 here';
my ($a, $b, $c) = map { $_->address } $unix, $v6, $v4;
my $p = Portico->start(qq{
listeners = { four = { address = "\@four\@"; };
              both = { address = [ "\@both\@", "\@both6\@" ]; };
              six = { address = "\@only6\@"; }; };
pools = { unix = { backends = [ "$a" ]; };
          own = { backends = [ "$a" ]; host = "backend"; };
          six = { backends = [ "$b" ]; host = "backend"; };
          four = { backends = [ "$c" ]; }; };
sites = { x = { hosts = "*"; routes = (
  { path = "/unix"; pool = "unix"; }, { path = "/six"; pool = "six"; },
  { path = "/own"; pool = "own"; }, { pool = "four"; } ); }; };
});

for my $name (qw(four both both6 only6)) {
	my $client = $name =~ /6$/ ? '::1' : '127.0.0.1';
	my $quoted = $name =~ /6$/ ? '"[::1]"' : '127.0.0.1';

	for my $path ('/unix', '/six', '/four') {
		my $r = get($p->address($name), $path);
		my $seen = echoed($r);

		is $r->{status}, 200, "$name to $path";
		is $seen->{target}, $path, 'target';
		is field($seen, 'X-Forwarded-For'), $client, 'client';
		like field($seen, 'Forwarded'), qr/\bfor=\Q$quoted\E/i,
		    'and by RFC 7239';
	}
}
my $at = $p->address('four');
is field(echoed(get($at, '/six')), 'Host'), $b, 'Host of an IPv6 backend';
is field(echoed(get($at, '/own')), 'Host'), 'localhost', 'of a unix socket';
is field(echoed(get($at, '/unix')), 'Host'), 'a.test', 'host is preserved';
my $body = join '', map { chr $_ % 256 } 1 .. 300000;
is echoed(ask($at, request('POST /unix', [], $body)))->{body}, $body,
    'a large body both ways through a unix socket';
get($at, "/unix/$_") for 1 .. 10;
is $unix->connections <= 2, 1, 'its connections are kept too';
$unix->stop;
like get($at, '/unix')->{status}, qr/^50[23]$/, 'nobody at the socket';
done_testing;
