# SPDX-License-Identifier: BSD-2-Clause
# Cases of caching: an origin with answers for a path, a Portico that caches,
# and what is asked of it. Each case has a path, and so an entry, of its own.
package CacheCase;
use strict;
use warnings;
use Exporter 'import';
use POSIX ();
use Test::More;
use CacheOrigin;
use Client qw(field fields request);
use Portico qw(one_site);

our @EXPORT_OK = qw(start_cases portico origin address new_path answers asked
    times_asked reply date fetch send_request reused not_reused validated
    is_between warm status_of released);
my ($origin, $portico, $client);
my $number = 0;

# routes: instead of one that caches all; cache: keys of its group; top: of
# the file. Returns the Portico.
sub start_cases
{
	my (%opt) = @_;
	my $cache = defined $opt{cache} ? "{ $opt{cache} }" : 'true';
	my $size = $opt{size} // '32M';

	$origin = CacheOrigin->new;
	$portico = Portico->start(one_site($opt{routes} //
	    qq({ pool = "app"; cache = $cache; }), pools => {
	    app => [ $origin->address,
	    $opt{pool} // 'retry = { attempts = 1; };' ] },
	    site => $opt{site}, listener => $opt{listener},
	    top => qq(cache = { size = "$size"; };\n) . ($opt{top} // '')));
	return $portico;
}

sub portico { return $portico }
sub origin { return $origin }
sub address { return $portico->address('http') }
sub new_path { return '/' . ++$number . ($_[0] // '') }
sub answers { return $origin->answers(@_) }
sub asked { return $origin->asked(@_) }
sub times_asked { return scalar(my @all = $origin->asked(@_)) }
sub released { return $origin->release(@_) }

# An HTTP-date so many seconds from now.
sub date
{
	my ($delta, $form) = @_;

	return POSIX::strftime($form // '%a, %d %b %Y %H:%M:%S GMT',
	    gmtime(time + ($delta // 0)));
}

# An answer: 200 or [ status ], the body, fields. A Date of now and a length
# are added; a field without a value takes away what would be added.
sub reply
{
	my ($status, $body, @fields) = @_;
	my $none = $status =~ /^(?:1..|204|304)$/;

	unshift @fields, 'Date: ' . date() if !grep /^date:/i, @fields;
	unshift @fields, 'Content-Length: ' . length $body
	    if !$none && !grep /^(?:content-length|transfer-encoding):/i,
	    @fields;
	return join("\r\n", "HTTP/1.1 $status Some Reason",
	    grep { !/^[\w-]+:$/ } @fields) . "\r\n\r\n" .
	    ($none ? '' : $body);
}

# One exchange on the connection that is kept for that.
sub send_request
{
	my ($line, $fields, $body, %opt) = @_;
	my $bytes = request($line, $fields, $body);

	for (1, 2) {
		$client //= Client->new(address());
		$client->send($bytes);
		my $r = $client->final(head_only => scalar($line =~ /^HEAD /));
		if (!$r) {
			undef $client;
			next;
		}
		undef $client if $r->{broken} || $r->{framing} eq 'close' ||
		    (field($r, 'Connection') // '') =~ /close/i;
		return $r;
	}
	return { status => 0, body => '', fields => {}, head => '',
	    broken => 1 };
}

# A GET, but for { method }; fields in the order in which they are sent.
sub fetch
{
	my ($path, @fields) = @_;

	return send_request("GET $path", \@fields);
}

# The first answer under the path is to be in the cache after this.
sub warm
{
	my ($path, $first, @later) = @_;

	answers($path, $first, @later);
	return fetch($path);
}

sub status_of { my ($r) = @_; return field($r, 'Cache-Status') // '' }

sub say_more
{
	my ($path, @responses) = @_;

	diag("$path: asked ", times_asked($path), "\n", map {
	    "$_->{head}\n\n" . substr($_->{body}, 0, 200) . "\n" }
	    @responses);
	return;
}

# Two requests for a new path, the first one answered with these fields.
# status: of that; body: of that; first, second: fields of the requests; later:
# the answer to another one.
sub twice
{
	my ($fields, %more) = @_;
	my $path = new_path($more{suffix});
	my $line = $more{method} // 'GET';

	answers($path, $more{answer} // reply($more{status} // 200,
	    $more{body} // "first of $path", @$fields),
	    $more{later} // reply(200, "second of $path",
	    'Cache-Control: no-store'));
	my $one = send_request("$line $path", $more{first}, $more{content});
	sleep $more{wait} if $more{wait};
	my $two = fetch($path, @{ $more{second} || [] });

	return ($path, $one, $two);
}

# The second request is answered from the cache: the same status and body.
# wants, wants_not: fields that it has, or has not.
sub reused
{
	my ($name, $fields, %more) = @_;
	my ($path, $one, $two) = twice($fields, %more);
	my $good = times_asked($path) == 1 && $two->{body} eq $one->{body} &&
	    $two->{status} eq $one->{status} && !$two->{broken} &&
	    $one->{status} eq ($more{status} // 200);

	for my $field (@{ $more{wants} || [] }) {
		my ($n, $v) = split /: */, $field, 2;
		$good &&= grep { $_ eq $v } fields($two, $n);
	}
	for my $field (@{ $more{wants_not} || [] }) {
		$good &&= !defined field($two, $field);
	}
	ok $good, $name or say_more($path, $one, $two);
	return $two;
}

# The second request goes to the origin, and its answer is the one.
sub not_reused
{
	my ($name, $fields, %more) = @_;
	my ($path, $one, $two) = twice($fields, %more);
	my $good = times_asked($path) == 2 && $two->{status} == 200 &&
	    $two->{body} eq "second of $path" &&
	    $one->{status} eq ($more{status} // 200);

	ok $good, $name or say_more($path, $one, $two);
	return $two;
}

# The origin is asked whether the first answer still holds, by this field; it
# does, and is the answer.
sub validated
{
	my ($name, $fields, $condition, %more) = @_;
	my ($path, $one, $two) = twice($fields, %more,
	    later => $more{later} // reply(304, '',
	    grep { !/^(?:content-|date:)/i } @$fields));
	my ($request) = (asked($path))[1];
	my $good = times_asked($path) == 2 && $two->{status} == 200 &&
	    $two->{body} eq $one->{body} &&
	    ($request // '') =~ /^\Q$condition\E\r$/m;

	ok $good, $name or say_more($path, $one, $two,
	    { head => $request // '', body => '' });
	return $two;
}

# A number of seconds; a busy machine may add some.
sub is_between($$$$)
{
	my ($value, $low, $high, $name) = @_;

	$high += 5;
	return ok(defined $value && $value =~ /^-?\d+$/ && $value >= $low &&
	    $value <= $high, $name) ||
	    diag(($value // 'nothing') . " is not of $low to $high");
}

1;
