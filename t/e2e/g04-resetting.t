# SPDX-License-Identifier: BSD-2-Clause
# A backend resets connections instead of answering.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Failover;

my $seen = qr{app/b is (?:ejected|down).*2 of 3};
my $reset_two = sub { $_[0]->backend($_)->be('reset') for qw(a b) };

Failover->trials((map {
	my ($what, $fault, $pool) = @$_;

	+{ what => $what, pool => $pool, fault => $fault, knows => 1.5,
	    told => $seen, posts => 32 };
} [ 'passive checks', 'reset', '' ],
    [ 'active checks', 'reset', $Failover::HEALTH ],
    [ 'only checks are answered', 'reset healthy', $Failover::HEALTH ]),

    # One of them may be ejected; the other one is hardly asked, so that the
    # budget of retries lasts.
    { what => 'two of three', fault => $reset_two, met => 3,
	told => qr{app/[ab] is ejected.*2 of 3}, posts => 32 },
    { what => 'two of three, and all may be ejected', fault => $reset_two,
	pool => 'passive = { max_ejected = "100%"; };', knows => 1.5,
	told => qr{app/[ab] is ejected.*1 of 3}, posts => 32 },

    # Too few in a row: it stays, and others answer what may be repeated.
    { what => 'every fifth', fault => 'reset percent=20', after => sub {
	my ($r, $f) = @_;
	my @posts = $r->those(sub { $_->{method} eq 'POST' &&
	    $_->{start} > $r->{since} });
	my $failed = grep { $_->{outcome} ne 'ok' } @posts;

	# a third of them go there, and a fifth of those fail
	cmp_ok $failed, '<', @posts / 4,
	    "every fifth: $failed of " . @posts . ' POSTs failed';
	unlike $f->portico->log, qr{app/b is ejected},
	    'every fifth: it is not ejected';
    } });
done_testing;
