# SPDX-License-Identifier: BSD-2-Clause
# A PROXY header tells backends who the client is, on each connection anew.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::UNIX;
use Test::More;
use Backend qw(plain);
use Client qw(get ask request until_true);
use Portico;
use Proxied qw(proxy_v1 read_proxy);
use Served;

# nginx, which takes nothing without a header.
package Behind;
our @ISA = ('Served');

sub nginx_text
{
	my ($self) = @_;
	my $text = $self->SUPER::nginx_text;
	my @said = map "\$proxy_protocol_$_",
	    qw(addr port server_addr server_port);

	$text =~ s/listen ([^;]+);/listen $1 proxy_protocol;/;
	$text =~ s/(location \/u)/location = \/who { return 200 "@said"; }\n$1/;
	return $text;
}

package main;

# Answers with the words of the header, and what the request is.
sub told
{
	my ($c) = @_;
	my @words;

	until (@words = read_proxy($c->{in})) {
		$c->more or return;
	}
	while (defined(my $r = $c->request)) {
		my ($what) = $r =~ /^(\S+ \S+)/;
		my $body = $c->{body} // '';

		return if $what =~ /fail/ && !$c->{failed}++ &&
		    !-e "$c->{dir}/failed" && $c->record('failed', 1) // 1;
		$c->send(plain(join ' ', @words, '|', $what, $c->number,
		    length $body)) or return;
	}
	return;
}

my %b = map { $_ => Backend->new(\&told, at => $_ eq 'six' ? '[::1]:0' :
    '127.0.0.1:0') } qw(one two six checked);
my $nginx = eval { Behind->new('nginx', 'behind') };
my $p = Portico->start(qq{
listeners = {
	http = { address = "\@http\@"; };
	six = { address = "\@at6\@"; };
	front = { address = "\@front\@"; proxy_protocol = true; };
	trusting = { address = "\@trusting\@";
	    trusted_proxies = [ "127.0.0.0/8" ]; };
	sock = { address = "unix:\@dir\@/sock";
	    trusted_proxies = [ "unix:" ]; };
};
pools = {
	one = { backends = [ "@{[ $b{one}->address ]}" ];
	    proxy_protocol = 1; };
	two = { backends = [ "@{[ $b{two}->address ]}" ];
	    proxy_protocol = 2; };
	six = { backends = [ "@{[ $b{six}->address ]}" ];
	    proxy_protocol = 2; };
	checked = { backends = [ "@{[ $b{checked}->address ]}" ];
	    proxy_protocol = 2; health = { path = "/health";
	    interval = "100ms"; }; };
	plain = { backends = [ "@{[ $b{checked}->address ]}" ];
	    proxy_protocol = 1; health = { path = "/one";
	    interval = "100ms"; }; };
	nginx = { backends = [ "@{[ $nginx ? $nginx->address :
	    '127.0.0.1:1' ]}" ]; proxy_protocol = 2; };
	nginx1 = { backends = [ "@{[ $nginx ? $nginx->address :
	    '127.0.0.1:1' ]}" ]; proxy_protocol = 1; };
};
sites = { x = { hosts = "*"; routes = (
@{[ join ",\n", map "{ path = \"/$_\"; strip_prefix = \"/$_\"; pool = \"$_\"; }",
	qw(one two six nginx nginx1 checked) ]} ); }; };
}, listeners => []);
my %at = map { $_ => $p->address($_) } qw(http at6 front trusting);
my %port = map { $_ => $p->port($_) } keys %at;

# The words that a backend read; the source port is as the client has it.
sub words
{
	my ($c, $target, @fields) = @_;

	$c->send(request("GET $target", \@fields));
	my $r = $c->response or return 'closed';
	return $r->{status} == 200 ? $r->{body} =~ s/ \|.*//r : $r->{status};
}

sub port_of { my ($c) = @_; return $c->{socket}->sockport }

my $c = Client->new($at{http});
my $mine = port_of($c);
is words($c, '/one/'), "1 TCP4 127.0.0.1 127.0.0.1 $mine $port{http}",
    'version 1';
is words($c, '/two/'), "2 TCP4 127.0.0.1 127.0.0.1 $mine $port{http}",
    'version 2';
is words($c, '/six/'), "2 TCP4 127.0.0.1 127.0.0.1 $mine $port{http}",
    'of the client, whatever the backend is reached by';
$c = Client->new($at{at6});
$mine = port_of($c);
is words($c, '/one/'), "1 TCP6 ::1 ::1 $mine $port{at6}", 'IPv6';
is words($c, '/two/'), "2 TCP6 ::1 ::1 $mine $port{at6}",
    'IPv6 in version 2';

