# SPDX-License-Identifier: BSD-2-Clause
# What a trusted proxy calls the scheme is only written into a Location if it
# is one of ours.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Client qw(ask request);
use Portico;

my $backend = Backend->new(sub {
	my ($c) = @_;

	while (defined $c->request) {
		my $port = $c->{socket}->sockport;
		$c->send("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
		    . "Location: http://127.0.0.1:$port/a\r\n\r\n");
	}
});
my $p = Portico->start(Portico::one_backend($backend->address,
    listener => 'trusted_proxies = [ "127.0.0.1" ];',
    pool => 'host = "backend";'));

for ([ 'https', 'https://a.test/a' ], [ 'HTTP', 'HTTP://a.test/a' ],
    [ 'javascript', '//a.test/a' ], [ 'https, http', '//a.test/a' ],
    [ 'https://evil.test/?', '//a.test/a' ], [ '', '//a.test/a' ]) {
	my ($scheme, $place) = @$_;
	my $r = ask($p->address('http'), request('GET /',
	    [ "X-Forwarded-Proto: $scheme" ]));

	is $r->{fields}{location}[0], $place, "'$scheme': $place";
}
is ask($p->address('http'), request('GET /'))->{fields}{location}[0],
    'http://a.test/a', 'nothing said: http';
done_testing;
