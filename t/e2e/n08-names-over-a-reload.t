# SPDX-License-Identifier: BSD-2-Clause
# What is known of names survives a reload; a name that the file changes does
# not keep the address of the old one.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(get field until_true);
use Dns;
use Portico qw(free_port);

my $port = free_port();
my %b = map { ($_ => Backend->new('echo', name => $_,
    at => "127.0.0.$_:$port")) } 1 .. 3;
my $dns = Dns->new('one.test' => [ 'A 127.0.0.1', 'TTL 1' ],
    'two.test' => [ 'A 127.0.0.2', 'TTL 1' ]);

sub conf
{
	my ($name, $more) = @_;
	my $resolver = $dns->address;

	$more //= '';
	return <<"END";
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = ( { name = "app"; address = "$name:$port"; } );
	resolve = "1s"; $more }; };
resolvers = [ "$resolver" ];
END
}

my $p = Portico->start(conf('one.test'));
my $at = $p->address('http');
my $generation = 1;

sub reload
{
	$generation++;
	return $p->reload($_[0], sub {
	    $p->log =~ /generation $generation is running/ });
}

sub whose { my $r = get($at, '/'); return field($r, 'X-Backend') // $r->{status} }

is whose(), 1, 'it is found';
$dns->mood('*', 'silent');
ok reload(conf('one.test', 'retry = { attempts = 2; };')), 'a reload';
is whose(), 1, 'while DNS is silent: the address is known';
$dns->mood('*', '');
$dns->set('one.test', 'A 127.0.0.3', 'TTL 1');
ok until_true(sub { whose() eq '3' }), 'the new family follows the name';

ok reload(conf('two.test')), 'another name';
is whose(), 2, 'is looked up before the first request';
ok reload(conf('none.test')), 'one that does not exist';
is whose(), 503, 'and has nothing of the one before';
ok reload(conf('one.test')), 'and back';
is whose(), 3, 'found';

ok reload(conf('127.0.0.1')), 'an address instead of the name';
is whose(), 1, 'is used';
my $asked = $dns->questions;
sleep 3;
is scalar($dns->questions), $asked, 'and nobody is asked any more';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
