# SPDX-License-Identifier: BSD-2-Clause
# The host decides which site answers; a host of nobody gets 421.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(ask);
use Portico;

my %hosts = (
	exact => '"shop.test", "www.shop.test"',
	wild => '"*.shop.test"',
	deep => '"*.eu.shop.test"',
	other => '"other.test"',
	v6 => '"[::1]"',
);

sub conf
{
	my (%hosts) = @_;
	my $sites = join '', map { qq{$_ = { hosts = [ $hosts{$_} ];
	    routes = ( { respond = { status = 200; body = "$_"; }; } ); };}
	} sort keys %hosts;

	return qq{listeners = { http = { address = "\@http\@"; }; };
	    sites = { $sites };};
}

sub site
{
	my ($at, $host) = @_;
	my $r = ask($at, "GET / HTTP/1.1\r\nHost: $host\r\n\r\n");

	return $r->{status} == 200 ? $r->{body} : $r->{status};
}

my $p = Portico->start(conf(%hosts));
my $at = $p->address('http');
for (
    [ 'shop.test', 'exact' ], [ 'www.shop.test', 'exact' ],
    [ 'SHOP.Test', 'exact' ], [ 'shop.test:8080', 'exact' ],
    [ 'a.shop.test', 'wild' ], [ 'b.a.shop.test', 'wild' ],
    [ 'A.SHOP.TEST:1', 'wild' ], [ 'a.eu.shop.test', 'deep' ],
    [ 'eu.shop.test', 'wild' ], [ 'ashop.test', 421 ],
    [ 'shop.test.evil.test', 421 ], [ 'test', 421 ], [ '127.0.0.1', 421 ],
    [ 'other.test', 'other' ], [ 'x.other.test', 421 ],
    [ '[::1]', 'v6' ], [ '[::1]:8080', 'v6' ]) {
	my ($host, $expected) = @$_;

	is site($at, $host), $expected, "$host: $expected";
}
is ask($at, "GET http://other.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n")
    ->{body}, 'other', 'the host of an absolute target';
is ask($at, "GET / HTTP/1.0\r\n\r\n")->{status}, 421, 'HTTP/1.0, no host';

my $c = Client->new($at);
$c->send("GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n" .
    "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
is $c->final->{status}, 421, 'after a 421';
is $c->final->{body}, 'exact', 'the connection goes on';

my $q = Portico->start(conf(%hosts, any => '"*"'));
$at = $q->address('http');
is site($at, 'nobody.test'), 'any', 'a site for the rest';
is site($at, 'a.shop.test'), 'wild', 'which takes nothing from others';
is ask($at, "GET / HTTP/1.0\r\n\r\n")->{body}, 'any', 'and HTTP/1.0';
done_testing;
