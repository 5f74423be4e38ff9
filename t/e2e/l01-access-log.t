# SPDX-License-Identifier: BSD-2-Clause
# One line for each request, when it has ended; reopened at USR1.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain chunked);
use Client qw(ask get request until_true);
use Portico;

my $b = Backend->new({ '/a?b=c' => plain('hello'),
    '/chunks' => chunked('a' x 10, 'b' x 10), '/"q"' => plain('x') });
my $address = $b->address;
my $p = Portico->start(qq{
access_log = { to = "\@dir\@/access.log"; format = "combined"; };
listeners = { http = { address = "\@http\@"; };
              outer = { address = "\@outer\@";
                        trusted_proxies = [ "127.0.0.1", "10.0.0.0/8" ]; }; };
pools = { app = { backends = [ "$address" ]; }; };
});
my $at = $p->address('http');
my $file = $p->dir . '/access.log';

sub lines
{
	my ($n) = @_;

	until_true(sub { (() = Portico::slurp($file) =~ /\n/g) >= $n }, 5);
	return split /\n/, Portico::slurp($file);
}

get($at, '/a?b=c', 'User-Agent: curl/9 "x"', 'Referer: http://r.test/');
get($at, '/chunks');
ask($at, request('HEAD /a?b=c'));
get($at, '/none');
ask($at, "GET / HTTP/1.1\r\n\r\n");
get($p->address('outer'), '/a?b=c', 'X-Forwarded-For: 9.9.9.9',
    'X-Forwarded-For: 5.6.7.8, 10.0.0.1');
get($p->address('outer'), '/a?b=c', 'X-Forwarded-For: 9.9.9.9, nonsense');
my $dated = qr{\[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]};
my @lines = lines(7);

is scalar @lines, 7, 'as many lines as requests';

# Workers write their lines on their own: the order is not that of the asking.
sub has { return (grep { $_ =~ $_[0] } @lines)[0] // '' }
my $first = has(qr/r\.test/);
like $first, qr{^127\.0\.0\.1 - - $dated "GET /a\?b=c HTTP/1\.1" 200 5 },
    'combined';
like $first, qr{ "http://r\.test/" "curl/9 \S+"$}, 'Referer and User-Agent';
unlike $first, qr{"curl/9 "x""}, 'a quote is escaped';
like has(qr/chunks/), qr{"GET /chunks HTTP/1\.1" 200 \d+ "-" "-"$},
    'no fields: -';
like has(qr/HEAD/), qr{"HEAD /a\?b=c HTTP/1\.1" 200 (?:0|-) }, 'HEAD';
like has(qr/none/), qr{" 404 (?:0|-) }, 'a status of the backend';
like has(qr/" 400 /), qr/^127\.0\.0\.1 /,
    'a refused request has its line';
like has(qr/^5\./), qr/^5\.6\.7\.8 /, 'the client that trusted proxies tell';
is scalar(grep { !/^(?:127\.0\.0\.1|5\.6\.7\.8) / } @lines), 0,
    'nonsense is no address';

get($at, '/nowhere', "User-Agent: a\tb\xff\x80");
@lines = lines(8);
unlike has(qr/nowhere/), qr/[\0-\x1f\x7f]/, 'control bytes are escaped';

rename $file, "$file.1" or die $!;
get($at, '/renamed');
ok until_true(sub { Portico::slurp("$file.1") =~ m{/renamed} }, 5),
    'after a rename: still in the old file';
$p->signal('USR1');
ok until_true(sub { -e $file }, 5), 'USR1 makes a new one';
get($at, '/reopened');
ok until_true(sub { Portico::slurp($file) =~ m{/reopened} }, 5),
    'which is written to';
unlike Portico::slurp("$file.1"), qr{/reopened}, 'the old is not';

my $c = Client->new($at);
$c->send(join '', map { request("GET /many$_") } 1 .. 200);
$c->final or last for 1 .. 200;
ok until_true(sub { (() = Portico::slurp($file) =~ m{/many}g) == 200 }, 5),
    'none of 200 is missing';
$c->send(request('GET /last'));
$c->final;
$p->quit;
like Portico::slurp($file), qr{/last}, 'nor the last one before QUIT';
done_testing;
