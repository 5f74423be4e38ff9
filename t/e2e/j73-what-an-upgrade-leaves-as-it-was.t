# SPDX-License-Identifier: BSD-2-Clause
# What operators have ordered, backends have shown and old generations have
# yet to do is the same after an upgrade.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(field get request until_true);
use Control qw(backend_of command records state_of);
use Portico qw(free_port);
use Time::HiRes qw(sleep);
use Upgrade qw(own_program put_program upgrade generation);

my $tested = $Portico::BINARY;
my $path = own_program();
my %origin = map { my $name = $_; ($name => Backend->new({
    '/' => plain($name),
    '/slow' => sub { sleep 6; $_[0]->send(plain($name)) },
    '/slower' => sub { sleep 9; $_[0]->send(plain($name)) } })) } qw(a b c);
my %at = map { $_ => $origin{$_}->address } keys %origin;
my $gone = '127.0.0.1:' . free_port();
my $dir = Portico::temporary();

sub conf
{
	my ($log) = @_;

	return qq{
	listeners = { http = { address = [ "\@http\@", "unix:$dir/listener" ]; };
	    second = { address = "\@second\@"; }; };
	pools = {
	    app = { backends = (
		{ name = "a"; address = "$at{a}"; },
		{ name = "b"; address = "$at{b}"; },
		{ name = "gone"; address = "$gone"; } );
		sticky = { cookie = "route"; };
		health = { interval = "100ms"; }; };
	    slow = { backends = [ "$at{c}" ]; }; };
	sites = { x = { hosts = "*"; routes = (
	    { path = "/slow"; pool = "slow"; },
	    { path = "/slower"; pool = "slow"; }, { pool = "app"; } ); }; };
	access_log = { to = "$dir/$log"; format = "{target} {status}"; };
	control = "$dir/sock";
	state_dir = "$dir";
	drain_timeout = "30s";
	};
}

my $p = Portico->start(conf('first.log'));
my ($at, $second) = map { $p->address($_) } qw(http second);
my $sock = "$dir/sock";

sub order { my ($line) = @_; ok command($sock, $line)->{ok}, $line; return }

sub shares
{
	my %of;

	$of{ get($at, '/')->{body} }++ for 1 .. 12;
	return join ' ', map { "$_:$of{$_}" } sort keys %of;
}

# ---- What is known, before

ok until_true(sub { state_of($sock, 'app/gone') eq 'down' }, 10),
    'one is found to be down';
order('backend weight app/a 3');
order("backend add app $at{c} name=c weight=2");
order('backend drain app/b');
order('workers 3 5');
is shares(), 'a:7 c:5', 'shares' or is shares(), 'a:8 c:4', 'shares';
my $before = backend_of($sock, 'app/a');
my ($cookie) = (field(get($at, '/'), 'Set-Cookie') // '') =~ /^(route=[^;]+)/;
ok $cookie, 'a cookie';

# An older generation that drains, with an output of its own.
my $oldest = Client->new($at);
$oldest->send(request('GET /slower'));
sleep 0.2;
$p->write_conf(conf('second.log'));
order('reload');
my $older = Client->new($at);
$older->send(request('GET /slow'));
sleep 0.2;

# ---- Upgrades

for my $n (1 .. 2) {
	put_program($path, $tested);
	my $r = command($sock, 'upgrade', 30);
	ok $r->{ok}, "upgrade $n: the caller is answered by the new program"
	    or diag $r->{raw}, $p->log;
	my %after = %{ backend_of($sock, 'app/a') };
	is $after{weight}, 3, 'the weight';
	cmp_ok $after{ok}, '>=', $before->{ok}, 'counters go on';
	is state_of($sock, 'app/gone'), 'down', 'who was down is known';
	is state_of($sock, 'app/b'), 'draining', 'who was drained, too';
	is backend_of($sock, 'app/c')->{added}, 1, 'who was added';
	like shares(), qr/^a:[678] c:[456]$/, 'shares';
	my $c = Client->new($at);
	$c->send(request('GET /', [ "Cookie: $cookie" ]));
	unlike $c->final->{head}, qr/^Set-Cookie/mi, 'cookies hold';
	is get($second, '/slow')->{status} // 0, 200, 'the other listener'
	    if $n == 2;
}
my ($master) = records(command($sock, 'status'), 'master');
is $master->{pid}, $p->pid, 'one process';
is $master->{file}, $p->file, 'the same file';
is scalar(grep { $_->{state} eq 'draining' }
    records(command($sock, 'status'), 'generation')) > 0, 1,
    'old generations drain yet';
ok -S "$dir/listener", 'the unix socket is there';

# ---- The old generations

my $r = $oldest->final;
is $r && $r->{body}, 'c', 'a request of the first generation is answered';
$r = $older->final;
is $r && $r->{body}, 'c', 'and one of the second';
ok until_true(sub { Portico::slurp("$dir/first.log") =~ m{^/slower 200$}m }, 5),
    'the line of the first is where its generation writes';
ok until_true(sub { Portico::slurp("$dir/second.log") =~ m{^/slow 200$}m }, 5),
    'that of the second, too';

# ---- And changes hold on

order('backend remove app/c');
order('backend enable app/b');
order('backend weight app/a file');
ok until_true(sub { shares() eq 'a:6 b:6' }, 5), 'orders are obeyed';
my @changes = records(command($sock, 'config diff'), 'change');
is_deeply [ map { $_->{what} } @changes ], [ 'workers' ],
    'what is changed yet' or diag explain \@changes;
ok until_true(sub { $p->workers == 3 }, 15), 'as many workers as ordered'
    or diag explain { $p->children };
is $p->quit(20), 0, 'QUIT';
ok !-e $sock, 'the socket is gone';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and nothing is left';
done_testing;
