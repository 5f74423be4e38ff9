# SPDX-License-Identifier: BSD-2-Clause
# Connections to https backends: for which name, resumed, full, late, PROXY.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Backend qw(plain);
use Certs;
use Client qw(ask get request until_true);
use Portico;
use TlsBackend;

my $ca = Certs->new;
my $leaf = $ca->leaf(names => [ 'a.test', 'b.test' ]);
my $file = $ca->file;

sub slow
{
	my ($c) = @_;

	while (defined(my $r = $c->request)) {
		sleep 0.3 if $r =~ /slow/;
		$c->send(plain(join ' ', $r =~ /^Host: (\S+)/m)) or return;
	}
	return;
}

sub backend { return TlsBackend->new(\&slow, cert => $leaf, @_) }

my %b = (names => backend(), fixed => backend(), own => backend(),
    full => backend(), proxy => backend(proxy => 1),
    old => backend(version => '1.2'), checked => backend());
my $mute = Backend->new(sub { sleep 60 });
my %keys = (names => qq{tls = { ca = "$file"; };},
    fixed => qq{tls = { ca = "$file"; name = "a.test"; };},
    own => qq{tls = { ca = "$file"; }; host = "b.test";},
    full => qq{tls = { ca = "$file"; }; queue = { length = 50; };},
    proxy => qq{tls = { ca = "$file"; }; proxy_protocol = 1;},
    old => qq{tls = { ca = "$file"; }; max_reuse = 1;},
    checked => qq{tls = { ca = "$file"; name = "a.test"; }; max_reuse = 1;
	health = { path = "/"; interval = "200ms"; };},
    mute => 'tls = true; timeouts = { connect = "700ms"; };');
my $pools = join '', map { sprintf '%s = { backends = ( { name = "b"; %s ' .
    'address = "https://%s"; } ); %s };', $_, $_ eq 'full' ?
    'max_connections = 2;' : '', ($b{$_} // $mute)->address, $keys{$_} }
    keys %keys;
my $routes = join ', ', map { qq{{ path = "/$_"; pool = "$_"; }} } keys %keys;
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { $pools };
	sites = { x = { hosts = "*"; routes = ( $routes ); }; };
	gates = 1;
});
my $at = $p->address('http');

sub try
{
	my ($path, $host) = @_;

	return ask($at, request("GET /$path", [ 'Host: ' . ($host //
	    'a.test') ]));
}

sub asked { return join ' ', map { (split)[1] } $b{$_[0]}->handshakes }

# The Host that is sent is the name, and no connection is another name's.
my @hosts = qw(a.test b.test A.TEST:80 b.test:99 a.test b.test);
is join(' ', map { try('names', $_)->{body} } @hosts), "@hosts",
    'hosts as they come';
is asked('names'), 'a.test b.test', 'a connection for each of two names';
is try('names', 'c.test')->{status}, 502, 'a name that it has not';
ok $p->logged(qr{hostname mismatch: certificate is for a\.test, b\.test}),
    'and the log says so';
is join(' ', map { try('fixed', $_)->{body} } @hosts), "@hosts",
    'with a name of the pool';
is asked('fixed'), 'a.test', 'one connection is for all';
is join(' ', map { try('own', $_)->{body} } @hosts), join(' ', ('b.test') x 6),
    'a Host of the pool';
is asked('own'), 'b.test', 'is the name';

# Sessions.
is join(' ', map { try('old')->{status} } 1 .. 4), '200 200 200 200',
    'each on its own connection';
is join(' ', map { (split)[2] } $b{old}->handshakes), '- resumed resumed ' .
    'resumed', 'TLS 1.2: resumed';
is try('old', 'b.test')->{status}, 200, 'another name';
is +(split ' ', ($b{old}->handshakes)[-1])[2], '-', 'is another session';
ok until_true(sub { grep { /resumed/ } $b{checked}->handshakes }),
    'TLS 1.3: checks resume what checks brought';
is try('checked')->{status}, 200, 'a request';
is scalar(grep { !/resumed/ } $b{checked}->handshakes), 1, 'does, too';

# Two places, ten clients, all at once.
my @clients = map { Client->new($at) } 1 .. 10;
$_->send(request('GET /full/slow', [ 'Host: a.test' ])) for @clients;
is join(' ', map { $_->final->{status} } @clients), join(' ', (200) x 10),
    'a full backend: the others wait';
cmp_ok scalar(() = $b{full}->handshakes), '<=', 2, 'on two connections';

# PROXY comes before the handshake.
is join(' ', map { try('proxy')->{status} } 1 .. 3), '200 200 200', 'PROXY';
like join("\n", $b{proxy}->handshakes), qr{\A(\S+\ \S+\ \S+\ \S+\ PROXY_TCP4_
    127\.0\.0\.1_127\.0\.0\.1_\d+_\d+\n?){3}\z}x, 'a header each';

# Who accepts and does not shake hands has timeouts.connect for both.
my $begun = time;
is try('mute')->{status}, 504, 'late: 504';
my $took = time - $begun;
cmp_ok $took, '>', 0.6, sprintf 'after %.2f s', $took;
cmp_ok $took, '<', 3.5, 'all attempts in time';
ok $p->logged(qr{mute/b: the backend did not accept in time}), 'told';
my $leaves = Client->new($at);
$leaves->send(request('GET /mute', [ 'Host: a.test' ]));
sleep 0.2;
$leaves->reset;
is try('names')->{status}, 200, 'who leaves meanwhile leaves nothing';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
