# SPDX-License-Identifier: BSD-2-Clause
# Who takes over: another one, the backups, the fallbacks, or nobody.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Pool qw(backends pool names hold wait_held release);
use Client qw(ask field get request);
use Portico qw(free_port);

my %b = backends(qw(a s f g));
my @gone = map { '127.0.0.1:' . free_port() } 1 .. 2;
my $down = 'state = "down";';
my $eject = 'passive = { failures = 1; eject = "5m"; max_ejected = "100%"; };';
my %pools = (
	backed => pool('', $b{a}, $down, $b{s}, 'backup = true;'),
	full => pool('fallback = "other";', $b{a}, 'max_connections = 1;'),
	spare => pool('', $b{a}, 'max_connections = 1;', $b{s},
	    'backup = true;'),
	other => pool('fallback = "last";', $b{f}, 'max_connections = 1;'),
	last => pool('', $b{g}, ''),
	dead => pool('fallback = "other";', $gone[0], '', $gone[1], ''),
	off => pool('fallback = "last";', $b{a}, $down),
	none => pool('', $b{a}, $down),
	slow => pool('queue = { length = 1; timeout = "2500ms"; };', $b{a},
	    $down),
	any => pool("when_all_down = \"try\"; $eject", $b{a}, '', $b{s}, ''),
	fetch => pool("when_all_down = \"try\"; fallback = \"none\"; $eject",
	    $b{a}, '', $b{s}, ''),
	fail => pool($eject, $b{a}, '', $b{s}, ''),
	taken => pool('when_all_down = "try";', $b{a}, $down),
);
my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = { ' . join('', map { "$_ = $pools{$_}; " } sort keys %pools) .
    '}; sites = { x = { hosts = "*"; routes = ( ' . join(', ', map {
    "{ path = \"/$_\"; pool = \"$_\"; strip_prefix = \"/$_\"; }" }
    sort keys %pools) . ' ); }; }; access_log = { to = "@dir@/access.log";
    format = "{target} {pool} {backend} {status} {retries} {cause}"; };');
my $at = $p->address('http');

is names($at, 4, 'GET /backed'), 'ssss', 'a backup for who is down';
is names($at, 3, 'GET /dead'), 'fff', 'a fallback for a pool that is dead';
is names($at, 3, 'GET /off'), 'ggg', 'and for one that is off';

# Here all are ejected.
for (qw(any fetch fail)) {
	like get($at, "/$_/reset")->{status}, qr/^50[23]$/, "$_: both fail";
}
is names($at, 2, 'GET /fail'), '503503', 'all are down: 503';
is names($at, 4, 'GET /any') =~ tr/as//, 4, 'or any is tried';
is names($at, 2, 'GET /fetch') =~ tr/as//, 2, 'also behind a fallback';
is names($at, 1, 'GET /taken'), '503', 'not whom an operator took out';

my $r = get($at, '/none');
is $r->{status}, 503, 'nobody: 503';
is field($r, 'Retry-After'), 5, 'Retry-After: what a queue waits';
is field(get($at, '/slow'), 'Retry-After'), 3, 'whole seconds';

my @held;

sub held
{
	my ($pool) = @_;
	my $c = Client->new($at);

	$c->send(request("GET /$pool/held/x"));
	return $c;
}
push @held, held('full');
ok Pool::wait_held('x', 1), 'the one place is taken';
is names($at, 1, 'GET /full'), 'f', 'the next pool has a place';
is names($at, 1, 'GET /spare'), 'a', 'places are of a pool and its backend';
push @held, held('full');
ok Pool::wait_held('x', 2), 'that place is taken, too';
is names($at, 2, 'GET /full'), 'gg', 'and so on, to the last';
push @held, held('spare');
ok Pool::wait_held('x', 3), 'a place of a primary';
is names($at, 2, 'GET /spare'), 'ss', 'a backup takes what is too much';
release('x');
is join('', map { field($_->final, 'X-Backend') } @held), 'afa', 'all end';
ok Client::until_true(sub { names($at, 1, 'GET /full') eq 'a' }, 5),
    'the place is free again';

# A dead pool hands over without counting as an answer; the log says who.
my $lines = join "\n", $p->access_lines(30);
like $lines, qr{^/dead other f 200 \d }m, 'the log names the pool';
like $lines, qr{^/none none - 503 0 no backend is left}m,
    'and why there was none';
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'nothing is left over';
done_testing;
