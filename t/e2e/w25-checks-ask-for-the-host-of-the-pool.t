# SPDX-License-Identifier: BSD-2-Clause
# A pool that sends one host only is checked by that host: a backend that is
# good for requests is not down for another name.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend;
use Certs;
use Client qw(get until_true);
use Portico;
use TlsBackend;

my $ca = Certs->new;
my $file = $ca->file;
my $tls = TlsBackend->new('echo',
    cert => $ca->leaf(names => [ 'app.test' ]));
my %b = (tls => $tls, plain => Backend->new('echo'),
    other => Backend->new('echo'));
my %at = map { $_ => $b{$_}->address } keys %b;
# A pool that sends that one.
sub pool
{
	my ($scheme, $at, $more) = @_;

	return qq{{ backends = "$scheme$at"; host = "app.test"; health = {
	    path = "/check"; interval = "100ms"; timeout = "2s"; $more }; };};
}

my $pools = 'tls = ' . pool('https://', $at{tls}, '')
    =~ s/host =/tls = { ca = "$file"; }; host =/r
    . 'plain = ' . pool('', $at{plain}, '')
    . 'other = ' . pool('', $at{other}, 'host = "x.test:81";');
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = { $pools };
sites = { all = { hosts = "*"; routes = ( { path = "/tls"; pool = "tls"; },
    { path = "/other"; pool = "other"; }, { pool = "plain"; } ); }; };
});

sub checks { return grep { m{^GET /check } } $b{$_[0]}->received }

for (qw(tls plain other)) {
	ok until_true(sub { checks($_) >= 3 }, 10), "$_ is checked";
	my ($host) = (checks($_))[0] =~ /^Host: (.*)\r$/mi;
	is $host, $_ eq 'other' ? 'x.test:81' : 'app.test', 'by that host';
	is get($p->address('http'), "/$_")->{status}, 200, 'and serves';
}
unlike $p->log, qr/is down/, 'none was ever down';
done_testing;
