# SPDX-License-Identifier: BSD-2-Clause
# A worker dies that has just accepted a connection: whose it is and where it
# has come to is known all the same.
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
use Pool qw(backends pool);
use Client qw(request until_true);
use Portico;

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my %b = backends(qw(a));

sub try_mark
{
	my ($mark) = @_;
	local $ENV{PORTICO_FAULT} = "$mark:7";
	my $p = Portico->start('listeners = {
	    one = { address = "@one@"; }; two = { address = "@two@"; }; };
	    pools = { home = ' . pool('', $b{a}, '') . '; };
	    workers = { min = 2; max = 2; };
	    access_log = { to = "@dir@/access";
		format = "{client} {listener} {target}"; };');
	my (@wanted, @wrong);

	for my $n (1 .. 15) {
		my $from = '127.0.0.' . (1 + $n % 7);
		my $listener = (qw(one two))[$n % 2];
		my $c = Client->new($p->address($listener), from => $from);

		$c->send(request("GET /$n", [ 'Connection: close' ]));
		my $r = $c->final // { body => 'none' };
		push @wrong, "$n: $r->{body}"
		    if $r->{body} !~ /^x-forwarded-for: \Q$from\E$/mi;
		push @wanted, "$from $listener /$n";
	}
	is_deeply \@wrong, [], "$mark: the backend is told who asks";
	ok $p->logged(qr/fault: \w+ reached/), "$mark: a worker has died";
	is $p->quit, 0, 'QUIT';
	is_deeply [ sort split /\n/, Portico::slurp("$p->{dir}/access") ],
	    [ sort @wanted ], "$mark: and so is the log";
	my ($ended, @sums) = $p->sums;
	is_deeply \@sums, [], 'the sums are zero';
}

try_mark($_) for qw(accept_taken client_filled accept_hung);
done_testing;
