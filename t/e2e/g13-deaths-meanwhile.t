# SPDX-License-Identifier: BSD-2-Clause
# Workers, steward and heir are killed while backends fail: nothing is mixed
# up, nothing stalls, and no count is lost.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Deaths qw(trials_with_deaths);

trials_with_deaths(map { +{ what => $_->[0], fault => $_->[1] } }
    [ 'killed', sub { $_[0]->backend('b')->kill } ],
    [ 'never answers', 'hang' ], [ 'resets', 'reset' ],
    [ 'half a head', 'half-head' ], [ 'slow', 'slow ms=100' ],
    [ 'drained and back', sub {
	$_[0]->reload(of => { b => 'state = "drain";' }); $_[0]->reload } ]);
done_testing;
