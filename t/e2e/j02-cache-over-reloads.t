# SPDX-License-Identifier: BSD-2-Clause
# What is stored outlives reloads; a cache of another size begins empty.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Client qw(field get until_true);
use Fresh qw(fresh_backend);
use Portico qw(one_site);
use Test::More;

my $fresh = fresh_backend(bytes => 70000);
sub text
{
	my ($keys, $route) = @_;

	return one_site('{ pool = "app"; ' . ($route // 'cache = true;')
	    . ' }', pools => { app => $fresh->address },
	    top => $keys && "cache = { $keys };");
}
my $p = Portico->start(text(''));
my $at = $p->address('http');
my $n = 1;

sub reload
{
	my ($text) = @_;

	$p->reload($text);
	$n++;
	return $p->logged(qr/generation $n is running/, 10);
}

my %were = map { $_ => get($at, "/$_")->{body} } 1 .. 20;
my $lost = sub { scalar grep { get($at, "/$_")->{body} ne $were{$_} }
    keys %were };

is $lost->(), 0, 'all are stored';
ok reload(text('')), 'a reload';
is $lost->(), 0, 'which loses nothing';
ok reload(text('max_ttl = "1h"; status_header = false;')), 'other rules';
is $lost->(), 0, 'nor do these';
ok reload(text('max_object = "4M";')), 'smaller responses';
is $lost->(), 0, 'nor do these';
is scalar(() = $p->log =~ /the cache begins/g), 0, 'nothing is warned of';

# While a family of before sends from it.
my $slow = Client->new($at);
$slow->send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
my $head = $slow->up_to("\r\n\r\n");
like $head, qr/200/, 'a response has begun';
ok reload(text('size = "32M";')), 'another size';
ok $p->logged(qr/the cache begins empty/, 5), 'is warned of';
is $lost->(), 20, 'and all is gone';
%were = map { $_ => get($at, "/$_")->{body} } 1 .. 20;
is $lost->(), 0, 'but stored again';
my $old = $slow->more(70000) // '';
$slow->close;

my $too_far = text('size = "32M"; file = "/nowhere/at/all";');
$p->reload($too_far);
ok $p->logged(qr/the configuration stays as it was/, 10),
    'a file that cannot be made fails the reload';
like $p->log, qr{/nowhere/at/all}, 'with its name';
is $lost->(), 0, 'and what is stored stays';

ok reload(text('size = "32M";', '')), 'without a cache';
is $lost->(), 20, 'nothing is stored';
is $p->stop, 0, 'stop';
done_testing;
