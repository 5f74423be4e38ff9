# SPDX-License-Identifier: BSD-2-Clause
# A response that is under way for longer than it is fresh serves who waits.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Cached qw(cached response together times);
use Client qw(request);
use Time::HiRes qw(sleep time);
use Backend;

my $b = Backend->new({
	'/late' => sub { my ($c) = @_; sleep 2.2; $c->send(response(200,
	    'late', 'Cache-Control: max-age=1')) },
	'/never' => sub { my ($c) = @_; sleep 0.3; $c->send(response(200,
	    'each', 'Cache-Control: max-age=0', 'ETag: "e"')) },
});
my $p = cached($b);
my $at = $p->address('http');

my @r = together($at, 20, request('GET /late'));
is scalar(grep { $_->{status} == 200 && $_->{body} eq 'late' } @r), 20,
    '/late: all get it';
is times($b, '/late'), 1, '/late: one fetch';

@r = together($at, 5, request('GET /never'));
is scalar(grep { $_->{status} == 200 && $_->{body} eq 'each' } @r), 5,
    '/never: all get it';
is times($b, '/never'), 5, '/never: what is never fresh is for one';
is $p->quit, 0, 'QUIT';
done_testing;
