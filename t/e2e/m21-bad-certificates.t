# SPDX-License-Identifier: BSD-2-Clause
# Certificates that cannot be used: told at the start, harmless at a reload.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs qw(serial);
use Client qw(until_true);
use Control qw(command);
use Portico qw(run_program);
use Time::HiRes qw(sleep time);
use Tls qw(get_tls one_https);

my $ca = Certs->new;
my $good = $ca->leaf(names => [ 'a.test' ]);
my $dir = Portico::temporary();
my $b = Backend->new({ '/' => plain('fine') });

my %bad = (
	missing => "$dir/missing.pem",
	'no PEM' => Certs::save("$dir/text.pem", "hello\n"),
	'no key' => Certs::save("$dir/nokey.pem", Portico::slurp($good) =~
	    s/-----BEGIN PRIVATE KEY.*?END PRIVATE KEY-----\n//sr),
	'a stranger' => Certs::save("$dir/stranger.pem",
	    (Portico::slurp($good) =~ /(.*?END PRIVATE KEY-----\n)/s)[0] .
	    Portico::slurp($ca->leaf(names => [ 'b.test' ])) =~
	    s/.*END PRIVATE KEY-----\n//sr),
);

sub write_file
{
	my ($path) = @_;
	my $file = "$dir/bad.conf";

	Certs::save($file, one_https($b->address, $path) =~
	    s/\@https\@/127.0.0.1:1/r);
	return $file;
}

for my $name (sort keys %bad) {
	my $file = write_file($bad{$name});
	my ($status, $out, $err) = run_program('-t', '-c', $file);
	is $status, 1, "$name: -t says no";
	like $err, qr/^\S*bad\.conf:\d+: .*\Q$bad{$name}\E/m,
	    'with file, line and path';
	unlike $err, qr/is fine/, 'and not that it is fine';
	($status, $out, $err) = run_program('-f', '-c', $file);
	is $status, 1, 'it does not start';
	like $err, qr/^\S*bad\.conf:\d+: .*\Q$bad{$name}\E/m,
	    'and says the same';
	($status, $out, $err) = run_program('-c', $file);
	is $status, 1, 'nor in the background';
	like $err, qr/\Q$bad{$name}\E/, 'where the caller is told';
	($status) = run_program('-T', '-c', $file);
	is $status, 0, '-T reads no certificate';
}
my ($status, $out, $err) = run_program('-t', '-c', write_file($good));
is $status, 0, 'a good one is';
($status, $out, $err) = run_program('-t', '-c',
    write_file($ca->leaf(names => [ 'a.test' ], days => 5)));
is $status, 0, 'so is one that ends soon';
like $err, qr/bad\.conf:\d+: .*\b[45] days/, 'with a warning';

# ---- At a reload ----

my $p = Portico->start(one_https($b->address, $good));
my $at = $p->address('https');
my @gates = $p->pids('gate');
my $sock = $p->dir . '/portico.sock';
for my $name (sort keys %bad) {
	$p->clear_log;
	$p->write_conf(one_https($b->address, $bad{$name}));
	my $r = command($sock, 'reload');
	ok !$r->{ok}, "$name: a reload is refused";
	like join("\n", @{ $r->{lines} }), qr/portico\.conf:\d+: .*\Q$bad{$name}/,
	    'and the caller is told why';
	ok $p->logged(qr/error master: \S*portico\.conf:\d+: .*\Q$bad{$name}/,
	    5), 'and the log';
	my $c = Tls->new($at);
	is $c && $c->serial, serial($good), 'the old one is served';
}
is join(' ', $p->pids('gate')), join(' ', @gates), 'by the old gates';
my $soon = $ca->leaf(names => [ 'a.test' ], days => 5);
$p->write_conf(one_https($b->address, $soon));
my $r = command($sock, 'reload');
ok $r->{ok}, 'one that ends soon is taken';
like join("\n", @{ $r->{lines} }), qr/\b[45] days/, 'with a warning';
is +Tls->new($at)->serial, serial($soon), 'it is served';
ok $p->logged(qr/warn master: .*\b[45] days/, 5), 'and it is logged';
ok until_true(sub { ($p->sums)[0] >= 1 }, 5), 'the old generation has gone';

# ---- A look that takes long ----

my $worker = ($p->workers)[0];
my $many = Portico::temporary();
Certs::save("$many/$_.pem", Portico::slurp($good)) for 1 .. 1500;
$p->write_conf(one_https($b->address, $many));
$p->signal('HUP');
kill 'KILL', $worker;
ok until_true(sub { my @w = $p->workers;
    @w >= 2 && !grep { $_ == $worker } @w }, 5),
    'a worker that dies meanwhile is followed';
is get_tls($at, '/')->{body}, 'fine', 'and requests are served';
ok $p->logged(qr/generation 3 is running/, 60), 'it comes to its end';
is $p->stop, 0, 'ends';
done_testing;
