# SPDX-License-Identifier: BSD-2-Clause
# Plain HTTP where https is spoken: who asks is told, and who configures it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(ask field request);
use Portico qw(run_program);
use Tls qw(get_tls one_https);

my $b = Backend->new({ '/' => plain('fine') });
my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $p = Portico->start(one_https($b->address, $cert));
my $at = $p->address('https');

for (request('GET /'), request('POST /', [], 'x' x 60000),
    request('HEAD /'), "PUT /x HTTP/1.0\r\n\r\n",
    "GET /\r\n") {
	my ($line) = /^(.*)\r/;
	my $r = ask($at, $_);
	is $r->{status}, 400, "$line: there is an answer";
	like $r->{body}, qr{https://}, 'which says what is wrong'
	    unless /^HEAD/;
	ok !$r->{broken}, 'and is whole';
	is field($r, 'Connection'), 'close', 'the last one';
	like field($r, 'Date'), qr/ GMT$/, 'with a date';
}
for ("\x16\x03\x01\x00\x05hello", "SSH-2.0-x\r\n", "\0" x 100) {
	my $c = Client->new($at);
	$c->send($_);
	isnt $c->ending, 'open', 'who speaks neither is told nothing of HTTP';
	unlike $c->rest // '', qr/HTTP/, 'indeed';
	$c->close;
}
is get_tls($at, '/')->{body}, 'fine', 'others are served';
is scalar($b->received), 1, 'no backend has heard of it';
ok $p->logged(qr/listeners\.https: .*: http request$/m), 'the log says it';

# ---- Who forgot the certificate ----

my $dir = $p->dir;
sub told
{
	my ($listener) = @_;

	Certs::save("$dir/port.conf", "listeners = { web = { $listener }; };\n"
	    . "pools = { app = { backends = \"127.0.0.1:3000\"; }; };\n");
	my ($status, $out, $err) = run_program('-t', '-c', "$dir/port.conf");
	is $status, 0, $listener;
	return $out . $err;
}

like told('address = "*:443";'), 
    qr/:1: warning: .*"web" has no "tls": .* plain HTTP at port 443$/m, 'is warned of';
like told('address = [ "127.0.0.1:80", "[::1]:443" ];'),
    qr/plain HTTP at port 443/, 'at any of its addresses';
unlike told(qq{address = "*:443"; tls = "$cert";}), qr/warning/,
    'https is what one expects there';
unlike told('address = "*:8443";'), qr/warning/, 'elsewhere it is usual';

# ---- What is foretold of a connection with TLS ----

my $ca = Certs->new->file;
sub foretold
{
	my ($tls) = @_;

	Certs::save("$dir/say.conf", qq{
	listeners = { web = { address = "*:443"; tls = {
	    certificates = "$cert"; $tls }; }; };
	pools = { app = { backends = "127.0.0.1:3000"; }; };
	});
	my (undef, $out) = run_program('-c', "$dir/say.conf", '-x',
	    'GET https://a.test/');
	return $out;
}

unlike foretold(''), qr/X-SSL|Strict/, 'nobody is verified';
my $said = foretold(qq{hsts = "1d"; verify_client = "optional";
    client_ca = "$ca";});
like $said, qr/^ +X-Request-Id: 0+\n +X-SSL-Client-Verify: NONE$/m,
    'optional: the backend is told that there is none';
like $said, qr/^sets +Strict-Transport-Security: max-age=86400$/m,
    'and the client to stay with https';
like foretold(qq{verify_client = "require"; client_ca = "$ca";}),
    qr/^ +X-SSL-Client-Verify: SUCCESS\n +and what its certificate says$/m,
    'require: who comes in has one';
done_testing;
