# SPDX-License-Identifier: BSD-2-Clause
# What porticoctl says to a master for each command line, and how it leaves.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use FakeMaster qw(ctl whole record);

my $dir = Portico::temporary();
my $m = FakeMaster->new($dir, '*' => whole(), 'backend enable app/no' =>
    "error unknown there is no backend \"no\"\nend\n", reload =>
    "error failed the file has mistakes\ntext\t=a.conf:1: no \"x\"\nend\n",
    'backend weight app/one 300' => "error usage 0 to 256\nend\n",
    'backend disable app/one' => whole("text\t=nobody is left"));
my @at = ('-s', $m->{path});
my $before = '';

# The new lines that the master got.
sub sent
{
	my $all = $m->said;
	my $new = substr $all, length $before;

	$before = $all;
	return $new;
}

my %lines = (
	'backend drain app/one' => 'backend drain app/one',
	'drain app/one' => 'backend drain app/one',
	'backend enable app/one#2' => 'backend enable app/one#2',
	'backend weight app/one 256' => 'backend weight app/one 256',
	'backend weight app/one file' => 'backend weight app/one file',
	'backend add app 127.0.0.1:1' => 'backend add app 127.0.0.1:1',
	'backend add app [::1]:1 name=x weight=2 backup' =>
	    'backend add app [::1]:1 name=x weight=2 backup',
	'backend remove app/one' => 'backend remove app/one',
	'reopen' => 'reopen',
	'stop' => 'stop',
	'stop --graceful' => 'stop graceful',
	'--graceful stop' => 'stop graceful',
	'workers 4' => 'workers 4 4',
	'workers 4..16' => 'workers 4 16',
);
for my $line (sort keys %lines) {
	my ($status, $out, $err) = ctl(@at, split / /, $line);
	is $status, 0, $line;
	is "$out$err", '', 'silent';
	is sent(), "$lines{$line}\n", 'sent';
	($status, $out, $err) = ctl('--json', @at, split / /, $line);
	is "$status $out$err", "0 {\"ok\":true}\n", 'for programs';
	sent();
}

my ($status, $out, $err) = ctl(@at, qw(backend disable app/one));
is "$status $out$err", "0 nobody is left\n", 'a warning is passed on';
is $out, '', 'not to standard output';
($status, $out, $err) = ctl(@at, qw(backend enable app/no));
is $status, 1, 'refused';
is $err, "porticoctl: there is no backend \"no\"\n", 'with the reason';
($status, $out, $err) = ctl(@at, 'reload');
is $status, 1, 'a reload that failed';
is $err, "a.conf:1: no \"x\"\nporticoctl: the file has mistakes\n",
    'with all the reasons';
($status, $out, $err) = ctl(@at, '--json', 'reload');
is $status, 1, 'the same for programs';
is_deeply eval { decode_json($out) }, { ok => JSON::PP::false,
    code => 'failed', error => 'the file has mistakes',
    lines => [ 'a.conf:1: no "x"' ] }, 'in one object';
is $err, '', 'and nowhere else';
($status) = ctl(@at, qw(backend weight app/one 300));
is $status, 2, 'what the master takes for a mistake in the command line';
sent();

my %wrong = (
	'' => qr/command is missing/,
	'statsu' => qr/no command "statsu"; did you mean "status"/,
	'backend dran app/one' => qr/did you mean "backend drain"/,
	'backend' => qr/no command "backend"/,
	'status a b' => qr/too many/,
	'backend weight app/one' => qr/missing/,
	'backend drain app' => qr{POOL/NAME},
	'backend drain app/' => qr{POOL/NAME},
	'drain /one' => qr{POOL/NAME},
	'reload --wait' => qr/--wait.*does not take/,
	'stop --force' => qr/--force.*does not take/,
	'status -n 3' => qr/-n.*does not take/,
	'drain --wait=0 app/one' => qr/number from 1/,
	'drain --wait=x app/one' => qr/number from 1/,
	'top -n x' => qr/number from 1/,
	'top --json' => qr/status --json/,
	'workers 0' => qr/4\.\.16/,
	'workers 5..3' => qr/4\.\.16/,
	'workers 3.5' => qr/4\.\.16/,
	'workers 3..x' => qr/4\.\.16/,
	'workers 3..10001' => qr/4\.\.16/,
	'workers 3...5' => qr/4\.\.16/,
	'--nonsense status' => qr/nonsense/,
	'-c /a -s /b status' => qr/either/,
);
for my $line (sort keys %wrong) {
	my ($status, $out, $err) = ctl(($line =~ /-s/ ? () : @at),
	    split / /, $line);
	is $status, 2, "wrong: $line";
	like $out . $err, $wrong{$line}, 'told';
}
for my $argument ('app/a b', "app/a\nstop", "app/\e[1m", 'app/' . 'x' x 1024) {
	my ($status, $out, $err) = ctl(@at, qw(backend drain), $argument);
	is $status, 2, 'what no command can hold';
	isnt $err, '', 'told';
}
is sent(), '', 'and the master heard nothing of all that';

($status, $out, $err) = ctl('-h');
is $status, 0, '-h';
like $out, qr/^  $_\b/m, "tells of $_" for qw(status top drain reload reopen
    stop workers), 'backend add', 'config save';
is join('', grep { length > 80 } split /\n/, $out), '', 'in 80 columns';
($status, $out, $err) = ctl('-V');
like $out, qr/^porticoctl \d+\.\d+\S*$/, '-V';
is $status, 0, 'too';
done_testing;
