# SPDX-License-Identifier: BSD-2-Clause
# A backend gets another host name by a reload: until the new family serves,
# the one that does has the address that it had.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(command backend_of);
use Dns;
use Portico;

my ($old, $new) = map { Backend->new(plain($_)) } qw(old new);
my ($old_port, $new_port) = map { $_->port } $old, $new;
my $dns = Dns->new('old.test' => [ 'A 127.0.0.1' ],
    'new.test' => [ 'A 127.0.0.1' ]);
my $resolver = $dns->address;

sub conf
{
	my ($at) = @_;

	return qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = ( { name = "web"; address = "$at"; } );
	    max_reuse = 1; }; };
	resolvers = [ "$resolver" ];
	};
}

my $p = Portico->start(conf("old.test:$old_port"));
my $sock = $p->dir . '/portico.sock';
my $http = $p->address('http');

get($http, '/') for 1 .. 10;
my $before = backend_of($sock, 'app/web')->{attempts};
is $before, 10, 'ten requests';

$dns->mood('new.test', 'silent');
$p->reload(conf("new.test:$new_port"));
my (%bodies, @wrong);
my $until = time + 8;
while (time < $until && !$bodies{new}) {
	my $r = get($http, '/');
	my $body = ($r->{status} // 0) == 200 ? $r->{body} : '';

	$bodies{$body}++;
	push @wrong, $r->{status} // 'nothing' if !$body && !$bodies{new};
	$dns->mood('new.test', '') if $until - time < 7.4;
	sleep 0.02;
}
cmp_ok $bodies{old}, '>', 5, 'the old one serves while the name is asked for';
ok $bodies{new}, 'then the new one does';
is "@wrong", '', 'and no request fails';
cmp_ok backend_of($sock, 'app/web')->{attempts}, '>', $before,
    'the counters of the name go on';
is $p->quit, 0, 'QUIT';
done_testing;
