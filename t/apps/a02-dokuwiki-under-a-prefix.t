# SPDX-License-Identifier: BSD-2-Clause
# The same wiki as a part of another site, below /wiki, of which its server
# knows nothing: it is asked by its own name, for paths without the prefix,
# and its redirects and cookies are made to fit.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Client qw(ask get request field fields);
use Portico;
use Browser;
use Gardener;
use Wiki;

# Links in pages are the application's own affair: it is told the prefix for
# them, but not the site's name, which it writes into one for robots. Some of
# its redirects have the prefix, some do not.
my $browser = Browser->start('wiki.example');
my $wiki = Wiki->start(DOKU_BASE => '/wiki/');
my $backend = $wiki->address;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools     = { wiki = { backends = [ "$backend" ]; host = "backend"; }; };
sites     = { wiki = { hosts = "wiki.example"; routes = (
  { path = "/wiki"; strip_prefix = "/wiki"; pool = "wiki"; },
  { path_is = "/"; redirect = { to = "/wiki/"; }; },
  { deny = 404; } ); }; };
});
my $at = $p->address('http');
my $site = 'wiki.example:' . $p->port('http');
my $gardener = Gardener->new(browser => $browser, wiki => $wiki, at => $at,
    base => "http://$site/wiki", overlook => 'link[rel=canonical]');

# What the wiki says by itself, and what becomes of it.
sub log_in
{
	my ($address, $path, $host) = @_;

	return ask($address, request("POST $path/doku.php?id=start",
	    [ "Host: $host", 'Connection: close',
	    'Content-Type: application/x-www-form-urlencoded' ],
	    "do=login&u=$Wiki::USER&p=" . $Wiki::PASSWORD =~ tr/ /+/r));
}

my $bare = log_in($backend, '', $backend);
my $seen = log_in($at, '/wiki', $site);
is field($bare, 'Location'), "http://$backend/doku.php?id=start",
    'the wiki redirects to itself by the name that it knows';
is field($seen, 'Location'), "http://$site/wiki/doku.php?id=start",
    'but the client to where it came from';
is scalar(grep { m{; path=/;}i } fields($bare, 'Set-Cookie')),
    scalar(fields($bare, 'Set-Cookie')), 'its cookies are for all of it';
is scalar(grep { m{; path=/wiki/?(?:;|$)}i } fields($seen, 'Set-Cookie')),
    scalar(fields($bare, 'Set-Cookie')), 'and the client\'s for the prefix';

$gardener->visit;
$gardener->account;

my @wrong = grep { !m{^"\S+ /(?!wiki/)\S* \S+ \S+ host=\Q$backend\E for=\S+$} }
    $wiki->requests;
is "@wrong", '', 'the backend knows neither the prefix nor the name';
is scalar(grep { $_->{httpOnly} && $_->{path} !~ m{^/wiki/?$} }
    $browser->cookies), 0, 'cookies are of the prefix';
$browser->open_page("http://$site/");
is $browser->url, $gardener->page('start'), 'from the top of the site';
for my $path ('/doku.php', '/wikis/', '/lib/exe/css.php') {
	is get($at, $path, "Host: $site")->{status}, 404, "no $path";
}
$browser->stop;
is $p->quit, 0, 'Portico ends well';
is_deeply [ $p->sums ], [ 1 ], 'with nothing left';
done_testing;
