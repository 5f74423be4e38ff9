# SPDX-License-Identifier: BSD-2-Clause
# Who asked is told to the backend, and cannot be forged.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(get field fields);
use Portico qw(one_backend);

my $echo = Backend->new('echo');
my $p = Portico->start(one_backend($echo->address));
my $at = $p->address('http');
my @forged = ('X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: https',
    'X-Forwarded-Host: forged.test', 'X-Forwarded-Port: 99',
    'Forwarded: for=1.2.3.4;proto=https', 'X-Request-Id: forged');

sub forwarded
{
	my ($seen) = @_;
	my @all = split /\s*,\s*/, join ',', fields($seen, 'Forwarded');

	return [ map { { map { /^(\w+)="?(.*?)"?$/ ? (lc $1 => $2) : () }
	    split /;/, $_ } } @all ];
}

for my $try ([ 'plain' ], [ 'forged', @forged ],
    [ 'forged twice', @forged, @forged ]) {
	my ($what, @fields) = @$try;
	my $seen = echoed(get($at, '/', @fields));

	is_deeply [ fields($seen, 'X-Forwarded-For') ], [ '127.0.0.1' ],
	    "$what: X-Forwarded-For";
	is_deeply [ fields($seen, 'X-Forwarded-Proto') ], [ 'http' ],
	    "$what: X-Forwarded-Proto";
	is_deeply [ fields($seen, 'X-Forwarded-Host') ], [ 'a.test' ],
	    "$what: X-Forwarded-Host";
	is_deeply forwarded($seen), [ { for => '127.0.0.1',
	    host => 'a.test', proto => 'http' } ], "$what: Forwarded";
	isnt field($seen, 'X-Forwarded-Port') // '', '99',
	    "$what: X-Forwarded-Port";
	is scalar(fields($seen, 'X-Request-Id')), 1, "$what: X-Request-Id";
	like field($seen, 'X-Request-Id'), qr/^[\w-]{8,64}$/,
	    "$what: of our own making";
}
my %ids = map { field(echoed(get($at, '/')), 'X-Request-Id') => 1 } 1 .. 50;
is scalar(keys %ids), 50, 'every request has another id';

my $seen = echoed(get($at, '/', 'X_Forwarded_For: 1.2.3.4', 'a_b: c',
    'X-Forwarded_For: 1', '_: 2', 'X-Fine: 3'));
unlike $seen->{head}, qr/^[^:\n]*_[^:\n]*:/m, 'names with _ are dropped';
is field($seen, 'X-Fine'), 3, 'others are not';

my $q = Portico->start(one_backend($echo->address,
    listener => 'trusted_proxies = [ "127.0.0.0/8", "10.0.0.0/8" ];'));
$at = $q->address('http');
$seen = echoed(get($at, '/', 'X-Forwarded-For: 1.2.3.4',
    'X-Forwarded-Proto: https', 'X-Forwarded-Host: outer.test',
    'Forwarded: for=1.2.3.4;proto=https;host=outer.test',
    'X-Request-Id: theirs-12345678'));
is join(', ', fields($seen, 'X-Forwarded-For')), '1.2.3.4, 127.0.0.1',
    'a trusted peer: appended to X-Forwarded-For';
is field($seen, 'X-Forwarded-Proto'), 'https', 'its X-Forwarded-Proto stays';
is field($seen, 'X-Forwarded-Host'), 'outer.test', 'its X-Forwarded-Host';
is scalar(fields($seen, $_)), 1, "$_ once"
    for qw(X-Forwarded-Proto X-Forwarded-Host);
my $list = forwarded($seen);
is $list->[0]{for}, '1.2.3.4', 'Forwarded: theirs first';
is $list->[1]{for}, '127.0.0.1', 'then ours';
is field($seen, 'X-Request-Id'), 'theirs-12345678', 'its X-Request-Id stays';

$seen = echoed(get($at, '/'));
is field($seen, 'X-Forwarded-For'), '127.0.0.1', 'trusted, but says nothing';
is field($seen, 'X-Forwarded-Proto'), 'http', 'so ours is said';

$seen = echoed(get($at, '/', 'X-Forwarded-For: 9.9.9.9',
    'X-Forwarded-For: 5.6.7.8, 10.0.0.1'));
is join(', ', fields($seen, 'X-Forwarded-For')),
    '9.9.9.9, 5.6.7.8, 10.0.0.1, 127.0.0.1', 'all fields of that name';

my $r = Portico->start(one_backend($echo->address,
    listener => 'trusted_proxies = [ "10.0.0.0/8" ];'));
$seen = echoed(get($r->address('http'), '/', @forged));
is field($seen, 'X-Forwarded-For'), '127.0.0.1', 'a peer that is not listed';
done_testing;
