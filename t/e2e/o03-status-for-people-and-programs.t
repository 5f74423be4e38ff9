# SPDX-License-Identifier: BSD-2-Clause
# porticoctl status: tables for people, and the same as one JSON object.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use FakeMaster qw(ctl whole record);
use Figures qw(backend pool status);

my $now = time;
my @records = (
	pool('app', up => 2, backends => 3, in_flight => 12,
	    queue_length => 100, fallback => 'web'),
	pool('web', balance => 'least-time', backends => 1, queued => 7),
	backend('web/x#2', state => 'down', added => 1, attempts => 31,
	    connect_errors => 31, since => $now - 100000,
	    why => "connect: Connection refused"),
	backend('app/one', weight => 1, max_connections => 10,
	    in_flight => 7, rate_x10 => 1203, errors_5xx => 2, timeouts => 1,
	    p50_us => 1234, p95_us => 15234),
	backend('app/two', state => 'draining', order => 'drain', weight => 5,
	    file_weight => 2, backup => 1, in_flight => 5, attempts => 90,
	    retries => 3, idle => 4, since => $now - 190, why => 'ordered'),
);
my $dir = Portico::temporary();
my $m = FakeMaster->new($dir, status => status(@records));
my @at = ('-s', $m->{path});

my ($status, $out, $err) = ctl(@at, 'status');
is $status, 0, 'status';
is $err, '', 'without complaint';
like $out, qr/^portico 1\.2\.3, pid 4711, generation 3, up 3h 5m$/m,
    'the master';
like $out, qr{^configuration /etc/p\.conf$}m, 'its file';
like $out, qr/^changed since .*config diff$/m, 'that there are changes';
like $out, qr/^processes: steward 1, worker 4 \(and 1 that come or go\)$/m,
    'its processes, by role';
like $out, qr/^ +2  draining +4 +3$/m, 'the old generation';
like $out, qr/^ +3  running +4 +120$/m, 'and the new one';
like $out, qr{^app +round-robin  2/3  120\.3 +12 +0/100  web$}m, 'a pool';
like $out, qr{^web +least-time +0/1 +0 +0 +7  -$}m, 'one that is down';
like $out, qr{^app/one +up +1 +7/10  120\.3  1\.2ms  15ms +3$}m, 'a backend';
like $out, qr{^app/two +draining \(backup\)  5 \(2\) +5 +0 +- +- +0  3m ago}m,
    'what it is beside its state';
like $out, qr{^app/two .* 3m ago: ordered$}m, 'what was ordered';
like $out, qr{^web/x\#2\ +down\ \(added\)\ .*31\ \ 1d\ 3h\ ago:
    \ connect:\ Connection\ refused$}mx, 'and why it is down';
like $out, qr{app/one.*app/two.*web/x}s, 'in the order of the pools';
is join("\n", grep { length > 80 && !/ago/ } split /\n/, $out), '',
    'in 80 columns, but for reasons';

($status, $out) = ctl(@at, 'status', 'web');
is $status, 0, 'one pool';
like $out, qr{^web/x}m, 'is there';
unlike $out, qr/app|processes/, 'and nothing else';
($status, $out) = ctl(@at, 'status', 'app/two');
is $status, 0, 'one backend';
unlike $out, qr{app/one}, 'and no other';
like $out, qr/^ +$_$/m, $_ for 'state +draining \(backup\)',
    'weight +5 \(2\)', 'in flight +5, and 4 idle connections',
    'attempts +90, of which 3 repeated; 0 answered',
    'changed +3m ago: ordered', 'address +10\.0\.0\.1:80';
