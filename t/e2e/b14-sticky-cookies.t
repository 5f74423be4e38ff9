# SPDX-License-Identifier: BSD-2-Clause
# A client keeps its backend by a cookie that no backend sees.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Pool qw(backends pool names);
use Client qw(ask field fields request);
use Portico qw(free_port);

my %b = backends(qw(a b c old));
my $rude = Backend->new(plain('rude', 'Set-Cookie: route=mine; Path=/',
    'Set-Cookie: other=1'), name => 'rude');
my $oops = Backend->new(plain('oops') =~ s/200 OK/500 Oops/r);
my $chatty = Backend->new("HTTP/1.1 101 Switching Protocols\r\n" .
    "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", name => 'chatty');
my $gone = '127.0.0.1:' . free_port();
my $sticky = 'sticky = { cookie = "route"; secret = "0123456789abcdef"; };';
my $p = Portico->start('listeners = { http = { address = "@http@"; };
    tls = { address = "@tls@"; trusted_proxies = "127.0.0.1"; }; };
    pools = { app = ' . pool($sticky, map { ($b{$_}, $_ eq 'old' ?
    'weight = 0;' : '') } sort keys %b) . ';
    long = ' . pool('sticky = { cookie = "route"; ttl = "1h"; };',
    $b{a}, '', $b{b}, '') . ';
    rude = ' . pool($sticky, $rude, '') . ';
    oops = ' . pool($sticky, $oops, '') . ';
    chat = ' . pool($sticky, $chatty, '') . ';
    gone = ' . pool("$sticky fallback = \"plain\";", $gone, '') . ';
    plain = ' . pool('', $rude, '') . ';
    drained = ' . pool($sticky, $b{a}, 'state = "drain";', $b{b}, '') . ';
    down = ' . pool($sticky, $b{a}, 'state = "down";', $b{b}, '') . '; };
    sites = { x = { hosts = "*"; routes = ( ' . join(', ', map {
    "{ path = \"/$_\"; pool = \"$_\"; }" } qw(long rude oops chat gone drained
    down)) . ', { path = "/bare"; pool = "app"; headers = { response = {
    remove = [ "Set-Cookie" ]; }; }; }, { pool = "app"; } ); }; };');
my ($at, $tls) = map { $p->address($_) } qw(http tls);

sub visit
{
	my ($target, @fields) = @_;

	return ask($at, request("GET $target", \@fields));
}

sub value
{
	my ($r) = @_;

	return (field($r, 'Set-Cookie') // '') =~ /^route=(\w+)/ ? $1 : undef;
}

my $generation = 1;

# Changes the file and waits until it is in effect.
sub reload
{
	my ($change, $what) = @_;
	local $_ = Portico::slurp($p->file);

	$change->();
	$generation++;
	ok $p->reload($_, sub { $p->log =~
	    /generation $generation is running/ }), $what;
	return;
}

# Without a cookie: each answer brings one, of its backend.
my (%cookie, %value);
for (1 .. 6) {
	my $r = visit('/');
	my $from = field($r, 'X-Backend');

	like field($r, 'Set-Cookie') // 'none', qr{^route=[0-9a-f]{16};
	    \ Path=/;\ HttpOnly;\ SameSite=Lax$}x, "a cookie from $from";
	is $cookie{$from} // value($r), value($r), 'the same for the same';
	$cookie{$from} = value($r);
}
is join('', sort keys %cookie), 'abc', 'three backends, weight 0 none';
my %different = reverse %cookie;
is scalar keys %different, 3, 'three values';

# With it: always there, no other one is set, and the backend sees none.
for my $name (sort keys %cookie) {
	my $c = "route=$cookie{$name}";
	my @r = map { visit('/', "Cookie: $c") } 1 .. 4;

	is join('', map { field($_, 'X-Backend') } @r), $name x 4,
	    "$name is kept";
	is scalar(grep { fields($_, 'Set-Cookie') } @r), 0, 'no new cookie';
	is scalar(grep { $_->{body} =~ /cookie/i } @r), 0, 'nor any passed on';
}
for ([ "x=1; route=$cookie{b}; y=2", 'x=1; y=2' ],
    [ "route=$cookie{b};y=2;  z", 'y=2;  z' ],
    [ "x=1;route=$cookie{b}", 'x=1' ], [ 'xroute=1; Route=2',
    'xroute=1; Route=2' ], [ 'route=x; route=y; q="a b"', 'q="a b"' ],
    [ ' ;x=1;;', ';x=1;;' ]) {
	my ($sent, $seen) = @$_;

	like visit('/', "Cookie: $sent")->{body}, qr/^Cookie: \Q$seen\E$/m,
	    "'$sent' becomes '$seen'";
}
my $two = visit('/', 'Cookie: x=1', "Cookie: route=$cookie{c}",
    'Cookie: y=2');
