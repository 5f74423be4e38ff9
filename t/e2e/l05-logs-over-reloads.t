# SPDX-License-Identifier: BSD-2-Clause
# Lines go where the configuration of their request said, over reloads, USR1
# and deaths of the logger.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);
use Backend qw(plain);
use Client qw(get request until_true);
use Portico;

my $b = Backend->new({ '/slow' => sub { sleep 1.5;
	$_[0]->send(plain('late')) }, '/' => plain('hello') });
my $at = $b->address;

sub conf
{
	my (@logs) = @_;
	my $list = join ', ', @logs;

	return qq{
access_log = ( $list );
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "$at" ]; }; };
};
}
sub log_to { return qq({ to = "\@dir\@/$_[0]"; format = "$_[0] {target}"; }) }

my $p = Portico->start(conf(log_to('a'), log_to('b')));
my $http = $p->address('http');
my $generation = 1;

sub file { return Portico::slurp($p->dir . "/$_[0]") }
sub has { my ($file, $text) = @_;
    return until_true(sub { file($file) =~ /^\Q$text\E$/m }, 5) }
sub reload_to
{
	$p->write_conf(conf(@_));
	$p->signal('HUP');
	$generation++;
	return $p->logged(qr/generation $generation is running/, 15);
}

my $old = Client->new($http);
$old->send(request('GET /slow'));
sleep 0.3;
ok reload_to(log_to('b'), log_to('c')), 'a reload while a request is under way';
get($http, '/new');
ok has('c', 'c /new'), 'a new request has its line in the new log';
ok has('b', 'b /new'), 'and in the one that stayed';
$old->final;
ok has('a', 'a /slow'), 'the old one has its own in the log that it had';
ok has('b', 'b /slow'), 'and in the one that stayed';
unlike file('c'), qr/slow/, 'not in the new one';
unlike file('a'), qr/new/, 'nor the other way round';
my ($logger) = $p->pids('logger');
my $open = sub { my @links = map { readlink $_ // () }
    glob "/proc/$_[0]/fd/*"; return grep { m{/([abc])$} } @links };
SKIP: {
	# As nobody we cannot look: it cannot be dumped.
	skip 'only root sees its descriptors', 2 if $> != 0;
	ok until_true(sub { !grep { m{/a$} } $open->($logger) }, 10),
	    'when the old generation has ended its log is closed';
	is scalar($open->($logger)), 2, 'the others are open, each once';
}

ok reload_to(log_to('a'), log_to('b')), 'back again';
get($http, '/back');
ok has('a', 'a /back') && has('b', 'b /back'), 'lines go to both';
for my $i (1 .. 12) {
	reload_to(map { log_to("n$i$_") } 1 .. 8) or last;
	until_true(sub { scalar($p->workers) <= 4 }, 10);
	get($http, "/round$i");
	has("n${i}8", "n${i}8 /round$i") or last;
}
is $generation, 15, 'a hundred logs, one after the other';
ok has('n128', 'n128 /round12'), 'the last of them too';
SKIP: {
	skip 'only root sees its descriptors', 1 if $> != 0;
	ok until_true(sub { (grep { m{/n\d+$} } map { readlink $_ // () }
	    glob "/proc/$logger/fd/*") == 8 }, 15),
	    'only those in use are open';
}

my $dir = $p->dir;
mkdir "$dir/sub" or die $!;
ok reload_to(log_to('sub/x'), log_to('y')), 'logs in a folder';
get($http, '/one');
ok has('sub/x', 'sub/x /one'), 'a line';
rename "$dir/sub", "$dir/moved" or die $!;
rename "$dir/y", "$dir/y.1" or die $!;
$p->clear_log;
$p->signal('USR1');
ok $p->logged(qr{log \Q$dir\E/sub/x: No such file.*stays}, 5),
    'USR1: a file that cannot be opened is said';
get($http, '/two');
ok has('moved/x', 'sub/x /two'), 'the old one stays in use';
ok has('y', 'y /two'), 'the other is a new one';
unlike file('y.1'), qr/two/, 'and the old one of that is at rest';

mkdir "$dir/sub";
$p->signal('USR1');
ok until_true(sub { -e "$dir/sub/x" }, 5), 'once it can be it is opened';
kill 'STOP', $logger;
get($http, "/held$_") for 1 .. 20;
kill 'KILL', $logger;
ok until_true(sub { grep { $_ != $logger } $p->pids('logger') }, 5),
    'a logger that dies is replaced';
ok has('y', 'y /held20'), 'what stood in the rings is written';
is scalar(() = file('y') =~ m{/held}g), 20, 'every line';
is scalar(() = file('sub/x') =~ m{/held}g), 20, 'in every log';

$p->clear_log;
$p->write_conf(conf(log_to('none/z')));
$p->signal('HUP');
ok $p->logged(qr{log \Q$dir\E/none/z: No such file}, 5),
    'a reload to a log that cannot be opened says so';
ok $p->logged(qr/stays as it was/, 5), 'and changes nothing';
get($http, '/still');
ok has('y', 'y /still'), 'lines go where they went';
$p->quit;
done_testing;
