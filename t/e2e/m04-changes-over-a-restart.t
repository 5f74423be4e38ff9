# SPDX-License-Identifier: BSD-2-Clause
# With state_dir what was changed at run time is there after a restart.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(command records backend_of state_of);
use Portico qw(temporary);

my @origins = map { Backend->new(plain("b$_")) } 1 .. 4;
my @at = map { $_->address } @origins;
my $dir = temporary();
my $state = "$dir/state/portico.state";
mkdir "$dir/state";
my $conf = qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = (
	    { name = "b1"; address = "$at[0]"; },
	    { name = "b2"; address = "$at[1]"; },
	    { name = "b3"; address = "$at[2]"; } ); }; };
	state_dir = "$dir/state";
};
my $sock = "$dir/portico.sock";
my $p;

sub start
{
	my ($text) = @_;

	unlink "$dir/stderr";
	$p = Portico->start($text // $conf, dir => $dir,
	    $p ? (addresses => $p->{addresses}) : ());
	until_true(sub { eval { command($sock, 'status')->{ok} } }, 10);
	return;
}

sub shares
{
	my ($n) = @_;
	my %of = map { ("b$_" => 0) } 1 .. 4;

	$of{ get($p->address('http'), '/')->{body} }++ for 1 .. $n;
	return join ' ', map { $of{$_} } sort keys %of;
}

sub fine
{
	my ($line) = @_;
	my $r = command($sock, $line);

	ok $r->{ok} && $r->{whole} && !@{ $r->{lines} }, $line
	    or diag $r->{raw};
	return $r;
}

sub slurp
{
	open my $f, '<', $_[0] or return '';
	local $/;
	return <$f>;
}

sub spew
{
	my ($path, $text) = @_;

	open my $f, '>', $path or die "$path: $!";
	print $f $text;
	close $f;
	return;
}

start();
ok !-e $state, 'no change, no file';
fine('backend drain app/b1');
fine('backend weight app/b2 3');
fine("backend add app $at[3] name=b4 weight=2");
fine('backend remove app/b3');
fine('workers 3 5');
is shares(10), '0 6 0 4', 'changed';
is((stat $state)[2] & 07777, 0600, 'the file is for its owner alone');
is slurp($state) =~ s/^#.*\n//r, <<"END", 'a command a line';
workers 3 5
backend add app $at[3] name=b4 weight=2 max_connections=0
backend remove app/b3
backend drain app/b1
backend weight app/b2 3
END
is $p->quit, 0, 'stopped';

start();
is shares(10), '0 6 0 4', 'started again: all changes hold';
is state_of($sock, 'app/b1'), 'draining', 'drained';
is backend_of($sock, 'app/b4')->{added}, 1, 'added';
ok until_true(sub { $p->workers == 3 }, 5), 'the workers';
like $p->log, qr/portico\.state: 5 changes at run time taken up/, 'told';
kill 'KILL', $p->pid;
ok until_true(sub { !$p->alive }, 5), 'killed';

start();
is shares(10), '0 6 0 4', 'also after a death';
fine('backend enable app/b1');
fine('backend weight app/b2 file');
fine('backend remove app/b4');
fine("backend add app $at[2] name=b3");
is shares(12), '4 4 4 0', 'taken back';
is $p->stop, 0, 'stopped';
start();
is shares(12), '4 4 4 0', 'which is kept, too';
is $p->stop, 0, 'stopped';

# Lines that are wrong do not stop the start.
spew($state, join "\n", 'backend drain app/b1', 'nonsense', 'stop',
    'backend weight app/b2 9999', "backend drain app/\x01",
    'x' x 5000, 'backend remove app/nobody', 'backend remove nowhere/b1',
    'backend add app not:an:address name=b9', 'backend weight app/b3 2',
    '');
start();
is shares(9), '0 3 6 0', 'what is lawful holds';
like $p->log, qr/portico\.state:2: passed over: there is no command "non/,
    'what is not is told of';
like $p->log, qr/portico\.state:4: passed over: "9999" is no weight/,
    'with the reason';
like $p->log, qr/app\/nobody: the file has it no more/, 'what does not fit, too';
is $p->stop, 0, 'stopped';

for (['a folder', sub { unlink $state; mkdir $state }, sub { rmdir $state }],
    ['a link', sub { spew("$dir/x", "backend drain app/b1\n");
	symlink "$dir/x", $state }, sub { unlink $state }],
    ['a large file', sub { spew($state, "# much\n" x 700_000) },
	sub { unlink $state }]) {
	my ($what, $make, $remove) = @$_;

	$make->();
	start();
	is shares(6), '2 2 2 0', "$what in its place is not read";
	like $p->log, qr/portico\.state/, 'told';
	is $p->stop, 0, 'stopped';
	$remove->();
}

# A changed state_dir gets what the old one had.
start();
fine('backend drain app/b1');
mkdir "$dir/other";
$p->write_conf($conf =~ s/state";/other";/r);
fine('reload');
like slurp("$dir/other/portico.state"), qr/backend drain app\/b1/,
    'another state_dir: the changes are written there';

# One that cannot be written.
$p->write_conf($conf =~ s/state";/gone";/r);
mkdir "$dir/gone";
fine('reload');
unlink "$dir/gone/portico.state";
rmdir "$dir/gone";
my $r = command($sock, 'backend drain app/b2');
ok $r->{ok}, 'the folder is gone: the change holds';
like join('', @{ $r->{lines} }), qr/not kept over a restart/, 'with a warning';
is shares(4), '0 0 4 0', 'it does hold';
ok $p->logged(qr/gone\/portico\.state.*not kept: No such file/, 5),
    'the log says why';
is $p->stop, 0, 'stopped';

# Changes that make a lawful file unlawful are no reason not to start.
start();
is shares(4), '0 2 2 0', 'what the first folder had';
is $p->quit, 0, 'QUIT';
done_testing;
