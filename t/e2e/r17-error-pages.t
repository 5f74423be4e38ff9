# SPDX-License-Identifier: BSD-2-Clause
# Our own errors have pages: of the site, of the route, HTML or JSON.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(ask get request field);
use Portico qw(temporary);

my $dir = temporary();
my %files = (
	'gone.html' => "<h1>Gone for lunch</h1>\n",
	'gone.json' => "{\"sorry\":true}\n", 'route.html' => "<p>route</p>\n",
	'missing.txt' => "nothing here\n", 'denied.html' => "<p>no</p>\n",
	'large.html' => '<p>' . 'x' x 50000 . "</p>\n",
);
for my $name (keys %files) {
	open my $f, '>', "$dir/$name" or die "$name: $!";
	print $f $files{$name};
	close $f;
}
my $b = Backend->new({ '/503' => "HTTP/1.1 503 Busy\r\nContent-Type: a/b\r\n" .
    "Content-Length: 4\r\nRetry-After: 9\r\n\r\nbusy",
    '/404' => "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!",
    '/bad' => "HTTP/9\r\n\r\n", '/never' => sub { $_[0]->drain; 0 } });
my $gone = '127.0.0.1:' . Portico::free_port();
my $app = $b->address;
my $once = 'retry = { attempts = 1; };
    timeouts = { response = "500ms"; };';
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; max_body = "1k"; }; };
pools = { app = { backends = [ "$app" ]; $once };
          gone = { backends = [ "$gone" ]; $once }; };
sites = {
  a = { hosts = "a.test"; errors = (
      { status = [ 502, 503, 504 ]; file = "$dir/gone.html"; },
      { status = [ 502, 503, 504 ]; file = "$dir/gone.json"; },
      { status = 404; file = "$dir/missing.txt"; },
      { status = [ 403, 413 ]; file = "$dir/denied.html"; } );
    routes = (
      { path = "/gone"; pool = "gone"; },
      { path = "/route"; pool = "gone"; errors = ( { status = [ 502, 503 ];
        file = "$dir/route.html"; } ); },
      { path = "/large"; errors = ( { status = 403;
        file = "$dir/large.html"; } ); deny = 403; },
      { path = "/deny"; deny = 403; },
      { path = "/teapot"; deny = 418; },
      { path = "/only"; allow = "10.0.0.0/8"; pool = "app"; },
      { path = "/app"; strip_prefix = "/app"; pool = "app"; } ); };
  b = { hosts = "b.test"; routes = ( { path = "/gone"; pool = "gone"; },
      { path = "/never"; pool = "app"; }, { path = "/bad"; pool = "app"; },
      { path = "/deny"; deny = 403; } ); };
};
});
my $at = $p->address('http');

sub from_b
{
	my ($target, @fields) = @_;

	return get($at, $target, 'Host: b.test', @fields);
}

# Pages of one's own.
for (
    [ '/gone', '50[23]', 'gone.html', 'text/html' ],
    [ '/app/bad', 502, 'gone.html', 'text/html' ],
    [ '/app/never', 504, 'gone.html', 'text/html' ],
    [ '/route', '50[23]', 'route.html', 'text/html' ],
    [ '/nowhere', 404, 'missing.txt', 'text/plain' ],
    [ '/deny', 403, 'denied.html', 'text/html' ],
    [ '/only', 403, 'denied.html', 'text/html' ],
    [ '/large', 403, 'large.html', 'text/html' ]) {
	my ($target, $status, $file, $type) = @$_;
	my $r = get($at, $target);

	like $r->{status}, qr/^$status$/, "$target: $status";
	ok $r->{body} eq $files{$file}, "its page is $file";
	like field($r, 'Content-Type'), qr/^$type\b/, "as $type";
	ok !$r->{broken}, 'whole';
	$r = ask($at, request("HEAD $target"));
	like $r->{status}, qr/^$status$/, 'HEAD';
	is field($r, 'Content-Length'), length $files{$file}, 'with its length';
	is $r->{body}, '', 'but no body';
}
my $r = ask($at, request('POST /app', [], 'x' x 2000));
is "$r->{status} $r->{body}", "413 $files{'denied.html'}", 'POST: 413';
is get($at, '/app/503')->{body}, 'busy', 'a backend\'s own error is its own';
is field(get($at, '/app/503'), 'Retry-After'), 9, 'with its fields';
is get($at, '/app/404')->{body}, 'no!', 'its 404 too';

# Which of several, by Accept.
for (
    [ '', 'html' ], [ '*/*', 'html' ], [ 'text/html', 'html' ],
    [ 'application/json', 'json' ], [ 'Application/JSON', 'json' ],
    [ 'text/html;q=0.5, application/json', 'json' ],
    [ 'application/json;q=0.1, text/html', 'html' ],
    [ 'application/json;q=0, */*', 'html' ],
    [ 'text/html;q=0, */*;q=0.1', 'json' ],
    [ 'application/json, text/html', 'html' ],
    [ 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
	'html' ], [ 'image/png', 'html' ],
    [ 'application/*', 'json' ], [ 'nonsense;;q=', 'html' ],
    [ 'application/json;q=x', qr/html|json/ ]) {
	my ($accept, $kind) = @$_;
	my @fields = $accept eq '' ? () : ("Accept: $accept");
	my $r = get($at, '/gone', @fields);
	my $type = (field($r, 'Content-Type') // '') =~ m{/(html|json)} ? $1 :
	    'neither';

	$kind = $type if ref $kind && $type =~ $kind;
	is $r->{body}, $files{"gone.$kind"} // 0, "own page, '$accept': $kind";
	is $type, $kind, 'typed so';
	$r = from_b('/gone', @fields);
	$type = (field($r, 'Content-Type') // '') =~ m{/(html|json)} ? $1 :
	    'neither';
	is $type, $kind, "default page, '$accept': $kind";
	if ($kind eq 'json') {
		like $r->{body}, qr/^\{"status":$r->{status},
		    "reason":"[A-Z][A-Za-z ]+"\}\s*$/x, 'as it should be';
	} else {
		like $r->{body}, qr/<.*\b$r->{status}\b/s, 'says the status';
	}
}
my %reasons = (403 => [ '/deny', 'Forbidden' ], 404 => [ '/x', 'Not Found' ],
    502 => [ '/bad', 'Bad Gateway' ], 504 => [ '/never', 'Gateway Timeout' ]);
for my $status (sort keys %reasons) {
	my ($target, $reason) = @{ $reasons{$status} };
	my $r = from_b($target, 'Accept: application/json');

	is $r->{body} =~ s/\s+$//r,
	    qq({"status":$status,"reason":"$reason"}), "JSON of a $status";
}
is get($at, '/teapot')->{status}, 418, 'a status without a page of its own';
my $c = Client->new($at);
for my $target ('/deny', '/nowhere', '/large') {
	$c->send(request("GET $target"));
	my $r = $c->final;
	ok $r && $r->{status} >= 400 && !$r->{broken},
	    "$target: the connection is kept";
}
$r = ask($at, "GET /gone HTTP/1.0\r\nHost: a.test\r\n\r\n");
is $r->{body}, $files{'gone.html'}, 'HTTP/1.0';

# The page is what was there when the configuration was read.
open my $f, '>', "$dir/gone.html" or die $!;
print $f 'changed';
close $f;
is get($at, '/gone')->{body}, $files{'gone.html'}, 'not yet read again';
ok $p->reload(undef, sub { get($at, '/gone')->{body} eq 'changed' }),
    'but at a reload';
done_testing;
