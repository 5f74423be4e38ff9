# SPDX-License-Identifier: BSD-2-Clause
# What a file of state_dir does not say whole is not done; what was ordered of
# a backend that is named by its unix socket lasts over a restart.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(command records backend_of state_of);
use Portico qw(temporary);

my $origin = Backend->new(plain('b'));
my $at = $origin->address;
my $dir = temporary();
my $state = "$dir/state/portico.state";
my $unix = "unix:$dir/backend.sock";
my $sock = "$dir/portico.sock";
my $conf = qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = (
	    { name = "b1"; address = "$at"; },
	    { name = "b10"; address = "$at"; } ); }; };
	state_dir = "$dir/state";
};
my $p;

sub start
{
	unlink "$dir/stderr";
	$p = Portico->start($conf, dir => $dir,
	    $p ? (addresses => $p->{addresses}) : ());
	ok until_true(sub { eval { command($sock, 'status')->{ok} } }, 10),
	    'it runs';
	return;
}

sub fine { my ($line) = @_; ok command($sock, $line)->{ok}, $line; return }
sub spew { my ($text) = @_; open my $f, '>', $state or die; print $f $text;
	close $f; return }
sub changes { return (records(command($sock, 'status'), 'master'))[0]{changes} }

mkdir "$dir/state";
start();
fine("backend add app $unix weight=3");
fine("backend drain app/$unix");
is $p->stop, 0, 'TERM';
start();
my $b = backend_of($sock, "app/$unix");
is_deeply [ @$b{qw(added order weight)} ], [ 1, 'drain', 3 ],
    'the added one is there again, and drains';
unlike $p->log, qr/passed over/, 'nothing was passed over';
fine("backend remove app/$unix");
is $p->stop, 0, 'TERM';

# The end of a line says another thing than the line.
spew("backend weight app/b10 128\nbackend drain app/b1");
start();
is backend_of($sock, 'app/b10')->{weight}, 128, 'a whole line is taken';
is state_of($sock, 'app/b1'), 'up', 'one that is cut is not';
like $p->log, qr/portico\.state:2: passed over: it is cut off/, 'and told of';
is $p->stop, 0, 'TERM';

spew('# ' . 'x' x 1023 . "backend drain app/b1\n"
    . 'backend ' . 'x' x 1017 . "backend drain app/b1\n"
    . "backend weight app/b1 7\0\n" . "backend weight app/b10 9\n");
start();
is state_of($sock, 'app/b1'), 'up', 'the end of a long line is no line';
is backend_of($sock, 'app/b1')->{weight}, 1, 'a line with a NUL is none';
is backend_of($sock, 'app/b10')->{weight}, 9, 'the line after it is';
is changes(), 1, 'one change in all';
is $p->stop, 0, 'TERM';

# No form of the file keeps it from starting, or from answering.
for ([ 'bytes', sub { spew(join '', map { chr rand 256 } 1 .. 100000) } ],
    [ 'no newline', sub { spew('backend ' x 100000) } ],
    [ 'zeroes', sub { spew("\0" x 100000) } ],
    [ 'a folder', sub { mkdir $state } ],
    [ 'a link', sub { symlink '/dev/zero', $state } ],
    [ 'a FIFO', sub { system 'mkfifo', $state } ]) {
	my ($what, $make) = @$_;

	unlink $state;
	$make->();
	start();
	is state_of($sock, 'app/b1'), 'up', "$what: no change";
	is get($p->address('http'), '/')->{status}, 200, "$what: it serves";
	my $r = command($sock, 'backend weight app/b1 2');
	ok $r->{ok}, "$what: an order is taken";
	is !!grep({ /not kept/ } @{ $r->{lines} }), $what eq 'a folder',
	    "$what: what is not kept is said";
	is $p->stop, 0, 'TERM';
	rmdir $state;
}
done_testing;
