# SPDX-License-Identifier: BSD-2-Clause
# RFC 9111, 3 and 4.2.2: every status with and without a lifetime.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases date reused not_reused);

start_cases();
my @known = (200, 203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 404, 405,
    410, 414, 499, 500, 501, 502, 503, 504, 599);
# By heuristics; it may be more, but we keep no error that nobody wants kept,
# and nothing that nobody knows.
my %may = map { $_ => 1 } (200, 203, 204, 300, 301, 308);
my %public = (%may, map { $_ => 1 } (302, 303, 307));
my @old = ('Last-Modified: ' . date(-100000));

for my $status (@known) {
	my @at = (status => $status);

	reused("3: $status with max-age is used again",
	    [ 'Cache-Control: max-age=3600' ], @at);
	reused("3: $status with Expires is used again",
	    [ 'Expires: ' . date(3600) ], @at);
	not_reused("4.2: $status that is stale is not",
	    [ 'Expires: ' . date(-5000), @old ], @at);
	not_reused("4.2: $status with an Age beyond its max-age is not",
	    [ 'Cache-Control: max-age=60', 'Age: 61' ], @at);
	not_reused("3: $status with no-store is not",
	    [ 'Cache-Control: no-store, max-age=60' ], @at);
	not_reused("3: $status without any lifetime is not", [], @at);
	for ([ '', \%may ], [ 'public ', \%public, 'Cache-Control: public' ]) {
		my ($how, $these, @more) = @$_;

		if ($these->{$status}) {
			reused("4.2.2: $how$status has a lifetime by " .
			    'heuristics', [ @old, @more ], @at);
		} else {
			not_reused("4.2.2: $how$status has none by heuristics",
			    [ @old, @more ], @at);
		}
	}
}
reused("3: $_ with max-age is used again", [ 'Cache-Control: max-age=60' ],
    status => $_) for 201, 202, 402, 403, 406, 409, 421, 451;
not_reused("3: $_ speaks of how one client has asked (RFC 6585)",
    [ 'Cache-Control: max-age=60' ], status => $_)
    for 412, 413, 416, 417, 425, 428, 429, 431;

# 5.2.2.3: what must be understood is stored only if we do.
not_reused("5.2.2.3: must-understand and $_, which nobody knows",
    [ 'Cache-Control: max-age=60, must-understand' ], status => $_)
    for 299, 499, 599;
reused("5.2.2.3: must-understand and $_", [
    'Cache-Control: max-age=60, must-understand' ], status => $_)
    for 200, 404, 301;
reused('5.2.2.3: no-store is for those who do not understand it', [
    'Cache-Control: max-age=60, must-understand, no-store' ]);
not_reused('5.2.2.3: and 599 is not understood', [
    'Cache-Control: max-age=60, must-understand, no-store' ], status => 599);
done_testing;