is field($two, 'X-Backend'), 'c', 'in one of several fields';
is join(' ', $two->{body} =~ /^Cookie: (.*)$/mg), 'x=1 y=2', 'the others go';

# What names nobody, or somebody who is down, is set anew.
isnt value(visit('/', 'Cookie: route=0123456789abcdef')), undef, 'unknown';
isnt value(visit('/', 'Cookie: route=')), undef, 'empty';
isnt value(visit('/', 'Cookie: route=' . 'f' x 4000)), undef, 'very long';
my ($few, $many) = map { join '; ', ('route=0123456789abcdef') x $_,
    "route=$cookie{c}" } 7, 8;
is join('', map { field(visit('/', "Cookie: $few"), 'X-Backend') } 1 .. 3),
    'ccc', 'among a few';
isnt value(visit('/', "Cookie: $many")), undef, 'not among too many';
my ($of_a) = map { value($_) } grep { field($_, 'X-Backend') eq 'a' }
    map { visit('/long') } 1 .. 2;
isnt $of_a, undef, 'another pool';
isnt $of_a, $cookie{a}, 'where the value is another one';

# Attributes.
like field(visit('/long'), 'Set-Cookie'), qr/; Max-Age=3600$/, 'Max-Age';
like field(ask($tls, request('GET /', [ 'X-Forwarded-Proto: https' ])),
    'Set-Cookie'), qr/; Secure$/, 'Secure';
unlike field(ask($tls, request('GET /', [ 'X-Forwarded-Proto: http' ])),
    'Set-Cookie'), qr/Secure/, 'not over http';
unlike field(ask($at, request('GET /', [ 'X-Forwarded-Proto: https' ])),
    'Set-Cookie'), qr/Secure/, 'nor when a stranger says https';

# Whose cookie it is.
my $r = visit('/rude');
like join('|', fields($r, 'Set-Cookie')), qr/^other=1\|route=[0-9a-f]{16};/,
    'that of the backend is dropped';
is_deeply [ fields(visit('/oops'), 'Set-Cookie') ], [],
    'an error binds nobody';
$r = visit('/gone');
is_deeply [ $r->{body}, fields($r, 'Set-Cookie') ], [ 'rude', 'other=1' ],
    'none from a fallback that has none';
is_deeply [ fields(visit('/bare'), 'Set-Cookie') ], [],
    'a route has the last word';

# A tunnel gets one, too.
my $chat = Client->new($at);
$chat->send(request('GET /chat', [ 'Connection: Upgrade',
    'Upgrade: websocket' ]));
$r = $chat->final_or_101;
is $r->{status}, 101, 'a tunnel';
like field($r, 'Set-Cookie'), qr/^route=[0-9a-f]{16};/, 'with a cookie';
$chat->close;

# Draining is honoured, down is not. The pools' names are in the values.
my @to_b = map { visit('/drained') } 1 .. 4;
is join('', map { field($_, 'X-Backend') } @to_b), 'bbbb',
    'new clients go past who drains';
reload(sub { s/(drained = .*?)state = "drain";/$1/s }, 'a reload: it is up');
my ($kept) = map { value($_) } grep { field($_, 'X-Backend') eq 'a' }
    map { visit('/drained') } 1 .. 2;
isnt $kept, undef, 'clients come';
reload(sub { s/(drained = .*?name = "a"; [^;]*;)/$1 state = "drain";/s },
    'a reload: it drains');
$r = visit('/drained', "Cookie: route=$kept");
is field($r, 'X-Backend'), 'a', 'and they stay until they are done';
is value($r), undef, 'with the cookie that they have';
reload(sub { s/(drained = .*?)state = "drain";/$1state = "down";/s },
    'a reload: it is down');
$r = visit('/drained', "Cookie: route=$kept");
is field($r, 'X-Backend'), 'b', 'now they move';
isnt value($r) // $kept, $kept, 'and are told so';

# It dies: the next request moves, and the cookie with it.
$b{c}->stop;
$r = visit('/', "Cookie: route=$cookie{c}");
is $r->{status}, 200, 'its backend has died';
is value($r), $cookie{ field($r, 'X-Backend') }, 'another one takes over';
is $p->quit, 0, 'QUIT';
done_testing;
