# SPDX-License-Identifier: BSD-2-Clause
# The steward sees that a client has gone, and is held up; meanwhile its
# connection ends, and its number is another client's, who waits: that one is
# not taken for gone.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
my $fault_bin;
BEGIN {
	$fault_bin = $ENV{PORTICO_FAULT_BIN};
	$ENV{PORTICO} = $fault_bin if defined $fault_bin;
}
use Test::More;
use Pool qw(backends pool wait_held release);
use Client qw(request until_true);
use Portico;

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my %b = backends(qw(a));

$ENV{PORTICO_FAULT} = 'glance_polled:0:sleep';
my $p = Portico->start('listeners = { http = { address = "@http@"; }; };
    pools = { home = ' . pool('', $b{a}, '') . '; };
    workers = { min = 2; max = 2; };
    access_log = { to = "@dir@/access"; };');
my $at = $p->address('http');

sub ended { return scalar(() = Portico::slurp("$p->{dir}/access") =~ /\n/g) }

sub ask_held
{
	my ($name) = @_;
	my $c = Client->new($at);

	$c->send(request("GET /held/$name"));
	ok wait_held($name, 1), "$name waits for its answer";
	return $c;
}

my $first = ask_held('first');
$first->close;
ok $p->logged(qr/fault: glance_polled reached/), 'the steward has seen it';
release('first');
ok until_true(sub { ended() == 1 }, 2), 'its exchange is over';
select undef, undef, undef, 0.2;
my $second = ask_held('second');
select undef, undef, undef, 4.5;
is ended(), 1, 'nobody has ended the second one';
release('second');
is $second->final->{status}, 200, 'and it gets its answer';
is $p->quit, 0, 'QUIT';
done_testing;
