# SPDX-License-Identifier: BSD-2-Clause
# A whole wiki in its own site: DokuWiki, used through a browser.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Client qw(get);
use Portico;
use Browser;
use Gardener;
use Wiki;

my $browser = Browser->start('wiki.example');
my $wiki = Wiki->start;
my $backend = $wiki->address;
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools     = { wiki = { backends = [ "$backend" ]; }; };
sites     = { wiki = { hosts = "wiki.example";
                       routes = ( { pool = "wiki"; } ); }; };
});
my $at = $p->address('http');
my $gardener = Gardener->new(browser => $browser, wiki => $wiki, at => $at,
    base => 'http://wiki.example:' . $p->port('http'));

$gardener->visit;
$gardener->account;

my @bare = grep { !/^\S+ \S+ \S+ \S+ host=wiki\.example\S* for=127\.0\.0\.1$/ }
    $wiki->requests;
is "@bare", '', 'the backend was asked by nobody but Portico';
is scalar(grep { $_->{domain} ne 'wiki.example' || $_->{path} ne '/' }
    $browser->cookies), 0, 'cookies are of this site';
is get($at, '/', 'Host: other.example')->{status}, 421, 'no other site';
$browser->stop;
is $p->quit, 0, 'Portico ends well';
is_deeply [ $p->sums ], [ 1 ], 'with nothing left';
done_testing;
