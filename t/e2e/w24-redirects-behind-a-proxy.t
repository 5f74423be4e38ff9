# SPDX-License-Identifier: BSD-2-Clause
# redirect_https behind a proxy that ends TLS: who came by https to that one is
# not sent there again, for ever.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(ask field request);
use Portico qw(run_program);

my $b = Backend->new({ '/' => plain('fine') });
my $at = $b->address;
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $p = Portico->start(qq{
listeners = {
    http = { address = "\@http\@"; redirect_https = true;
	trusted_proxies = "127.0.0.1"; };
    open = { address = "\@open\@"; redirect_https = true; };
    https = { address = "\@https\@"; tls = "$cert"; }; };
pools = { app = { backends = "$at"; }; };
});

sub status
{
	my ($name, @fields) = @_;

	return ask($p->address($name), request('GET /', [ 'Host: a.test',
	    @fields ]))->{status};
}

for ([ 200, 'http', 'X-Forwarded-Proto: https' ],
    [ 200, 'http', 'X-Forwarded-Proto: HTTPS', 'X-Forwarded-For: 1.2.3.4' ],
    [ 308, 'http', 'X-Forwarded-Proto: http' ], [ 308, 'http' ],
    [ 308, 'http', 'X-Forwarded-Proto: https, http' ],
    [ 308, 'http', 'X-Forwarded-Proto: https',
	'X-Forwarded-Proto: http' ],
    [ 308, 'http', 'X-Forwarded-Proto: wss' ],
    [ 308, 'http', 'X-Forwarded-Proto:' ],
    [ 308, 'http', 'X-Forwarded-Ssl: on' ],
    [ 308, 'open', 'X-Forwarded-Proto: https' ], [ 308, 'open' ]) {
	my ($status, $name, @fields) = @$_;
	is status($name, @fields), $status, "$name: @fields";
}

my (undef, $out) = run_program('-c', $p->file, '-x', 'GET http://a.test/',
    '-H', 'X-Forwarded-Proto: https');
like $out, qr/^pool +app/m, '-x knows it';
(undef, $out) = run_program('-c', $p->file, '-x', 'GET http://a.test/',
    '-H', 'X-Forwarded-Proto: https', '-a', '192.0.2.1');
like $out, qr/^redirected +308/m, 'and of whom it is believed';
done_testing;
