# SPDX-License-Identifier: BSD-2-Clause
# A new program that does not take over changes nothing, and the log says why.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(get until_true);
use Control;
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);
use Upgrade qw(own_program put_program put_script upgrade same_program);

my $tested = $Portico::BINARY;
my $path = own_program();
my $dir = Portico::temporary();
my $b = Backend->new({ '/' => plain('fine') });
my $conf = one_backend($b->address, top => 'control = "@dir@/sock";');
my $p = Portico->start($conf);
my $at = $p->address('http');
my %before = $p->children;
my $held = () = glob "/proc/@{[ $p->pid ]}/fd/*";

# Nothing is as it would be if it had taken over.
sub refused
{
	my ($what, $why, $seconds) = @_;
	my $answer = Control::command($p->dir . '/sock', 'upgrade',
	    $seconds // 20);

	is $answer->{code} // '', 'failed', "$what: the caller is told";
	like join("\n", @{ $answer->{lines} // [] }), $why, "$what: why";
	ok $p->logged($why, 1), "$what: so does the log";
	is get($at, '/')->{body}, 'fine', "$what: it serves";
	unlike $p->log, qr/is running/, "$what: nothing has changed";
	is_deeply { $p->children }, \%before, "$what: the same processes";
	$p->clear_log;
	return;
}

$p->clear_log;
my $refuses = qr/does not take over/;
put_script($path, "#!/bin/sh\necho no thanks >&2\nexit 1\n");
refused('a script that refuses', qr/no thanks.*$refuses/s);
put_script($path, "#!/bin/sh\nexit 0\n");
refused('one that says nothing', $refuses);
put_script($path, "#!/bin/sh\necho portico takes over now\n");
refused('one that says something else', $refuses);
put_script($path, "#!/bin/sh\nkill -9 \$\$\n");
refused('one that dies', $refuses);
put_script($path, substr Portico::slurp($tested), 0, 200_000);
refused('half a program', $refuses);
put_script($path, "no program at all\n");
refused('a text', qr/Exec format error/);
put_program($path, $tested);
chmod 0644, $path;
refused('one that may not be run', qr/Permission denied/);
unlink $path;
refused('none', qr/No such file/);

# What agreed is gone when its turn comes.
put_script($path, qq{#!/bin/sh\nrm "\$0"\nexec "$tested" "\$@"\n});
refused('one that is removed meanwhile', qr/No such file/);

SKIP: {
	skip 'PORTICO_OTHER names no program', 18 if !$ENV{PORTICO_OTHER};
	put_program($path, $ENV{PORTICO_OTHER});
	my $why = qr/the\ layout\ of\ its\ shared\ memory\ \(slots\)
	    \ is\ another\ one:\ restart\ instead/x;
	refused('one whose shared memory is another', $why);

	# It says yes, and is another one then.
	put_script($path, qq{#!/bin/sh\ncase \$1 in
	    --try) exec "$tested" "\$@" ;;
	    *) exec "$ENV{PORTICO_OTHER}" "\$@" ;;\nesac\n});
	refused('one that cannot do what it has promised',
	    qr/could not take over: $why/) for 1, 2;
}

put_program($path, $tested);
$p->write_conf($conf . 'unknown = 1;');
refused('a configuration that is wrong', qr/portico\.conf:\d+: unknown key/);
$p->write_conf($conf);

# Who calls it with something else is told that it is none.
for my $text ('', 'nonsense', "portico legacy 1\n", "portico legacy 1\nmaster" .
    "\tpid=1\n", "portico legacy 1\nlayout\tof=slots\tnumber=%\n") {
	Certs::save("$dir/legacy", $text);
	for my $option (qw(--try --upgrade --return)) {
		my $said = `exec 9<"$dir/legacy"; "$tested" $option 9 -f 2>&1`;

		is $? >> 8, 1, "$option: something else";
		like $said, qr/cannot be taken over: \S/, 'it says what is wrong';
	}
}
is +(Portico::run_program('--try', 'x'))[0], 2, '--try with no number';

# Who does not answer is waited for, but not by the others.
put_script($path, "#!/bin/sh\necho still thinking >&2\nexec sleep 100\n");
my $begun = time;
$p->signal('USR2');
ok $p->logged(qr/upgrade: trying/, 5), 'one that never answers';
is get($at, '/')->{body}, 'fine', 'it serves meanwhile';
my $r = Control::command($p->dir . '/sock', 'reload', 5);
like $r->{text} // '', qr/an upgrade is under way/, 'a reload has to wait';
ok Control::command($p->dir . '/sock', 'status', 5)->{ok}, 'status is told';
ok $p->logged(qr/took too long/, 40), 'it is ended';
cmp_ok time - $begun, '<', 38, 'after half a minute';
ok until_true(sub { !grep { /sleep/ } values %{ { $p->children } } }, 5),
    'nothing of it is left';
is_deeply { $p->children }, \%before, 'the same processes';

put_program($path, $tested);
$p->clear_log;
is scalar(() = glob "/proc/@{[ $p->pid ]}/fd/*"), $held,
    'as many descriptors as before';
ok upgrade($p), 'and then an upgrade';
ok same_program($p, $path), 'to what is there';
is get($at, '/')->{body}, 'fine', 'it serves';
is $p->quit, 0, 'QUIT';
done_testing;
