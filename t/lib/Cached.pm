# SPDX-License-Identifier: BSD-2-Clause
# A Portico with a cache before one backend, and clients of both.
package Cached;
use strict;
use warnings;
use Exporter 'import';
use Backend;
use Client qw(field request);
use Portico;
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(cached together stored times response);

# cache: the keys of the route's group; listener, pool, top, site: more keys.
sub cached
{
	my ($backend, %more) = @_;
	my ($cache, $listener, $pool, $top, $site) = map { $_ // '' }
	    @more{qw(cache listener pool top site)};
	my $size = $more{size} // '64M';
	my $address = ref $backend ? $backend->address : $backend;

	return Portico->start(qq{
	cache = { size = "$size"; };
	listeners = { http = { address = "\@http\@"; $listener }; };
	pools = { app = { backends = [ "$address" ]; $pool }; };
	sites = { x = { hosts = "*"; $site
	    routes = ( { pool = "app"; cache = { $cache }; } ); }; };
	access_log = { to = "\@dir\@/access.log"; };
	$top
	});
}

# A response with a body and these fields.
sub response
{
	my ($status, $body, @fields) = @_;

	return join("\r\n", "HTTP/1.1 $status X", @fields,
	    'Content-Length: ' . length $body) . "\r\n\r\n$body";
}

# Sends the same bytes on n connections, then reads all answers.
sub together
{
	my ($address, $n, $bytes) = @_;
	my @c = map { my $c = Client->new($address); $c->send($bytes); $c }
	    1 .. $n;

	return map { my $r = $_->final; $_->close;
	    $r // { status => 0, body => '', fields => {} } } @c;
}

# True if the cache says that the answer was a hit.
sub stored
{
	my ($r) = @_;

	return (field($r, 'Cache-Status') // '') =~ /^cache;\s*hit\b/;
}

# How often the backend was asked for a target.
sub times
{
	my ($backend, $target) = @_;

	return scalar grep { m{^\S+ \Q$target\E } } $backend->requests;
}

1;
