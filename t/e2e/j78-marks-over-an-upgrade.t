# SPDX-License-Identifier: BSD-2-Clause
# What a test has armed goes on over an upgrade: hits before it count.
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
use Backend qw(plain);
use Client qw(get until_true);
use Portico qw(one_backend);
use Upgrade qw(own_program put_program upgrade);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $tested = $Portico::BINARY;
my $path = own_program();
my $b = Backend->new({ '/' => plain('fine') });
my $p = do {
	local $ENV{PORTICO_FAULT} = 'accept_taken:12,close_noted:15';
	Portico->start(one_backend($b->address));
};
my $at = $p->address('http');

sub fine
{
	return scalar grep { get($at, '/')->{body} eq 'fine' } 1 .. $_[0];
}

my $reached = sub { return scalar(() = $p->log =~
    /fault: (?:accept_taken|close_noted) reached/g) };
is fine(6), 6, 'six requests';
put_program($path, $tested);
ok upgrade($p), 'an upgrade';
is $reached->(), 0, 'the mark is not reached yet';
is fine(9), 9, 'nine more';
ok until_true(sub { $reached->() == 1 }, 5), 'it is reached'
    or diag $p->log;
put_program($path, $tested);
ok upgrade($p), 'another upgrade';
is fine(16), 16, '16 more';
ok until_true(sub { $reached->() == 2 }, 5), 'the second mark is known, too'
    or diag $p->log;
is $p->quit, 0, 'QUIT';
done_testing;
