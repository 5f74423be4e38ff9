# SPDX-License-Identifier: BSD-2-Clause
# A backend whose every response is another one, and may be stored.
package Fresh;
use strict;
use warnings;
use Backend ();
use Client qw(field get);
use Exporter 'import';
use Time::HiRes qw(time);

our @EXPORT_OK = qw(fresh_backend age_of same_twice);

# Any target gets a body that it never had before, of `bytes` if given.
sub fresh_backend
{
	my (%opt) = @_;
	my $fields = $opt{fields} // "Cache-Control: max-age=600\r\n";

	return Backend->new(sub {
		my ($c) = @_;
		while (defined(my $r = $c->request)) {
			my ($target) = $r =~ /^\S+ (\S+)/;
			my $body = "$target " . time . ' ' . rand . ' ';
			$body .= 'x' x ($opt{bytes} - length $body)
			    if ($opt{bytes} // 0) > length $body;
			$c->send("HTTP/1.1 200 OK\r\n${fields}Content-Length: "
			    . length($body) . "\r\n\r\n$body") or return;
		}
	});
}

# undef for what came from the backend.
sub age_of { my ($r) = @_; return field($r, 'Age') }

# Whether two requests have the same answer: the second is from the cache.
sub same_twice
{
	my ($at, $target) = @_;
	my ($one, $two) = map { get($at, $target) } 1, 2;

	return $one->{status} == 200 && $one->{body} eq $two->{body};
}

1;
