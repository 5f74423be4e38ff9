# SPDX-License-Identifier: BSD-2-Clause
# A bad certificate that came while gates run costs only itself, whoever dies.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs qw(serial);
use Client qw(until_true);
use Portico;
use Tls qw(get_tls one_https);

my $ca = Certs->new;
my $dir = Portico::temporary();
my $b = Backend->new({ '/' => plain('fine') });

sub make { $ca->leaf(names => [ "$_[0].test" ], file => "$dir/$_[0].pem") }

# The serial of what a client gets that asks for it; '' if nothing.
sub served
{
	my ($at, $name) = @_;
	my $c = Tls->new($at, name => "$name.test");

	return $c ? $c->serial : '';
}

make($_) for qw(a b);
my %serial = map { $_ => serial("$dir/$_.pem") } qw(a b);
my $p = Portico->start(one_https($b->address, $dir, top => 'gates = 2;'));
my $at = $p->address('https');
is served($at, $_), $serial{$_}, "$_ is served" for qw(a b);

Certs::save("$dir/b.pem", "-----BEGIN CERTIFICATE-----\nno\n");
ok until_true(sub { $p->log =~ /but cannot be used/ }, 10),
    'one of them becomes bad';
my @gates = $p->pids('gate');
kill 'KILL', $gates[0];
ok until_true(sub { $p->log =~ /gate \d died young/ }, 10),
    'a gate dies: while another has all, none comes that has not';
is served($at, 'b'), $serial{b}, 'so nobody gets a wrong one' for 1 .. 4;

kill 'KILL', $gates[1];
ok until_true(sub { served($at, 'a') eq $serial{a} }, 5),
    'it dies, too: what is fine is served, and at once';
is get_tls($at, '/')->{body}, 'fine', 'by a gate like others';
isnt served($at, 'b'), $serial{b}, 'what is not fine is not';
ok until_true(sub { $p->log =~
    qr/b\.pem: .*\n.*no gate is left that has all/ }, 5),
    'the log says so';

make('b');
my $new = serial("$dir/b.pem");
ok until_true(sub { served($at, 'b') eq $new }, 10), 'it is good again';
ok until_true(sub { $p->pids('gate') == 2 }, 5), 'and all gates are there';
$p->stop;

# ---- What is no certificate of ours is not to be had for less ----

make('b');
Certs::save("$dir/authority", Portico::slurp($ca->file));
$p = Portico->start(one_https($b->address, $dir, top => 'gates = 1;',
    tls => qq{verify_client = "require";
    client_ca = "$dir/authority";}));
Certs::save("$dir/authority", '');
ok until_true(sub { $p->log =~ /but cannot be used/ }, 10),
    'the authorities of clients become unreadable';
kill 'KILL', $p->pids('gate');
ok until_true(sub { $p->log =~ /gate 0 died young/ }, 10),
    'no gate lets anybody in without them';
is get_tls($p->address('https'), '/')->{status}, 0, 'indeed nobody';
Certs::save("$dir/authority", Portico::slurp($ca->file));
my $ann = $ca->leaf(names => [], cn => 'Ann', client => 1,
    file => Portico::temporary() . '/ann');
ok until_true(sub { get_tls($p->address('https'), '/', cert => $ann)->{body}
    eq 'fine' }, 10), 'until they can be read';
done_testing;
