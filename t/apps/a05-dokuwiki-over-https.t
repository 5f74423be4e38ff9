# SPDX-License-Identifier: BSD-2-Clause
# The same wiki behind https, found by http, in a browser that trusts our
# authority.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Certs;
use Client qw(get field);
use Portico;
use Tls qw(ask_tls);
use Browser;
use Gardener;
use Wiki;

my $ca = Certs->new;
my $cert = $ca->under->leaf(names => [ 'wiki.example' ]);
my $wiki = Wiki->start;
my $backend = $wiki->address;
my $p = Portico->start(qq{
listeners = {
  http  = { address = "\@http\@"; redirect_https = true; };
  https = { address = "\@https\@"; tls = { certificates = "$cert";
    hsts = "30d"; }; }; };
pools     = { wiki = { backends = [ "$backend" ]; }; };
sites     = { wiki = { hosts = "wiki.example";
                       routes = ( { pool = "wiki"; } ); }; };
access_log = { to = "\@dir\@/access.log"; format = "json"; };
});
my ($http, $https) = map { $p->address($_) } qw(http https);
my ($from, $base) = ('http://wiki.example:' . $p->port('http'),
    'https://wiki.example:' . $p->port('https'));
my $browser = Browser->start('wiki.example', \$ca->file);
my $gardener = Gardener->new(browser => $browser, wiki => $wiki,
    at => $https, base => $base, ask => sub {
	my ($at, $bytes) = @_;
	return ask_tls($at, $bytes, name => 'wiki.example') });

my $r = get($http, '/doku.php?id=start', 'Host: wiki.example:1');
is $r->{status}, 308, 'http is redirected';
is field($r, 'Location'), "$base/doku.php?id=start",
    'to the same by https';
$browser->open_page("$from/doku.php?id=start");
is $browser->url, "$base/doku.php?id=start",
    'and so is the browser';
ok $browser->run('return window.isSecureContext'), 'it trusts what it sees';
$browser->events; # of the redirect there is enough
$browser->{events} = [];

$gardener->visit;
$gardener->account;

my @responses = grep { $_->{url} !~ /^data:/ } $browser->responses;
is join(' ', map { $_->{url} } grep { ($_->{securityState} // '') ne 'secure' }
    @responses), '', 'all ' . @responses . ' came over TLS';
my %protocols = map { $_->{securityDetails}{protocol} // 'none' => 1 }
    @responses;
is join(' ', sort keys %protocols), 'TLS 1.3', 'of version 1.3';
is scalar(grep { ($_->{'strict-transport-security'} // '') !~
    /^max-age=2592000\b/ } $browser->heads), 0, 'HSTS in each of them';
my @cookies = $browser->cookies;
is scalar(grep { $_->{name} =~ /^D/ && !$_->{secure} } @cookies), 0,
    'its cookies are for https alone';
is scalar(grep { /"status":\s*[45]\d\d/ && !/"status":\s*403/ }
    $p->access_lines(10)), 0, 'the log knows of no error';
$browser->stop;
is $p->quit, 0, 'Portico ends well';
is_deeply [ $p->sums ], [ 1 ], 'with nothing left';
done_testing;
