# SPDX-License-Identifier: BSD-2-Clause
# redirect_https behind a proxy that speaks https itself: no circle.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Certs;
use Client qw(ask field request);
use Portico;

my $b = Backend->new('echo');
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $to = $b->address;
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; redirect_https = true;
	    trusted_proxies = [ "127.0.0.1" ]; };
	    https = { address = "\@https\@"; tls = "$cert"; }; };
	pools = { app = { backends = [ "$to" ]; }; };
});
my $at = $p->address('http');

sub asked
{
	my (@fields) = @_;

	return ask($at, request('GET /x', \@fields))->{status};
}

is asked(), 308, 'nothing said: 308';
is asked('X-Forwarded-Proto: http'), 308, 'http: 308';
is asked('X-Forwarded-Proto: https'), 200, 'https: it is there';
is asked('x-forwarded-proto: HTTPS'), 200, 'in any case';
is asked('X_Forwarded_Proto: https'), 308, 'underscores: 308';
is asked("X-Forwarded-Proto: $_"), 308, "$_: 308"
    for 'https, http', 'httpss', 'ws', '"https"';
is asked('X-Forwarded-Proto: https', 'X-Forwarded-Proto: http'), 308,
    'two of them: 308';
is $p->quit, 0, 'QUIT';
done_testing;
