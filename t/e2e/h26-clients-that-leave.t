# SPDX-License-Identifier: BSD-2-Clause
# A client that leaves while the backend thinks sets the backend free.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get request until_true);
use Portico qw(one_backend);
use Time::HiRes qw(sleep time);

# Thinks for ever, notes when it is left alone, and by whom.
sub think
{
	my ($c, $r) = @_;
	my ($target) = $r =~ /^\S+ (\S+)/;

	$c->record('asked', "$target\n");
	$c->send("HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n") if $target =~ /events/;
	$c->drain;
	$c->record('left', "$target\n");
	return 0;
}

# Answers after 3 s, and notes that the answer was taken.
sub finish
{
	my ($c, $r) = @_;
	my ($target) = $r =~ /^\S+ (\S+)/;

	sleep 3;
	$c->record('finished', "$target\n") if $c->send(plain("done $target"));
	return 1;
}

my @ways = qw(close reset finish_sending);
my $b = Backend->new(sub {
	while (defined(my $r = $_[0]->request)) {
		$r =~ m{^\S+ /post} ? finish($_[0], $r) :
		    $r =~ m{^\S+ /fine} ? $_[0]->send(plain('fine')) :
		    think($_[0], $r) or return;
	}
});
my $p = Portico->start(one_backend($b->address,
    pool => 'retry = { attempts = 1; };',
    top => 'access_log = { to = "@dir@/access.log"; };'));
my $at = $p->address('http');

sub noted
{
	my ($file, $target) = @_;

	return Portico::slurp("$b->{dir}/$file") =~ /^$target$/m;
}

my %clients;

# Who half-closes in the middle of an answer may still be reading it.
my @thinking = grep { "@$_" !~ /events-finish/ } map { my $way = $_;
    map { [ $way, $_ ] } "GET /get-$way", "HEAD /head-$way",
    "GET /events-$way" } @ways;
for (@thinking, map { [ $_, "POST /post-$_" ] } @ways) {
	my ($way, $line) = @$_;

	$clients{$line} = Client->new($at);
	$clients{$line}->send(request($line, [],
	    $line =~ /POST/ ? 'x' : undef));
}
ok until_true(sub { noted('asked', $_->[1] =~ s/.* //r) }, 5),
    "$_->[1] is with the backend" for @thinking;
sleep 0.3;
for (@thinking, map { [ $_, "POST /post-$_" ] } @ways) {
	my ($way, $line) = @$_;

	$clients{$line}->$way;
}
my $began = time;
my @late = grep { my $target = $_->[1] =~ s/.* //r;
    !until_true(sub { noted('left', $target) }, 4 - (time - $began)) }
    @thinking;
my $seconds = time - $began;
is "@{[ map { $_->[1] } @late ]}", '', 'no backend is kept thinking';
cmp_ok $seconds, '<', 3.5, 'for longer than the steward\'s next look';

# A POST may have changed something: whoever half-closed reads the answer.
my $r = $clients{'POST /post-finish_sending'}->final;
is $r && $r->{status}, 200, 'half-closed POST: the answer';
is $r && $r->{body}, 'done /post-finish_sending', 'whole';
isnt $clients{'POST /post-finish_sending'}->ending(4), 'open', 'then the end';

my @lines = $p->access_lines(scalar(@thinking) + 3);
for (@thinking) {
	my ($line) = $_->[1];
	my ($status) = map { /" (\d+) / } grep { /"\Q$line\E / } @lines;

	is $status, $line =~ /events/ ? 200 : 499, "$line is in the log";
}
my ($status) = map { /" (\d+) / } grep { /post-reset/ } @lines;
is $status, 499, 'a reset POST too';
($status) = map { /" (\d+) / } grep { /post-finish_sending/ } @lines;
is $status, 200, 'and the finished one';

is get($at, '/fine')->{body}, 'fine', 'others are served';
is $p->quit(5), 0, 'a clean end';
my ($ended, $wrong) = $p->sums;
is $ended, 1, 'sums were taken';
is $wrong, undef, 'and are all zero';
done_testing;
