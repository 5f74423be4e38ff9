# SPDX-License-Identifier: BSD-2-Clause
# Server-sent events in a browser: each arrives when it is sent, and the
# stream outlives its connection, a reload, and the workers.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Backend qw(plain);
use Client qw(get until_true);
use Portico qw(one_backend);
use Browser;

my $browser = Browser->start('news.example');
my $notes = Portico::temporary() . '/notes';
my $PROMPT = 300; # ms from the sending of an event until the page has it
my $page = <<'END';
<!DOCTYPE html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>Ticker</title>
<script>
const seen = [];
let opened = 0, source;

function listen(path)
{
	source = new EventSource(path);
	source.onopen = () => opened++;
	source.onmessage = e => {
		const [sent, text] = e.data.split(' ');

		seen.push({ id: Number(e.lastEventId), length: text.length,
		    late: Date.now() - sent });
	};
}

async function drip()
{
	const reader = (await fetch('/drip')).body.getReader();
	const pieces = [];

	for (;;) {
		const { done, value } = await reader.read();

		if (done)
			return pieces;
		pieces.push([ new TextDecoder().decode(value), Date.now() ]);
	}
}
</script>
END

sub write_down
{
	my ($line) = @_;

	open my $f, '>>', $notes or die "$notes: $!";
	print $f "$line\n";
	close $f;
	return;
}

# An event, in a chunk or as it is; of 100 a large one.
sub event
{
	my ($id, $bare) = @_;
	my $text = sprintf "id: %d\ndata: %.0f %s\n\n", $id, time * 1000,
	    'x' x ($id % 100 == 3 ? 200_000 : 10);

	return $bare ? $text : sprintf "%x\r\n%s\r\n", length $text, $text;
}

# Streams by number: 1 ends well after 5 events, 2 (to the end of the
# connection) after 10, 3 is reset in the middle of a chunk after 15, 4 falls
# silent for 4 s, then goes on until nobody listens.
sub stream
{
	my ($c, $request) = @_;
	my ($id) = $request =~ /^Last-Event-ID: *(\d+)\r$/mi;
	my $number = defined $id ? $id / 5 + 1 : 1;
	my $bare = $number == 2;

	$id //= 0;
	write_down("stream $number from $id");
	$c->send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" .
	    "Cache-Control: no-store\r\n" . ($bare ? "Connection: close" :
	    'Transfer-Encoding: chunked') . "\r\n\r\n");
	$c->send($bare ? "retry: 100\n\n" : "c\r\nretry: 100\n\n\r\n");
	for (1 .. 5) {
		sleep 0.2;
		$c->send(event(++$id, $bare)) or return 0;
	}
	return $c->send("0\r\n\r\n") if $number == 1;
	return 0 if $number == 2;
	if ($number == 3) {
		$c->send("fff\r\nid: 99\ndata: never ");
		sleep 0.2;
		$c->reset;
		return 0;
	}
	sleep 4;
	while ($c->send(event(++$id)) && $id < 400) {
		sleep 0.1;
	}
	write_down('nobody listens');
	return 0;
}

# A body of known length that takes its time, and is not to be held back.
sub drip
{
	my ($c) = @_;

	$c->send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" .
	    "X-Accel-Buffering: no\r\nContent-Length: 20\r\n\r\n")
	    or return 0;
	return $c->drip('abcdefghijklmnopqrst', 1, 0.1);
}

my $news = Backend->new({ '/' => plain($page, 'Content-Type: text/html'),
    '/events' => \&stream, '/drip' => \&drip });
my $p = Portico->start(one_backend($news->address));
$browser->open_page('http://news.example:' . $p->port('http') . '/');

sub last_id
{
	return $browser->run('return seen.length ? seen.at(-1).id : 0');
}

# True once the page has the event.
sub until_id
{
	my ($id) = @_;

	return until_true(sub { last_id() >= $id }, 15);
}

sub streams { return scalar(() = Portico::slurp($notes) =~ /^stream/mg) }

$browser->run('listen("/events")');
ok until_id(5), 'five events';
ok until_id(10), 'five more after the stream has ended';
ok until_id(15), 'and more when the connection has';
ok until_id(20), 'and when it was reset';
is_deeply [ Portico::slurp($notes) =~ /^stream .*/mg ],
    [ map { "stream $_ from " . 5 * ($_ - 1) } 1 .. 4 ],
    'each stream goes on behind the last event';
is $browser->run('return opened'), 4, 'four streams in the page';
ok until_id(25), 'an event after 4 s of silence';

my $old = last_id();
my @workers = $p->workers;
kill 'KILL', @workers;
ok until_id($old + 10), 'events after all workers were killed';
$old = last_id();
my $text = one_backend($news->address, top => 'drain_timeout = "30s";');
ok $p->reload($text, sub { $p->log =~ /generation 2 is running/ }),
    'a reload';
ok until_id($old + 10), 'events after it';
is $p->pids('steward'), 2, 'by the old generation';
is streams(), 4, 'in the same stream';

my @ids = @{ $browser->run('return seen.map(e => e.id)') };
is "@ids", join(' ', 1 .. @ids), 'all events once, in their order';
# On a busy machine one or the other has to wait for the page itself.
my @late = sort { $a <=> $b } @{ $browser->run('return seen.map(e => e.late)') };
cmp_ok $late[$#late * 0.9], '<', $PROMPT,
    "nine of ten of " . @late . " within $PROMPT ms";
cmp_ok $late[-1], '<', 2000, 'and the slowest not long after';
is $browser->run('return seen[2].length'), 200_000, 'a large one';

$browser->run('source.close()');
ok until_true(sub { Portico::slurp($notes) =~ /^nobody listens$/m }, 5),
    'the backend is told that nobody listens any more';
ok until_true(sub { $p->pids('steward') == 1 }, 10),
    'and the old generation ends';

my @pieces = @{ $browser->wait_for('return drip()') };
is join('', map { $_->[0] } @pieces), 'abcdefghijklmnopqrst',
    'a body that drips';
cmp_ok scalar @pieces, '>=', 15, 'comes drop by drop';
cmp_ok $pieces[-1][1] - $pieces[0][1], '>', 1500, 'from its first byte on';
is join("\n", grep { !/INCOMPLETE_CHUNKED/ } $browser->complaints), '',
    'the console says nothing else';
$browser->stop;
is $p->quit, 0, 'Portico ends well';
is_deeply [ $p->sums ], [ 2 ], 'both generations with nothing left';
done_testing;