($status, $out) = ctl(@at, 'status', 'web/x');
like $out, qr{^web/x\#2$}m, 'a name means its members';
($status, $out, $err) = ctl(@at, 'status', 'wbe');
is "$status$out", 1, 'no such pool';
like $err, qr/no pool "wbe"; did you mean "web"/, 'told';
($status, $out, $err) = ctl(@at, 'status', 'app/too');
is "$status$out", 1, 'no such backend';
like $err, qr/no backend "too" in the pool "app"; did you mean "two"/, 'told';

# ---- for programs ----

($status, $out, $err) = ctl(@at, '--json', 'status');
is "$status$err", 0, '--json';
is scalar(() = $out =~ /\n/g), 1, 'one line';
my $all = decode_json($out);
is join(' ', sort keys %$all),
    'certificates generations master pools processes', 'its parts';
is_deeply $all->{master}, { pid => 4711, version => '1.2.3',
    generation => 3, uptime_ms => 11104000, file => '/etc/p.conf',
    control => '/run/p.sock', reloading => JSON::PP::false, changes => 1 },
    'the master';
is scalar @{ $all->{generations} }, 2, 'generations';
is scalar @{ $all->{processes} }, 6, 'processes';
is_deeply [ map { $_->{name} } @{ $all->{pools} } ], [ qw(app web) ], 'pools';
my $two = $all->{pools}[0]{backends}[1];
is "$two->{name} $two->{weight} $two->{state} $two->{why}",
    'two 5 draining ordered', 'a backend of one';
ok $two->{backup} && !$two->{added}, 'truths';
is $all->{pools}[0]{backends}[0]{rate}, 120.3, 'a rate';
like $out, qr/"in_flight":7,/, 'numbers are numbers';
($status, $out) = ctl(@at, '--json', 'status', 'app/two');
my $one = decode_json($out);
is scalar @{ $one->{pools} }, 1, 'one pool';
is scalar @{ $one->{pools}[0]{backends} }, 1, 'one backend';
($status, $out) = ctl(@at, '--json', 'status', 'none');
is $status, 1, 'none';
is decode_json($out)->{code}, 'unknown', 'told';
undef $m;
unlink "$dir/portico.sock";

# ---- any bytes, any number ----

my $long = 'n' x 300;
my $odd = FakeMaster->new($dir, status => status(pool("p\xff"),
    backend("p\xff/e\e[31m\x{c2}\x{9b}\"\\\r", state => "up\a",
	why => "\x01\xe2\x82", since => 1), pool($long),
    backend("$long/$long", in_flight => -5, weight => '9' x 18,
	attempts => 9223372036854775807), record('future', 'a=b')));
($status, $out) = ctl(@at, 'status');
is $status, 0, 'odd bytes';
unlike $out, qr/[^\n -~]/, 'none gets to the terminal';
cmp_ok length((sort { length $a <=> length $b } split /\n/, $out)[-1]), '<',
    200, 'nor does the width of a name';
($status, $out) = ctl(@at, '--json', 'status');
my $object = eval { decode_json($out) };
ok $object, 'valid JSON' or diag $@;
is $object->{pools}[0]{backends}[0]{name},
    "e\e[31m\x{9b}\"\\\r", 'with the same text';
is $object->{pools}[0]{name}, "p\x{fffd}", 'or in place of what is none';
like $out, qr/"attempts":9223372036854775807/, 'numbers stay what they are';
undef $odd;
unlink "$dir/portico.sock";

# ---- many ----

my $many = FakeMaster->new($dir, status => status(pool('app'),
    map { backend("app/b$_") } 1 .. 1000));
($status, $out) = ctl(@at, 'status');
is scalar(() = $out =~ m{^app/b}mg), 1000, 'a thousand backends';
undef $many;
unlink "$dir/portico.sock";
my $diff = FakeMaster->new($dir, 'config diff' => [ whole(
    record(qw(change what=weight pool=app name=two file=2 now=5)),
    record(qw(change what=workers pool= name=), 'file=2..4', 'now=3..9')),
    whole(record(qw(change what=weight pool=app name=two file=2 now=5))),
    whole() ]);
($status, $out) = ctl(@at, qw(config diff));
like $out, qr{^weight +app/two  2 +5$}m, 'config diff';
like $out, qr{^workers +2\.\.4 +3\.\.9$}m, 'of everything';
($status, $out) = ctl(@at, qw(--json config diff));
is_deeply decode_json($out), { ok => JSON::PP::true, changes => [ {
    what => 'weight', pool => 'app', name => 'two', file => '2',
    now => '5' } ] }, 'for programs';
($status, $out) = ctl(@at, qw(config diff));
is "$status $out", "0 nothing was changed: what runs is what the file says\n",
    'no changes';
done_testing;
