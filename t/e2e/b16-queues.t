# SPDX-License-Identifier: BSD-2-Clause
# Who finds all places taken waits for one, in order, for as long as it may.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Pool qw(backends pool names hold wait_held release);
use Client qw(ask field get request);
use POSIX ();
use Portico;
use Time::HiRes qw(sleep time);

my %b = backends(qw(a b));
my $one = 'max_connections = 1;';
my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = {
    short = ' . pool('queue = { length = 2; timeout = "700ms"; };', $b{a},
    $one) . ';
    long = ' . pool('queue = { length = 50; timeout = "20s"; };', $b{a},
    $one) . ';
    sticky = ' . pool('queue = { length = 9; timeout = "700ms"; };
    sticky = { cookie = "s"; };', $b{a}, $one, $b{b}, $one) . ';
    handed = ' . pool('queue = { length = 1; timeout = "20s"; };
    fallback = "rest";', $b{a}, $one) . ';
    rest = ' . pool('', $b{b}, '') . '; };
    sites = { x = { hosts = "*"; routes = ( ' . join(', ', map {
    "{ path = \"/$_\"; pool = \"$_\"; strip_prefix = \"/$_\"; }" }
    qw(short long sticky handed)) . ' ); }; };
    workers = { min = 3; max = 3; };
    access_log = { to = "@dir@/access.log";
    format = "{target} {status} {t_queue} {cause}"; };');
my $at = $p->address('http');

sub begin
{
	my ($target, @rest) = @_;
	my $c = Client->new($at);

	$c->send(request(ref $target ? @$target : "GET $target", @rest));
	return $c;
}

sub order
{
	return join ' ', map { m{GET /(\S*)} } $b{a}->requests;
}

# Full: 503 at once; too long in the queue: 503, too.
my $held = begin('/short/held/one');
ok wait_held('one', 1), 'the place is taken';
my $began = time;
my @waiting = map { begin("/short/$_") } 1 .. 2;
sleep 0.2;
my $full = get($at, '/short/3');
cmp_ok time - $began, '<', 0.6, 'the queue is full: an answer at once';
is $full->{status}, 503, 'it is a 503';
is field($full, 'Retry-After'), 1, 'Retry-After';
my @late = map { $_->final } @waiting;
cmp_ok time - $began, '>', 0.65, 'who waits in vain waits for the timeout';
is join(' ', map { $_->{status} } @late), '503 503', 'both are';
is join(' ', map { field($_, 'Retry-After') } @late), '1 1', 'Retry-After';
is get($at, '/short/4')->{status}, 503, 'it is still full';
release('one');
is $held->final->{status}, 200, 'it was all one answer';
ok Client::until_true(sub { get($at, '/short/5')->{status} == 200 }, 5),
    'now there is a place';

# First in, first out; on connections of all kinds, with and without bodies.
$b{a}->clear;
$held = begin('/long/held/two');
ok wait_held('two', 1), 'the place is taken';
@waiting = ();
for (1 .. 20) {
	push @waiting, $_ % 3 ? begin("/long/$_") :
	    begin([ "POST /long/$_", [], 'x' x 50_000 ]);
	sleep 0.02;
}
sleep 0.1;
release('two');
is join(' ', map { $_->final->{status} } $held, @waiting),
    join(' ', (200) x 21), 'all have their turn';
is join(' ', map { m{^\w+ /(\S+)} } $b{a}->requests),
    join(' ', 'held/two', 1 .. 20), 'in the order in which they came';

# A body that does not fit into what a row may have waits with its client.
$b{a}->clear;
$held = begin('/long/held/large');
ok wait_held('large', 1), 'the place is taken';
my $body = join '', map { "line $_\n" } 1 .. 100_000;
my $upload = fork // die "fork: $!";
if ($upload == 0) {
	my $r = ask($at, request('POST /long/upload', [], $body));

	POSIX::_exit($r->{status} == 200
	    && $r->{body} =~ /\n\n\Q$body\E\z/ ? 0 : 1);
}
sleep 0.5;
is order(), 'held/large', 'a large upload waits';
release('large');
is $held->final->{status}, 200, 'the first one ends';
waitpid $upload, 0;
is $?, 0, 'and the upload arrives as it was';

# Who goes while it waits never reaches the backend.
$b{a}->clear;
$held = begin('/long/held/three');
ok wait_held('three', 1), 'the place is taken';
@waiting = map { begin("/long/$_") } 1 .. 6;
sleep 0.1;
$waiting[$_]->reset for 1, 3;
$waiting[5]->close;
sleep 2.5;
release('three');
is join(' ', map { $_->final->{status} } $held, @waiting[0, 2, 4]),
    '200 200 200 200', 'the others have their turn';
is order(), 'held/three 1 3 5', 'who has gone is left out';

# Its own backend is full: it waits for that one, then takes another.
my %value = map { my $r = get($at, '/sticky/');
	(field($r, 'X-Backend') => field($r, 'Set-Cookie') =~ s/;.*//sr) }
	1 .. 2;
is join('', sort keys %value), 'ab', 'a cookie of each';
$held = begin('/sticky/held/four', [ "Cookie: $value{a}" ]);
ok wait_held('four', 1), 'its place is taken';
$began = time;
my $moved = ask($at, request('GET /sticky/x', [ "Cookie: $value{a}" ]));
is field($moved, 'X-Backend'), 'b', 'in vain: another one';
cmp_ok time - $began, '>', 0.6, 'after the wait';
like field($moved, 'Set-Cookie'), qr/^\Q$value{b}\E;/, 'with its cookie';
my $patient = begin('/sticky/y', [ "Cookie: $value{a}" ]);
sleep 0.2;
is names($at, 3, 'GET /sticky/'), 'bbb', 'nobody else waits for it';
release('four');
is field($patient->final, 'X-Backend'), 'a', 'in time: its own';
is $held->final->{status}, 200, 'and the first one ends';

# A full queue hands over to the fallback.
$held = begin('/handed/held/five');
ok wait_held('five', 1), 'the place is taken';
$patient = begin('/handed/');
sleep 0.2;
is names($at, 3, 'GET /handed/'), 'bbb', 'no room in the queue: fallback';
release('five');
is field($patient->final, 'X-Backend'), 'a', 'who was in it has its turn';
$held->final;

my $lines = join "\n", $p->access_lines(40);
like $lines, qr{^/short/1 503 [67]\d{5} no place at a backend}m,
    'the log says how long it waited, and why in vain';
like $lines, qr{^/short/3 503 0 all backends are full}m, 'or that it did not';
like $lines, qr{^/long/2 499 \d+ the client has gone}m, 'or that it left';
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'nothing is left over';
done_testing;
