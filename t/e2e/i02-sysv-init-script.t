# SPDX-License-Identifier: BSD-2-Clause
# The init script for SysV, installed: everything it is asked, both ways.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get request until_true);
use Installed;
use Portico qw(free_port);
use Time::HiRes qw(sleep time);
use Upgrade qw(put_program);

plan skip_all => 'only root starts daemons' if $> != 0;
alarm 300;

my $at = '127.0.0.1:' . free_port();
my $slow = Backend->new(sub {
	my ($c) = @_;
	while (defined(my $r = $c->request)) {
		sleep $r =~ /never/ ? 60 : 1;
		$c->send(plain('slow but done')) or return;
	}
});

sub site
{
	my ($body) = @_;

	return qq{ pools = { slow = { backends = "@{[ $slow->address ]}"; }; };
	sites = { a = { hosts = "*"; routes = (
	    { path = "/slow"; pool = "slow"; },
	    { respond = { body = "$body"; }; } ); }; }; };
}

my $i = Installed->new('install-sysv');
my $dir = $i->dir;
my $script = "$dir/etc/init.d/portico";
ok -x $script, 'the script is installed';
is system('sh', '-n', $script), 0, 'it is good shell';
like Portico::slurp($script), qr/^\#\#\#\ BEGIN\ INIT\ INFO\n
    (?:\#\ [A-Z][A-Za-z-]+:\ +\S.*\n)+\#\#\#\ END\ INIT\ INFO$/mx,
    'it has a header for the LSB';
like Portico::slurp("$dir/etc/default/portico"), qr/^#PORTICO_CONF=/m,
    'its variables are explained';

sub script
{
	my ($word) = @_;

	# As at boot: next to nothing in the environment.
	return $i->run({ map { $_ => '' } keys %ENV }, $script, $word);
}

sub body { return eval { get($at, $_[0] // '/')->{body} } // 'nobody there' }

# A PATH with no start-stop-daemon in it.
mkdir "$dir/bin";
for my $name (qw(grep id mkdir rm sleep)) {
	my ($path) = grep { -x } map { "$_/$name" } qw(/bin /usr/bin);
	symlink $path, "$dir/bin/$name" or die "$name: $!";
}

sub look_at_all_words
{
	my ($how) = @_;

	is script('status'), 3, "$how: status: not running";
	is script('stop'), 0, 'stop: what does not run is stopped';
	is script('reload'), 7, 'reload: needs one that runs';
	unlink "$dir/etc/portico/portico.conf";
	is script('start'), 6, 'start: without a configuration';
	like $i->said, qr/portico\.conf is not there/, 'it says so';
	$i->configure($at, 'nonsense = 1;');
	is script('start'), 6, 'start: with a wrong one';
	like $i->said, qr/portico\.conf:\d+: .*nonsense/, 'it says where';
	is script('configtest'), 6, 'configtest: wrong';
	ok !$i->processes, 'and nothing runs';

	$i->configure($at, site('one'));
	is script('configtest'), 0, 'configtest: right';
	is script('start'), 0, 'start' or diag $i->said;
	is body(), 'one', 'it serves as soon as the script is back';
	is script('status'), 0, 'status: running';
	my $first = $i->pid;
	like $i->said, qr/\b$first\b/, 'it says which process';
	is script('start'), 0, 'start: once is enough';
	is $i->pid, $first, 'the same goes on';

	$i->configure($at, site('two') . 'nonsense = 1;');
	is script('reload'), 6, 'reload: with a wrong configuration';
	like $i->said, qr/nonsense/, 'it says why';
	is script('restart'), 6, 'restart: with a wrong configuration';
	is body(), 'one', 'all goes on as it was';
	is $i->pid, $first, 'in the same process';
	$i->configure($at, site('two'));
	is script('reload'), 0, 'reload';
	ok until_true(sub { body() eq 'two' }), 'it has an effect';
	$i->configure($at, site('three'));
	is script('force-reload'), 0, 'force-reload';
	ok until_true(sub { body() eq 'three' }), 'it has one, too';
	is $i->pid, $first, 'in the same process';
	put_program("$dir/usr/sbin/portico", $Portico::BINARY);
	is script('upgrade'), 0, 'upgrade';
	ok until_true(sub { (stat "/proc/$first/exe")[1]
	    == (stat "$dir/usr/sbin/portico")[1] }, 10), 'the new program';
	is body(), 'three', 'it serves';
	is $i->pid, $first, 'in the same process';
	is script('restart'), 0, 'restart' or diag $i->said;
	is body(), 'three', 'it serves';
	isnt $i->pid, $first, 'in another process';

	my $c = Client->new($at);
	$c->send(request('GET /slow'));
	sleep 0.3;
	is script('stop'), 0, 'stop';
	is +($c->final // {})->{body}, 'slow but done',
	    'a request that runs is finished';
	$c->close;
	ok $i->is_gone, 'nobody is left';
	ok !-e "$dir/run/portico.pid", 'nor a pid file';

	is script('start'), 0, 'start again';
	$c = Client->new($at);
	$c->send(request('GET /slow/never'));
	sleep 0.3;
	my $before = time;
	is script('stop'), 0, 'stop, while a backend sleeps';
	cmp_ok time - $before, '<', 20, 'is not waited for without end';
	$c->close;
	ok $i->is_gone, 'nobody is left';

	is script('start'), 0, 'start';
	kill 'KILL', $i->pid;
	ok $i->is_gone, 'killed';
	is script('status'), 1, 'status: dead, with a pid file';
	is script('start'), 0, 'start after that' or diag $i->said;
	is body(), 'three', 'it serves';
	is script('stop'), 0, 'stop';
	is script('status'), 3, 'status: not running';

	# The number of the dead is now that of somebody else.
	$i->write('run/portico.pid', "$$\n");
	is script('status'), 1, 'another process is not taken for the master';
	is script('stop'), 0, 'nor is it stopped';
	is script('start'), 0, 'nor does it prevent a start';
	is script('stop'), 0, 'of the right one';
	return;
}

SKIP: {
	skip 'start-stop-daemon is not here', 1
	    if !grep { -x "$_/start-stop-daemon" } qw(/sbin /usr/sbin);
	$i->write('etc/default/portico', "PORTICO_WAIT=2\n");
	look_at_all_words('with start-stop-daemon');
}
$i->write('etc/default/portico', "PORTICO_WAIT=2\nPATH=\@dir\@/bin\n");
look_at_all_words('without start-stop-daemon');

# Another file, and a variable that it names.
rename "$dir/etc/portico/portico.conf", "$dir/etc/portico/other.conf";
$i->configure($at, site('${GREETING}'));
rename "$dir/etc/portico/portico.conf", "$dir/etc/portico/greeting.conf";
$i->write('etc/default/portico', <<'END');
PORTICO_CONF=@dir@/etc/portico/greeting.conf
GREETING=welcome
END
is script('start'), 0, 'etc/default/portico names the configuration';
is body(), 'welcome', 'and what that wants of the environment';
is script('stop'), 0, 'stop';

is script('dance'), 2, 'another word';
like $i->said, qr/usage.*start.*stop/, 'is answered by those it knows';
is $i->run({}, 'setpriv', '--reuid=65534', '--regid=65534',
    '--clear-groups', $script, 'start'), 4, 'only root starts it';
unlink "$dir/usr/sbin/portico";
is script('start'), 5, 'without the program';
done_testing;
