# SPDX-License-Identifier: BSD-2-Clause
# A steward dies at any mark of what operators order of the cache: his heir
# does it, and nothing is left over.
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
use Client qw(ask get request until_true);
use Cached qw(cached response stored);
use FakeMaster qw(ctl);
use Portico;

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $origin = Backend->new(response(200, 'fine',
    'Cache-Control: max-age=1000', 'Surrogate-Key: all'));

sub is_complete
{
	my ($p) = @_;

	return $p->pids('steward') == 1 && $p->pids('heir') == 1;
}

my $dir = Portico::temporary();
open my $f, '>', "$dir/urls" or die $!;
print $f "http://a.test/$_\n" for 1 .. 12;
close $f or die $!;

for my $mark (qw(ban_put chore_begun chore_ended chore_noted chore_taken
    chore_hung chore_filled)) {
	for my $n (0, 2) {
		local $ENV{PORTICO_FAULT} = "$mark:$n";
		my $p = cached($origin);
		my ($at, $sock) = ($p->address('http'),
		    $p->dir . '/portico.sock');
		my $wrong = '';

		for my $turn (1 .. 3) {
			my ($status, $out, $err) = ctl('-s', $sock, 'cache',
			    'warm', "$dir/urls");
			$wrong .= "warm: $out$err"
			    if $out ne "stored 12, failed 0\n";
			$wrong .= "/3 is not there; "
			    if !stored(get($at, '/3'));
			($status, $out, $err) = ctl('-s', $sock, 'cache',
			    'ban', '--tag', 'all');
			$wrong .= "ban: $err" if $status;
			$wrong .= "/3 is not banned; "
			    if stored(get($at, '/3'));
			($status, $out, $err) = ctl('-s', $sock, 'cache',
			    'purge', 'http://a.test/3');
			$wrong .= "purge: $err" if $status;
			$wrong .= "/3 is not purged; "
			    if stored(get($at, '/3'));
		}
		is $wrong, '', "$mark after $n";
		ok $p->logged(qr/fault: $mark reached/, 2), 'was reached';
		ok until_true(sub { is_complete($p) }, 5),
		    'there is a steward again, and an heir';
		is $p->quit(8), 0, 'finished';
		my ($ended, @sums) = $p->sums;
		is "$ended @sums", '1 ', 'and nothing is left over';
	}
}
done_testing;
