# SPDX-License-Identifier: BSD-2-Clause
# SRV records: the port and the weight are the record's, and who has a higher
# priority waits until the others are away.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(get field until_true);
use Dns;
use Portico;

my %b = map { ($_ => Backend->new('echo', name => $_)) } qw(a b c spare);
my $srv = '_http._tcp.app.test';

sub record
{
	my ($priority, $weight, $name, $host) = @_;

	return "SRV $priority $weight " . $b{$name}->port . ' '
	    . ($host // "$name.test");
}

my $dns = Dns->new(map({ ("$_.test" => [ 'A 127.0.0.1', 'TTL 1' ]) } keys %b),
    $srv => [ record(1, 10, 'a'), record(1, 30, 'b'),
    record(2, 5, 'spare'), 'TTL 1' ]);
my $p = Portico->start(<<"END");
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = [ "srv:$srv" ]; resolve = "1s"; }; };
resolvers = [ "@{[ $dns->address ]}" ];
END
my $at = $p->address('http');

sub shares
{
	my ($n) = @_;
	my %by;

	for (1 .. $n) {
		my $r = get($at, '/');
		$by{field($r, 'X-Backend') // $r->{status}}++;
	}
	return join ' ', map { "$_:$by{$_}" } sort keys %by;
}

# Weights are scaled: 10 of 30 is 85 of 256.
sub share
{
	my ($name) = @_;

	return shares(40) =~ /\b$name:(\d+)/ ? $1 : 0;
}

my $of_b = share('b');
ok $of_b >= 29 && $of_b <= 31, "three quarters: $of_b of 40";
unlike shares(20), qr/spare/, 'the spare one waits';
my $spare = $b{spare}->address;
ok $p->logged(qr/\Q$srv\E is at .*\Q$spare\E/), 'though it is known';

$dns->set($srv, record(1, 10, 'a'), record(1, 10, 'b'),
    record(2, 5, 'spare'), 'TTL 1');
ok until_true(sub { shares(20) eq 'a:10 b:10' }), 'weights change';
$dns->set($srv, record(3, 10, 'a'), record(3, 10, 'b'),
    record(2, 0, 'spare'), 'TTL 1');
ok until_true(sub { shares(5) eq 'spare:5' }),
    'priorities change; and weight 0 is not nothing';
$dns->set($srv, record(1, 1, 'c'), 'TTL 1');
ok until_true(sub { shares(5) eq 'c:5' }), 'all are others';
$dns->set('c.test', 'A 127.0.0.9', 'TTL 1');
ok until_true(sub { get($at, '/')->{status} != 200 }), 'a target moves';
$dns->set('c.test', 'A 127.0.0.1', 'TTL 1');
ok until_true(sub { shares(5) eq 'c:5' }), 'and is back';

$dns->set('two.test', 'CNAME a.test');
$dns->set($srv, record(1, 1, 'a', 'two.test'), record(1, 1, 'b'),
    record(1, 1, 'c', 'none.test'), 'SRV 1 1 0 a.test', 'TTL 1');
ok until_true(sub { shares(20) eq 'a:10 b:10' }),
    'aliases are followed, targets that do not exist passed over';

$dns->mood('b.test', 'servfail');
$dns->set($srv, record(1, 1, 'a', 'two.test'), record(1, 1, 'b'),
    record(1, 1, 'spare'), 'TTL 1');
ok until_true(sub { shares(30) eq 'a:10 b:10 spare:10' }),
    'a target that cannot be looked up stays where it was';
$dns->mood('b.test', '');

my @many = map { record(1, 1, 'a', "m$_.test") } 1 .. 60;
$dns->set("m$_.test", "A 127.1.0.$_") for 1 .. 60;
$dns->set($srv, record(0, 1, 'c'), @many, 'TTL 1');
ok until_true(sub { shares(5) eq 'c:5' }), 'more than there is room for';
ok $p->logged(qr/has [1-5]?\d addresses more than the 8 that are used of it/),
    'which is said';
is scalar(() = $p->log =~ /addresses more than/g), 1, 'once';

$dns->set($srv, 'SRV 0 0 0 ', 'TTL 1');
ok until_true(sub { get($at, '/')->{status} == 503 }, 9),
    'no such service any more';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
