# SPDX-License-Identifier: BSD-2-Clause
# Certificates are renewed by putting them into their place: under load, with
# nothing lost, and with no reload.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs qw(serial);
use Client qw(request until_true);
use POSIX ();
use Portico;
use Time::HiRes qw(sleep time);
use Tls qw(get_tls one_https);

my $ca = Certs->new;
my $dir = Portico::temporary();
my $live = "$dir/live.pem";
my $b = Backend->new({ '/' => plain('fine') });

umask 077;
sub renew { return $ca->leaf(names => [ 'a.test' ], file => $live, @_) }
sub served { my $c = Tls->new($_[0]); return $c ? $c->serial : 'none' }

renew();
my $p = Portico->start(one_https($b->address, $live, top => 'gates = 2;',
    listener => 'timeouts = { keepalive = "60s"; };'));
my $at = $p->address('https');
my @gates = $p->pids('gate');

# ---- Under load ----

# Each says at its end how many it got, and how many not.
sub load
{
	my ($n) = @_;
	my $pid = fork // die "fork: $!";

	return $pid if $pid;
	my ($fine, $failed) = (0, 0);
	while (!-e "$dir/stop") {
		my $r = get_tls($at, '/');
		$r->{status} == 200 && $r->{body} eq 'fine' ? $fine++
		    : $failed++;
	}
	Certs::save("$dir/load$n", "$fine $failed");
	POSIX::_exit(0);
}

my $kept = Tls->new($at);
$kept->send(request('GET /'));
is +($kept->final // {})->{body}, 'fine', 'a connection before';
my @load = map { load($_) } 1 .. 3;
for my $round (1 .. 3) {
	my @before = $p->pids('gate');
	renew(key => $round == 2 ? 'rsa' : 'ec');
	my $new = serial($live);
	ok until_true(sub { served($at) eq $new }, 10),
	    "renewal $round: the new one is served";
	ok until_true(sub { my @now = $p->pids('gate');
	    @now == 2 && !grep { my $g = $_; grep { $_ == $g } @before }
	    @now }, 5), 'by new gates, and the old ones have gone';
	is served($at), $new, 'by each of them' for 1 .. 8;
}
Certs::save("$dir/stop", '');
waitpid $_, 0 for @load;
my ($fine, $failed) = (0, 0);
for (1 .. 3) {
	my ($f, $n) = split / /, Portico::slurp("$dir/load$_");
	$fine += $f // 0;
	$failed += $n // 1;
}
cmp_ok $fine, '>', 100, "$fine handshakes and requests";
is $failed, 0, 'none of them failed';
$kept->send(request('GET /'));
is +($kept->final // {})->{body}, 'fine', 'a connection lives on';
$kept->close;
ok until_true(sub {
	my $said = () = $p->log =~ /certificates have changed: new gates/g;
	$said == 2 || $said == 3; # two may be seen at one look
}, 5), 'the log says so, once each';
unlike $p->log, qr/generation 2/, 'there was no reload';
unlike $p->log, qr/^\S+ \S+ (?:error|warn)/m, 'and nothing to complain of';

# ---- Bad ones ----

my $good = serial($live);
my @now = $p->pids('gate');
my $text = Portico::slurp($live);
Certs::save($live, substr $text, 0, length($text) / 2);
ok $p->logged(qr/error master: certificates have changed, but/, 10),
    'half a file: an error';
like $p->log, qr/error master: \S*portico\.conf:\d+: .*\Q$live/,
    'which says what is wrong, and where';
sleep 5;
is scalar(() = $p->log =~ /certificates have changed, but/g), 1,
    'it is told once';
is served($at), $good, 'the old one is served';
is join(' ', $p->pids('gate')), "@now", 'by the old gates';
kill 'KILL', $now[0];
ok $p->logged(qr/gate \d died young: its successor waits/, 5),
    'one that dies now cannot be followed';
is served($at), $good, 'the other one serves' for 1 .. 4;
renew();
my $mended = serial($live);
ok until_true(sub { served($at) eq $mended }, 10), 'a good one is taken';
ok until_true(sub { $p->pids('gate') == 2 }, 10), 'and there are two again';

# ---- A reload does it as well, and at once ----

renew();
my $next = serial($live);
$p->signal('HUP');
ok until_true(sub { served($at) eq $next }, 20),
    'HUP takes it with everything else';
ok until_true(sub { ($p->sums)[0] == 1 }, 5), 'the old generation ends';
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'and leaves nothing';
my $renewals = () = $p->log =~ /certificates have changed: new gates/g;
sleep 4.5;
is scalar(() = $p->log =~ /certificates have changed: new gates/g), $renewals,
    'what the reload has read is not read again';

# ---- Folders and links ----

my $folder = Portico::temporary();
my ($one, $two) = map { $ca->leaf(names => [ 'a.test' ]) } 1, 2;
symlink $one, "$folder/a.pem";
$p->reload(one_https($b->address, $folder),
    sub { served($at) eq serial($one) });
is served($at), serial($one), 'a folder, in it a link';
symlink $two, "$folder/new";
rename "$folder/new", "$folder/a.pem";
ok until_true(sub { served($at) eq serial($two) }, 10),
    'a link that leads elsewhere is seen';
$ca->leaf(names => [ 'b.test' ], file => "$folder/b.pem");
ok until_true(sub { my $c = Tls->new($at, name => 'b.test');
    $c && $c->subject eq 'b.test' }, 10), 'and one more in the folder';
is $p->quit, 0, 'ends';
done_testing;
