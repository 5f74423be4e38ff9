# SPDX-License-Identifier: BSD-2-Clause
# A response that gets too large by what the client put into it is not the
# backend's fault: no other one is asked, and all is given back.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(ask request);
use Portico;

my @backends = map { Backend->new('echo') } 1 .. 3;
my $addresses = join ', ', map { '"' . $_->address . '"' } @backends;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ $addresses ]; }; };
sites = { x = { hosts = "*"; routes = (
	{ path = "/answer"; headers = { response = { set = {
	    X-Path = "{path}{path}"; }; }; }; pool = "app"; },
	{ path = "/asked"; headers = { request = { add = {
	    X-Path = "{path}{path}"; }; }; }; pool = "app"; },
	{ path = "/made"; rewrite = { re = "^/made/(.*)"; to = "/{1}/{1}"; };
	  pool = "app"; } ); }; };
});

sub status_of
{
	my ($folder, $n) = @_;
	my $r = ask($p->address('http'),
	    request("GET /$folder/" . '"' x $n));

	return $r->{status};
}

sub asked { my $n = 0; $n += $_->requests for @backends; return $n }

for ([ 'answer', 500, 1 ], [ 'asked', 431, 0 ], [ 'made', 431, 0 ]) {
	my ($folder, $status, $times) = @$_;

	$_->clear for @backends;
	is status_of($folder, 100), 200, "/$folder: short ones are fine";
	is asked(), 1, 'and asked for once';
	is status_of($folder, 7000), $status, "long ones: $status";
	is asked(), 1 + $times, "$times backends are asked";
}
is $p->quit, 0, 'ends';
is_deeply [ $p->sums ], [ 1 ], 'nothing is left over';
done_testing;
