# SPDX-License-Identifier: BSD-2-Clause
# A reload changes what it should, and nobody notices it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get request field until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep);
use Torture qw(start_origin start_load load_line spoiled);

my $old = Backend->new({ '/' => plain('old'),
    '/slow' => sub { sleep 1; $_[0]->send(plain('old')) } });
my $new = Backend->new({ '/' => plain('new') });
my ($before, $after) = map { one_backend($_->address) } $old, $new;
my $p = Portico->start($before);
my $at = $p->address('http');
my $slow = Client->new($at);
my $idle = Client->new($at);
$slow->send(request('GET /slow'));
$idle->send(request('GET /'));
is $idle->final->{body}, 'old', 'before';
sleep 0.1;

ok $p->reload($after, sub { get($at, '/')->{body} eq 'new' }), 'HUP: changed';
is $slow->final->{body}, 'old', 'a request that ran is finished by the old';
$idle->send(request('GET /'));
my $r = $idle->final;
is $r && $r->{status}, 200, 'a kept connection is still served';
like field($r, 'Connection') // '', qr/close/, 'and told to go';
is $idle->ending(3), 'closed', 'then closed';
is get($at, '/')->{body}, 'new', 'after';

for my $bad ('pools = { app = { backends = [ "nowhere.test" ]; }; };',
    'nonsense', $before . 'unknown = 1;') {
	$p->clear_log;
	$p->reload($bad);
	ok $p->logged(qr/portico\.conf:\d+: /, 5), 'a bad file: told';
	is get($at, '/')->{body}, 'new', 'and changes nothing';
	ok $p->alive, 'the master lives';
}
$p->reload($after . ' workers = { min = 5; max = 5; };');
ok until_true(sub { $p->workers == 5 }, 10), 'more workers; the old have gone';

my $more = q{listeners = { http = { address = "@http@"; };
    more = { address = "@more@"; }; };} . ($after =~ s/^\s*listeners.*$//mr);
ok $p->reload($more, sub { eval { get($p->address('more'), '/')->{body} }
    // '' eq 'new' }), 'a listener more';
ok $p->reload($after, sub { !eval { Client->new($p->address('more')) } }),
    'a listener less';
is get($at, '/')->{body}, 'new', 'the other is served on';

# Reloads while it is busy.
my $origin = start_origin();
ok $p->reload(one_backend($origin), sub {
	get($at, '/b/5/1')->{status} == 200 }), 'another backend';
my @loads = (start_load('-t', 5, '-c', 12, $at),
    start_load('-t', 5, '-c', 6, '-r', 5, '-q', 'delay=20', $at),
    start_load('-t', 5, '-c', 4, '-w', 30, $at));
for (1 .. 12) {
	$p->signal('HUP');
	sleep 0.35;
}
for my $what ('kept', 'short and waiting', 'mostly idle') {
	is spoiled(load_line(shift @loads)), '', "12 reloads: $what connections";
}
ok until_true(sub { $p->children <= 8 }, 15),
    'old generations end' or diag explain { $p->children };
is $p->quit, 0, 'QUIT';
my ($ended, $wrong) = $p->sums;
cmp_ok $ended, '>', 12, 'every generation has counted';
is $wrong, undef, 'and left nothing';
done_testing;
