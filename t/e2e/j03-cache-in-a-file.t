# SPDX-License-Identifier: BSD-2-Clause
# With a file what is stored survives the end of all processes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Client qw(field get until_true);
use Fresh qw(fresh_backend);
use Portico qw(one_site temporary);
use Test::More;
use Time::HiRes qw(sleep);

my $fresh = fresh_backend(bytes => 50000);
my $dir = temporary();
sub text
{
	my ($keys) = @_;

	return one_site('{ pool = "app"; cache = true; }',
	    pools => { app => $fresh->address },
	    top => "cache = { file = \"$dir/cache\"; $keys };");
}
my $p = Portico->start(text('size = "16M";'));
my $at = $p->address('http');
my %were = map { $_ => get($at, "/$_")->{body} } 1 .. 40;
my $lost = sub { scalar grep { get($at, "/$_")->{body} ne $were{$_} }
    keys %were };

is $lost->(), 0, 'all are stored';
is -s "$dir/cache", 16 << 20, 'the file is as large as was said';
is((stat "$dir/cache")[2] & 077, 0, 'and nobody else can read it');

# In turn: who is asked to end, and who is killed with all its children.
sub end
{
	my ($how) = @_;

	return $p->stop if $how eq 'TERM';
	return $p->quit if $how eq 'QUIT';
	my %roles = $p->children;
	kill 'KILL', $p->pid, keys %roles;
	return until_true(sub { !$p->alive && !grep { kill 0, $_ }
	    keys %roles }, 5) ? 0 : 1;
}

for my $how (qw(TERM KILL QUIT KILL)) {
	is end($how), 0, "$how";
	$p = Portico->start(text('size = "16M";'));
	$at = $p->address('http');
	is $lost->(), 0, "after $how all are there";
}

# Bytes that changed where nobody looked.
is $p->stop, 0, 'stop';
my $spoiled = $were{7};
{
	open my $f, '+<:raw', "$dir/cache" or die $!;
	local $/;
	my $all = <$f>;
	my $where = index $all, substr($spoiled, 0, 1000);
	cmp_ok $where, '>', 0, 'a body lies in the file';
	seek $f, $where + 500, 0;
	print $f 'DAMAGE';
	close $f or die $!;
}
$p = Portico->start(text('size = "16M";'));
$at = $p->address('http');
unlike get($at, '/7')->{body}, qr/DAMAGE/, 'what is damaged is not used';
is $lost->(), 1, 'all others are';

# One file, one master.
my $second = eval { Portico->start(text('size = "16M";')) };
ok !$second, 'a second master with the same file does not start';
like $@, qr{\Q$dir/cache\E}, 'and says why';
is $lost->(), 1, 'the first one has it still';

# Another size, by a reload: the new file takes the name.
$p->reload(text('size = "24M";'));
ok $p->logged(qr/generation 2 is running/, 10), 'another size';
is $lost->(), 40, 'and all is gone';
is -s "$dir/cache", 24 << 20, 'in the file of the name';
ok !-e "$dir/cache.new", 'and there is no other one';
%were = map { $_ => get($at, "/$_")->{body} } 1 .. 40;
is end('KILL'), 0, 'killed';
$p = Portico->start(text('size = "24M";'));
$at = $p->address('http');
is $lost->(), 0, 'this one survives as well';
is end('TERM'), 0, 'stop';
$p = Portico->start(text('size = "16M";'));
$at = $p->address('http');
is $lost->(), 40, 'a file of another size is emptied';
is $p->stop, 0, 'stop';
done_testing;
