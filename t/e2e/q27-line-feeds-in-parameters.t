# SPDX-License-Identifier: BSD-2-Clause
# No condition on a parameter is dodged with a line feed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(ask request);
use Portico;

my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
sites = { x = { hosts = "*"; routes = (
	{ path = "/deny"; query = { q = "^.*evil"; }; deny = 403; },
	{ path = "/only"; query = { id = "^[0-9]+\$"; };
	  respond = { status = 200; body = "number"; }; },
	{ path = "/deny"; respond = { status = 200; body = "fine"; }; } ); };
	};
});

for ([ '/deny?q=evil', 403 ], [ '/deny?q=x%0Aevil', 403 ],
    [ '/deny?q=%0d%0aevil', 403 ], [ '/deny?%71=a+%65vil', 403 ],
    [ '/deny?a=b&q=x&q=evil', 403 ], [ '/deny?q=good', 200 ],
    [ '/deny?q=%00evil', 403 ], [ '/only?id=12', 200 ],
    [ '/only?id=12%0A', 404 ], [ '/only?id=%0A12', 404 ],
    [ '/only?id=12%00', 404 ]) {
	my ($target, $status) = @$_;

	is ask($p->address('http'), request("GET $target"))->{status},
	    $status, "$target: $status";
}
done_testing;