# The real client, as far as somebody is believed about it.
$c = Client->new($at{front});
$c->send(proxy_v1('198.51.100.7', 1234, '192.0.2.1', 80));
is words($c, '/two/'), "2 TCP4 198.51.100.7 127.0.0.1 1234 $port{front}",
    'a client that a PROXY header names';
$c = Client->new($at{trusting});
is words($c, '/one/', 'X-Forwarded-For: 203.0.113.9'),
    "1 TCP4 203.0.113.9 127.0.0.1 0 $port{trusting}",
    'one that X-Forwarded-For names';
is words($c, '/two/', 'X-Forwarded-For: 2001:db8::9'),
    "2 TCP6 2001:db8::9 ::ffff:127.0.0.1 0 $port{trusting}",
    'of another family than our address';
$c = Client->new($at{http});
$mine = port_of($c);
is words($c, '/one/', 'X-Forwarded-For: 203.0.113.9'),
    "1 TCP4 127.0.0.1 127.0.0.1 $mine $port{http}",
    'where nobody is believed: the peer';

# A client of a unix socket has no address, unless it says one.
sub over_unix
{
	my ($target, @fields) = @_;
	my $s = IO::Socket::UNIX->new(Peer => $p->dir . '/sock');
	my $in = '';

	syswrite $s, request("GET $target", [ @fields, 'Connection: close' ]);
	until_true(sub { !sysread $s, $in, 65536, length $in });
	return $in =~ /\r\n\r\n(.*?) \|/s ? $1 : $in;
}
is over_unix('/one/'), '1 UNKNOWN', 'over a unix socket: UNKNOWN';
is over_unix('/two/'), '2 LOCAL', 'over a unix socket: LOCAL';
is over_unix('/two/', 'X-Forwarded-For: 203.0.113.9'),
    '2 TCP4 203.0.113.9 0.0.0.0 0 0', 'unless somebody names it';

# A connection is one client's: it carries one request.
my %seen;
$b{one}->clear;
for (1 .. 3) {
	my $d = Client->new($at{http});

	for (1 .. 3) {
		$d->send(request('GET /one/x'));
		my ($number) = $d->response->{body} =~ /\| \S+ \S+ (\d+)/;
		$seen{$number}++;
	}
}
is scalar(keys %seen), 9, 'no connection is used again';
is scalar(() = map { /^PROXY /mg } $b{one}->received), 9,
    'each has a header, and one';

# Bodies behind it, and attempts that are made again.
for my $n (1, 5000, 300_000) {
	my $r = ask($at{http}, request('POST /two/up', [], 'x' x $n));

	like $r->{body}, qr/^2 TCP4 .*\| POST \/up \d+ $n$/, "a body of $n";
}
$b{one}->clear;
my $r = get($at{http}, '/one/fail');
is $r->{status}, 200, 'one that failed is made again';
my @tried = grep { /fail/ } $b{one}->received;
is scalar(@tried), 2, 'on two connections';
is scalar(grep { /^PROXY TCP4 127\.0\.0\.1 \S+ \d+ \d+\r\nGET \/fail / }
    @tried), 2, 'with a header each';

# Checks are nobody's connections.
ok until_true(sub { $b{checked}->received >= 4 }, 5), 'checks come';
my @raw = $b{checked}->received;
ok scalar(grep { /^\Q$Proxied::SIGNATURE\E\x20\0\0\0GET \/health / } @raw),
    'LOCAL before those of version 2';
ok scalar(grep { /^PROXY UNKNOWN\r\nGET \/one / } @raw),
    'UNKNOWN before those of version 1';
is scalar(grep { !/^(?:\Q$Proxied::SIGNATURE\E\x20\0\0\0|PROXY UNKNOWN\r\n)/ }
    grep { length } @raw), 0, 'and before all of them';
like get($at{http}, '/checked/x')->{body}, qr/^2 TCP4/,
    'they do not take it down';

SKIP: {
	skip 'no nginx', 4 if !$nginx;
	for my $pool (qw(nginx nginx1)) {
		$c = Client->new($at{http});
		$mine = port_of($c);
		is words($c, "/$pool/who"),
		    "127.0.0.1 $mine 127.0.0.1 $port{http}",
		    "$pool reads it";
		$c = Client->new($at{at6});
		$mine = port_of($c);
		is words($c, "/$pool/who"), "::1 $mine ::1 $port{at6}",
		    "$pool reads it: IPv6";
	}
}
is $p->quit, 0, 'QUIT ends it';
done_testing;
