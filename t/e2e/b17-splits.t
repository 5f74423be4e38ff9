# SPDX-License-Identifier: BSD-2-Clause
# A route divides its clients among pools: each stays where it is.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Pool qw(backends pool names);
use Client qw(ask field request);
use Portico qw(run_program);

my %b = backends(qw(b g));
my $p = Portico->start('listeners = { http = { address = "@http@";
    trusted_proxies = "127.0.0.1"; }; };
    pools = { blue = ' . pool('', $b{b}, '') . '; green = ' . pool('
    sticky = { cookie = "side"; };', $b{g}, '') . '; };
    sites = { x = { hosts = "*"; routes = (
    { path = "/a"; split = { blue = 90; green = 10; }; },
    { path = "/b"; split = { blue = 1; green = 1; }; },
    { path = "/none"; split = { blue = 0; green = 7; }; },
    { split = { green = 50; blue = 50; }; } ); }; };');
my $at = $p->address('http');

sub side
{
	my ($client, $target, @fields) = @_;

	return field(ask($at, request("GET $target", [
	    "X-Forwarded-For: $client", @fields ])), 'X-Backend') // '?';
}

my @clients = map { '203.0.' . int($_ / 250) . '.' . $_ % 250 } 1 .. 600;
my @first = map { side($_, '/a') } @clients;
my $green = grep { $_ eq 'g' } @first;
cmp_ok $green, '>', 25, "$green of 600 clients are in the tenth part";
cmp_ok $green, '<', 110, 'and not many more';
is scalar(grep { !/^[bg]$/ } @first), 0, 'all have an answer';

my @some = 0 .. 99;
is join('', map { side($clients[$_], '/a/x?y') } @some),
    join('', @first[@some]), 'each stays';
is side('203.0.1.7', '/a'), side('::ffff:203.0.1.7', '/a'),
    'however its address is written';
my @other = map { side($clients[$_], '/b') } @some;
my @last = map { side($clients[$_], '/') } @some;
my $alike = grep { $other[$_] eq $last[$_] } @some;
cmp_ok $alike, '>', 20, 'routes divide independently';
cmp_ok $alike, '<', 80, "$alike of 100 are on the same side of two";
is join('', map { side($clients[$_], '/none') } 1 .. 20), 'g' x 20,
    'weight 0';

# The cookie of a side wins over the address.
my ($stranger) = grep { side($_, '/a') eq 'b' } @clients;
my ($guest) = grep { side($_, '/a') eq 'g' } @clients;
my $cookie = field(ask($at, request('GET /a', [
    "X-Forwarded-For: $guest" ])), 'Set-Cookie') =~ s/;.*//sr;
is side($stranger, '/a', "Cookie: $cookie"), 'g', 'a cookie of the other side';
my $r = ask($at, request('GET /a', [ "X-Forwarded-For: $stranger",
    'Cookie: side=0; x=1' ]));
is field($r, 'X-Backend'), 'b', 'one that names nobody does not';
like $r->{body}, qr/^Cookie: x=1$/m, 'and is dropped here, too';

my ($status, $out) = run_program('-c', $p->file, '-x', 'GET http://x/a');
like $out, qr/^split +blue 90, green 10: (?:blue|green) by the client/m,
    'portico -x says it';
done_testing;
