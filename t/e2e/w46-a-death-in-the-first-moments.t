# SPDX-License-Identifier: BSD-2-Clause
# A worker that is made later opens no file of OpenSSL's: it would be a number
# of the family's table that nobody knows of, if the worker died just then.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX ();
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(until_true);
use Portico;
use Tls qw(get_tls one_https);

my $conf = Portico::temporary() . '/openssl.cnf';
open my $f, '>', $conf or die "$conf: $!";
close $f;

my $b = Backend->new(plain('fine'));
my $p = do {
	local $ENV{OPENSSL_CONF} = $conf;
	Portico->start(one_https($b->address,
	    Certs->new->leaf(names => [ 'a.test' ]),
	    top => "gates = 1;\nworkers = { min = 2; max = 2; };"));
};
is get_tls($p->address('https'), '/')->{body}, 'fine', 'before';

# who reads it sleeps with it in the hand
unlink $conf;
POSIX::mkfifo($conf, 0644) or die "mkfifo: $!";
open my $end, '+<', $conf or die "$conf: $!";
for (1 .. 3) {
	my @old = $p->workers;
	my %old = map { $_ => 1 } @old;

	kill 'KILL', @old;
	ok until_true(sub { 2 == grep { !$old{$_} } $p->workers }, 10),
	    "workers after death $_";
	select undef, undef, undef, 0.3;
}
is +(get_tls($p->address('https'), '/') // { body => 'none' })->{body},
    'fine', 'those serve';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
