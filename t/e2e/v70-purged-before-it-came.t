# SPDX-License-Identifier: BSD-2-Clause
# What was asked for before a purge, or a ban, is not stored behind it: nor
# where nobody waits for it, since it is stored only if it may be.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers times_asked reply fetch
    send_request address portico released);
use Client qw(request until_true);
use Portico;

start_cases(cache => 'purge_from = "127.0.0.1";',
    top => 'control = "@dir@/control";');
my $fresh = 'Cache-Control: public, max-age=3600';
my $none = 'Cache-Control: no-store';
my $ctl = $Portico::BINARY =~ s{portico$}{porticoctl}r;

# Asks, and calls `meanwhile` while the answer is under way; then a new one is
# asked for: what came before it is stored only if nothing was done meanwhile.
sub ask_around
{
	my ($what, $fields, $meanwhile, $stored) = @_;
	my $path = new_path();
	my @before = @$fields ? () : reply(200, 'none', $none);

	answers($path, @before, [ [ 'hold', $path ],
	    reply(200, 'old', $fresh) ], reply(200, 'new', $fresh));
	fetch($path) if @before; # leaves a mark
	my $c = Client->new(address());
	$c->send(request("GET $path", [ 'Host: a.test', @$fields ]));
	ok until_true(sub { times_asked($path) == @before + 1 }),
	    "$what: it is asked for";
	$meanwhile->($path);
	released($path);
	is $c->final->{body}, 'old', "$what: and comes";
	is fetch($path)->{body}, $stored ? 'old' : 'new', "$what: " .
	    ($stored ? 'it is stored' : 'it is not stored');
}

my @who = ([ 'marked', [] ],
    [ 'who has named himself', [ 'Authorization: Basic eDp5' ] ]);
for (@who) {
	my ($what, $fields) = @$_;

	ask_around("$what, nothing", $fields, sub { }, 1);
	ask_around("$what, purged", $fields,
	    sub { send_request("PURGE $_[0]") }, 0);
	ask_around("$what, softly", $fields,
	    sub { send_request("PURGE $_[0]", [ 'Host: a.test',
	    'Soft-Purge: 1' ]) }, 0);
	ask_around("$what, changed", $fields,
	    sub { send_request("POST $_[0]", [ 'Host: a.test' ], 'x') }, 0)
	    if @$fields;
	ask_around("$what, banned", $fields, sub {
		is system($ctl, '-s', portico()->dir . '/control', 'cache',
		    'ban', '--prefix', $_[0]), 0, 'a ban' }, 0);
}
done_testing;
