# SPDX-License-Identifier: BSD-2-Clause
# Checks of https backends: handshake, certificate, status and body.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);
use Backend qw(chunked plain);
use Certs;
use Client qw(get until_true);
use Portico;
use TlsBackend;

my $ca = Certs->new;
my $leaf = $ca->leaf(names => [ 'shop.test' ]);
my $dir = Portico::temporary();

# What the backend answers to checks: the file says it.
sub order
{
	my ($name, $mode) = @_;

	Certs::save("$dir/new", $mode);
	rename "$dir/new", "$dir/$name" or die "$name: $!";
	return;
}

sub checked
{
	my ($c) = @_;
	my $r = $c->request // return;
	my ($name) = $r =~ m{^GET /(\w+)};
	my $mode = Portico::slurp("$dir/$name");

	return $c->send(plain('for you')) if $r !~ /^User-Agent: health/m;
	$c->record('checks', "$r\n");
	return $c->send("HTTP/1.1 $1 X\r\nContent-Length: 0\r\n\r\n")
	    if $mode =~ /^status (\d+)/;
	return $c->send(plain($1)) if $mode =~ /^body (.*)/;
	return $c->send(chunked('x' x 20000, $1)) if $mode =~ /^chunks (.*)/;
	return $c->send('rubbish') if $mode eq 'rubbish';
	return $c->reset if $mode eq 'reset';
	sleep 60 if $mode eq 'hangs';
	return;
}

order($_, 'body fine') for qw(app body);
my $b = TlsBackend->new(\&checked, cert => $leaf);
my $false = TlsBackend->new(\&checked, cert =>
    $ca->leaf(names => [ 'false.test' ]));
my $mute = Backend->new(sub { sleep 60 });
my $tls = sprintf 'tls = { ca = "%s"; name = "shop.test"; };', $ca->file;
my ($at, $at_false, $at_mute) = map { 'https://' . $_->address } $b, $false,
    $mute;
my $gone = Portico::free_port();
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
	    app = { backends = ( { name = "b"; address = "$at"; } ); $tls
		passive = false; health = { path = "/app"; fall = 1; rise = 1;
		    interval = "150ms"; timeout = "1500ms";
		    host = "check.test"; drain_on_404 = true; }; };
	    body = { backends = ( { name = "b"; address = "$at"; } ); $tls
		passive = false; health = { path = "/body"; fall = 1; rise = 1;
		    interval = "150ms"; expect = { body_re = "fine\$"; }; }; };
	    others = { $tls backends = (
		    { name = "tcp"; address = "$at"; },
		    { name = "false"; address = "$at_false"; },
		    { name = "gone"; address = "https://127.0.0.1:$gone"; } );
		health = { fall = 1; rise = 1; interval = "200ms";
		    timeout = "3s"; }; };
	    mute = { backends = ( { name = "b"; address = "$at_mute"; } ); $tls
		health = { fall = 1; timeout = "500ms"; }; };
	};
	sites = { x = { hosts = "*"; routes = ( { path = "/app"; pool = "app"; },
	    { path = "/body"; pool = "body"; }, { path = "/mute"; pool = "mute"; }, { pool = "others"; } ); }; };
	gates = 2;
});
my $http = $p->address('http');

ok $p->logged(qr{others/false is down: certificate verify failed: } .
    'hostname mismatch: certificate is for false.test'), 'another name';
ok $p->logged(qr{others/gone is down: connect: Connection refused}),
    'nobody there';
ok $p->logged(qr{mute/b is down: no answer within 500ms}),
    'no handshake in time';
is get($http, '/x')->{body}, 'for you', 'a handshake is enough for tcp';
ok until_true(sub { Backend::slurp("$b->{dir}/checks") =~
    m{^GET /app HTTP/1\.1\r\nHost: check\.test\r\n}m }), 'method, path, host';
like join('', $b->handshakes), qr/TLSv1.3 shop\.test/, "the pool's name";

sub changes
{
	my ($name, $mode, $line, $what) = @_;

	$p->clear_log;
	order($name, $mode);
	ok $p->logged($line, 10), $what // "$name: $mode" or diag $p->log;
	return;
}

changes('app', 'status 503', qr{app/b is down: status 503; 0 of 1});
is get($http, '/app')->{status}, 503, 'nobody is left';
changes('app', 'status 204', qr{app/b is up: 1 good check; 1 of 1});
is get($http, '/app')->{status}, 200, 'served';
changes('app', 'status 404', qr{app/b is draining: status 404});
changes('app', 'rubbish', qr{app/b is down: (unlawful|its answer ended)});
changes('app', 'body fine', qr{app/b is up});
changes('app', 'reset', qr{app/b is down: connection (reset|closed)});
changes('app', 'body fine', qr{app/b is up});
changes('app', 'hangs', qr{app/b is down: no answer within 1500ms});
changes('app', 'body fine', qr{app/b is up});
changes('body', 'body not so', qr{body/b is down: body does not match});
changes('body', 'chunks fine', qr{body/b is up: 1 good check});
changes('body', 'chunks bad', qr{body/b is down: body does not match});
changes('body', 'body all fine', qr{body/b is up: 1 good check});

# A gate's death, or all of them stopped, is no failure of a backend.
$p->clear_log;
for (1 .. 40) {
	my @gates = $p->pids('gate');

	kill 'KILL', $gates[rand @gates] if @gates;
	sleep 0.05;
}
unlike $p->log, qr/is down/, 'gates die, backends are up';
sleep 1;
$p->clear_log;
my @stopped = $p->pids('gate');
kill 'STOP', @stopped;
sleep 3;
kill 'CONT', @stopped;
like $p->log, qr/cannot be checked: no gate takes its calls/,
    'gates are stopped';
unlike $p->log, qr/is down/, 'and backends are still up';
is get($http, '/app')->{status}, 200, 'served';
cmp_ok scalar(() = $b->handshakes), '>', 30, 'checks went on';
$p->clear_log;
kill 'KILL', $p->pids('steward');
ok $p->logged(qr/is steward now/), 'an heir';
changes('app', 'status 500', qr{app/b is down: status 500}, 'checks, too');
changes('app', 'body fine', qr{app/b is up});
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left open';
done_testing;
