# SPDX-License-Identifier: BSD-2-Clause
# A crash leaves a letter: signal, request and backtrace stand in the log.
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
use Backend;
use Client qw(get until_true);
use Portico qw(one_backend);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;
plan skip_all => 'a sanitizer writes the letters' if Portico::sanitized;

my $backend = Backend->new('echo');
my $conf = one_backend($backend->address,
    top => 'workers = { min = 3; max = 3; };');
my $trace = qr/(?:(?:[\w.+-]+\+0x[0-9a-f]+|\?) ?)+/;

# The names of the functions at the addresses within portico.
sub functions
{
	my ($line) = @_;
	my @at = $line =~ /portico\+(0x[0-9a-f]+)/g;

	return split /\n/, `addr2line -f -e '$Portico::BINARY' @at 2>/dev/null`;
}

sub start_with
{
	local $ENV{PORTICO_FAULT} = $_[0];
	return Portico->start($conf);
}

# In the midst of a request.
my $p = start_with('request_picked:0:crash');
my $r = get($p->address('http'), '/some/where?a=b');
is $r->{status}, 200, 'a worker crashes: another answers';
ok $p->logged(qr/worker \d \(pid \d+\) was ended by signal 11 \(Segm/, 2),
    'its signal';
ok $p->logged(qr{worker \d carried: GET /some/where\?a=b$}m, 2),
    'its request';
ok $p->logged(qr/worker \d was at: $trace$/m, 2), 'where it was';
my ($line) = $p->log =~ /was at: (.*)/;
SKIP: {
	skip 'no addr2line', 2 if !grep { -x "$_/addr2line" }
	    split /:/, $ENV{PATH};
	my @functions = grep { !m{[/?]} } functions($line);
	is $functions[0], 'crash', 'the first address is where it crashed';
	ok grep({ $_ eq 'worker_main' } @functions), 'and others lead there';
}
unlike $line, qr/^libc/, 'what ran after the crash is left out';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'every sum is zero';

# The request that does it each time.
$p = start_with('answer_made:0:crash:2');
is get($p->address('http'), '/bad')->{status}, 500,
    'who has crashed two workers gets no third one';
ok $p->logged(qr/GET \/bad.*two workers died/, 2), 'why is told';
is scalar(() = $p->log =~ m{carried: GET /bad$}mg), 2, 'two letters';
ok until_true(sub { $p->workers == 3 }, 4), 'the workers are there again';
is get($p->address('http'), '/good')->{status}, 200, 'others are served';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'every sum is zero';

# Before it has been published that there is a request at all.
$p = start_with('request_parsed:0:crash:2');
is get($p->address('http'), '/worse')->{status}, 500,
    'in the first stride, too';
is get($p->address('http'), '/good')->{status}, 200, 'others are served';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'every sum is zero';

# Everybody but the master, by signals that others have sent.
$p = start_with('request_picked:9:crash');
ok until_true(sub { $p->children == 6 }, 5), 'a whole family';
is get($p->address('http'), '/done')->{status}, 200, 'before';
for my $role (qw(heir steward worker logger)) {
	my ($pid) = $p->pids($role);

	kill $role eq 'heir' ? 'BUS' : 'ABRT', $pid;
	ok $p->logged(qr/$role(?: \d)? \(pid $pid\) was ended by signal \d/, 3),
	    "$role: its signal";
	ok $p->logged(qr/$role(?: \d)? was at: $trace$/m, 3), 'where it was';
}
unlike $p->log, qr/carried/, 'who carries nothing says nothing of it';
ok until_true(sub { $p->pids('steward') == 1 && $p->pids('heir') == 1
    && $p->pids('logger') == 1 && $p->workers == 3 }, 8), 'all are back';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'every sum is zero';
done_testing;
