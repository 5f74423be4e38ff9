# SPDX-License-Identifier: BSD-2-Clause
# A chat over WebSocket in two tabs of a browser: large messages, silence,
# killed workers, a reload while it is open, both ways to close.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);
use Client qw(get until_true);
use Portico;
use Browser;
use Chat;

my $b = Browser->start('chat.example');
my $chat = Chat->start;
my $backend = $chat->address;

# Everything but tunnels is short of time.
sub conf
{
	my ($generation) = @_;
	my $short = 'header = "2s"; body = "2s"; keepalive = "2s"; write = "2s";';

	return qq{
access_log = { to = "\@dir\@/access.log"; format = "combined"; };
listeners = {
  http  = { address = "\@http\@";  timeouts = { $short }; };
  hasty = { address = "\@hasty\@"; timeouts = { tunnel = "2s"; }; };
};
pools = { chat = { backends = [ "$backend" ];
                   timeouts = { response = "2s"; read = "2s"; }; }; };
sites = { chat = { hosts = "chat.example"; routes = (
  { path_is = "/generation"; respond = { status = 200;
                                         body = "$generation"; }; },
  { pool = "chat"; } ); }; };
};
}

my $p = Portico->start(conf(1));
my $base = 'http://chat.example:' . $p->port('http');
my %tabs = (ann => $b->tab);

# Opens the page in the tab of a name, and joins by it.
sub come
{
	my ($name, $at) = @_;

	$tabs{$name} //= $b->new_tab;
	$b->go_to($tabs{$name});
	$b->open_page($at // "$base/");
	$b->run('join(arguments[0])', $name);
	return sees($name, '^open$');
}

sub say_it
{
	my ($name, $text) = @_;

	$b->go_to($tabs{$name});
	return $b->run('socket.send(arguments[0])', $text);
}

sub sees
{
	my ($name, $pattern, $seconds) = @_;

	$b->go_to($tabs{$name});
	return until_true(sub { $b->run(
	    'return seen.some(x => new RegExp(arguments[0]).test(x))',
	    $pattern) }, $seconds // 10);
}

# What the page sends must come back.
sub comes_back
{
	my ($name, $script) = @_;

	$b->go_to($tabs{$name});
	return sees($name, '^' . $b->run("return $script") . '$', 15);
}

sub generation
{
	return get($p->address('http'), '/generation',
	    'Host: chat.example', 'Connection: close')->{body};
}

sub logged
{
	my ($name) = @_;

	return grep { index($_, "\"GET /chat?$name HTTP/1.1\"") >= 0 }
	    split /\n/, Portico::slurp($p->dir . '/access.log');
}

ok come('ann'), 'one member';
ok come('bob'), 'and another';
say_it('ann', "gr\x{fc}\x{df} dich, bob");
ok sees('bob', "^text gr\x{fc}\x{df} dich, bob\$"), 'ann to bob';
say_it('bob', 'hello, ann');
ok sees('ann', '^text hello, ann$'), 'bob to ann';

ok comes_back('ann', "sendBytes($_)"), "$_ bytes" for 1, 65535, 1 << 20;
ok comes_back('bob', 'sendLong(70000)'), 'more than 1 MB of text';
ok sees('ann', '^long text'), 'which everybody gets';
say_it('ann', '/fragments 20 60000');
ok sees('ann', '^long text 1200000 '), 'a message of 20 fragments';
ok $chat->noted(qr/^pong ann between 20$/), 'and the pings between them';
$b->go_to($tabs{ann});
$b->run('for (let i = 0; i < 500; i++) socket.send("number " + i)');
ok sees('bob', '^text number 499$'), '500 messages at once';
is $b->run('return seen.filter(x => /^text number/.test(x)).join()'),
    join(',', map { "text number $_" } 0 .. 499), 'in their order';

sleep 5;
say_it('bob', 'still there?');
ok sees('ann', '^text still there'), 'after 5 s of silence';
say_it('ann', '/ping a quiet day');
ok $chat->noted(qr/^pong ann a quiet day$/), 'the browser answers a ping';

for my $pid ($p->workers) {
	kill 'KILL', $pid;
	my $word = "without worker $pid";
	say_it('ann', $word);
	ok sees('bob', "^text $word\$"), 'a killed worker is not missed';
}

is generation(), 1, 'generation 1';
ok $p->reload(conf(2), sub { generation() == 2 }), 'a reload';
say_it('ann', 'from the old house');
ok sees('bob', '^text from the old house$'), 'the open chat goes on';
ok comes_back('bob', 'sendBytes(1048577)'), 'with large messages, too';
$b->go_to($b->new_tab);
$b->open_page("$base/");
is $b->run('return document.title'), 'Chat', 'a new page';
is $b->wait_for('return (await fetch("/generation")).text()'), '2',
    'is the new generation\'s';
ok come('eve'), 'so is a new member';
say_it('eve', 'good morning');
ok sees('ann', '^text good morning$'), 'heard in the old';
say_it('bob', 'good evening');
ok sees('eve', '^text good evening$'), 'and the other way round';
is scalar $p->pids('steward'), 2, 'both generations live';
is scalar(grep { logged($_) } qw(ann bob eve)), 0,
    'no log line while it is open';

$b->go_to($tabs{ann});
$b->run('socket.close(4000, "good night")');
ok $chat->noted(qr/^closed ann 4000 good night$/), 'the browser closes';
ok sees('ann', '^close 4000 good night$'), 'and is answered';
say_it('bob', '/leave closing time');
ok sees('bob', '^close 4001 closing time$'), 'the server closes';
ok $chat->noted(qr/^closed bob 4001/), 'and is answered';
ok until_true(sub { $p->pids('steward') == 1 }, 15),
    'the old generation ends with its last chat';
say_it('eve', '/vanish');
ok sees('eve', '^close 1006'), 'a server that vanishes';
for my $name (qw(ann bob eve)) {
	ok until_true(sub { logged($name) == 1 }), "$name has a log line";
	like +(logged($name))[0], qr/ 101 \d+ /, 'of status 101';
}
cmp_ok +((logged('ann'))[0] =~ / 101 (\d+) /)[0], '>', 3 << 20,
    'which counts what went through';

ok come('dan', 'http://chat.example:' . $p->port('hasty') . '/'), 'a hasty one';
sleep 1.5;
say_it('dan', 'I hurry');
ok sees('dan', '^text I hurry$'), 'a message in time';
sleep 1.5;
say_it('dan', 'I hurry still');
ok sees('dan', '^text I hurry still$'), 'and another';
ok sees('dan', '^close 1006', 6), 'ends when it is idle for too long';
ok $chat->noted(qr/^gone dan$/), 'on both sides';

ok come('sue'), 'a page';
$b->close_tab;
ok $chat->noted(qr/^(?:closed|gone) sue/), 'that is shut ends its chat';
is scalar(grep { /^(?:refused|unmasked)/ } $chat->notes), 0,
    'every handshake was one';
$b->stop;
is $p->quit, 0, 'Portico ends well';
is_deeply [ $p->sums ], [ 2 ], 'both generations with nothing left';
done_testing;
