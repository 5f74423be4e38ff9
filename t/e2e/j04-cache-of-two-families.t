# SPDX-License-Identifier: BSD-2-Clause
# Families share what they fetch; what one of them was fetching when it ended
# is fetched anew.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Backend;
use Client qw(field get request until_true);
use Portico qw(one_site temporary);
use Test::More;
use Time::HiRes qw(sleep time);

# Each target says how long it takes; what comes tells when it was asked for.
my $dir = temporary();
my $slow = Backend->new(sub {
	my ($c) = @_;
	while (defined(my $r = $c->request)) {
		my ($target, $seconds) = $r =~ m{^\S+ (/\w+/(\d+))};
		open my $f, '>>', "$dir/asked" or die $!;
		print $f "$target\n";
		close $f;
		sleep $seconds;
		my $body = "$target " . time;
		$c->send("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n"
		    . 'Content-Length: ' . length($body) . "\r\n\r\n$body")
		    or return;
	}
});
chmod 0777, $dir;
sub asked
{
	my ($target) = @_;

	return scalar grep { $_ eq $target } split /\n/,
	    Portico::slurp("$dir/asked");
}

my $text = one_site('{ pool = "app"; cache = { collapse = "30s"; }; }',
    pools => { app => $slow->address });
my $p = Portico->start($text);
my $at = $p->address('http');

# A fetch that the old family began, and two of the new one that wait for it.
my $first = Client->new($at);
$first->send(request('GET /a/3'));
ok until_true(sub { asked('/a/3') }, 5), 'a request is under way';
ok $p->reload($text, sub { $p->log =~ /generation 2 is running/ }), 'reload';
my @others = map { Client->new($at) } 1, 2;
$_->send(request('GET /a/3')) for @others;
my @bodies = map { $_->final->{body} } $first, @others;
like $bodies[0], qr{^/a/3 }, 'it is answered';
is $bodies[1], $bodies[0], 'and so is who waits in the next family';
is $bodies[2], $bodies[0], 'and the other one';
is asked('/a/3'), 1, 'the backend was asked once';

# All of a family are killed while one of them fetches.
ok until_true(sub { $p->workers == 2 }, 10), 'the old family has ended';
my $lost = Client->new($at);
$lost->send(request('GET /b/2'));
ok until_true(sub { asked('/b/2') }, 5), 'another request is under way';
$p->clear_log;
# Who has stopped makes no other one.
my @all = map { $p->pids($_) } qw(heir steward worker);
kill 'STOP', @all;
sleep 0.1;
kill 'KILL', @all, map { $p->pids($_) } qw(heir steward worker);
ok $p->logged(qr/generation 3 is running/, 20), 'a new family';
my $began = time;
like get($at, '/b/2')->{body}, qr{^/b/2 }, 'the request is answered';
cmp_ok time - $began, '<', 10, 'and does not wait for the dead';
is asked('/b/2'), 2, 'it was fetched anew';
is get($at, '/a/3')->{body}, $bodies[0], 'what was stored is there';

# A steward that dies while somebody waits.
$first = Client->new($at);
$first->send(request('GET /c/2'));
ok until_true(sub { asked('/c/2') }, 5), 'under way';
@others = map { Client->new($at) } 1 .. 3;
$_->send(request('GET /c/2')) for @others;
kill 'KILL', $p->pids('steward');
@bodies = map { $_->final->{body} } $first, @others;
is scalar(grep { $_ eq $bodies[0] } @bodies), 4, 'all have one answer';
is asked('/c/2'), 1, 'of one request';
ok until_true(sub { $p->pids('heir') == 1 }, 10), 'there is an heir again';
is $p->quit(20), 0, 'quit';
my ($ended, @wrong) = $p->sums;
cmp_ok $ended, '>', 0, 'a family has ended';
is "@wrong", '', 'and nothing is left';
done_testing;
