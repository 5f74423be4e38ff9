# SPDX-License-Identifier: BSD-2-Clause
# Handshakes that fail, and the words that portico-tls(7) has for why.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(ask request);
use Portico;
use Tls;
use TlsBackend;

my $ca = Certs->new;
my $other = Certs->new;
my $pem = $ca->leaf(names => ['a.test', '127.0.0.1']);
chmod 0600, $pem;
my $manual = Portico::slurp("$Portico::TOP/man/portico-tls.7");

my $plain = Backend->new(sub {
	my ($c) = @_;

	$c->more && $c->send("HTTP/1.1 400 Bad Request\r\n\r\n");
});
my %pools = (selfsigned => TlsBackend->new(plain('x'),
	cert => self_signed('app.test')),
    foreign => TlsBackend->new(plain('x'),
	cert => $other->leaf(names => ['app.test'])),
    misnamed => TlsBackend->new(plain('x'),
	cert => $ca->leaf(names => ['b.test'])),
    plain => $plain);

sub self_signed
{
	my ($name) = @_;
	my $dir = Portico::temporary();

	Portico::run_program('--self-signed', $dir, $name);
	return "$dir/portico.pem";
}

my $pools = join "\n", map { my $at = $pools{$_}->address;
    qq($_ = { backends = "https://$at"; retry = { attempts = 1; };
	tls = { ca = "${\$ca->file}"; name = "app.test"; }; };) } sort keys %pools;
my $routes = join ', ', map { qq({ path = "/$_"; pool = "$_"; }) }
    sort keys %pools;
my $p = Portico->start(<<"END");
listeners = {
  https = { address = "\@https\@"; tls = "$pem";
            timeouts = { header = "1s"; }; };
  staff = { address = "\@staff\@"; tls = { certificates = "$pem";
            verify_client = "require"; client_ca = "${\$ca->file}"; }; };
  proxy = { address = "\@proxy\@"; tls = "$pem"; proxy_protocol = true; };
};
pools = { $pools };
sites = { all = { hosts = "*"; routes = ( $routes ); }; };
END
my ($https, $staff, $proxy) = map { $p->address($_) } qw(https staff proxy);

# What openssl(1) does as a client; what it says goes nowhere.
sub s_client
{
	my ($at, @options) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		exec 'openssl', 's_client', '-connect', $at, @options
		    or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return;
}

# After that the log has a line of the listener with these words, which the
# manual has, too.
sub fails
{
	my ($listener, $words, $what) = @_;

	$p->clear_log;
	$what->();
	my $begin = qr/info gate \d+: listeners\.$listener: 127\.0\.0\.1:\d+: /;
	ok $p->logged(qr/$begin.*\Q$words\E/, 10), $words or diag $p->log;
	like $manual, qr/^\.It Li (?:.* )?\Q$words\E(?: ,|$)/m,
	    '... as the manual says';
	return;
}

fails('https', 'http request', sub { ask($https, request('GET /')) });
fails('https', 'no shared cipher', sub { s_client($https, '-tls1_2',
    '-cipher', 'AES128-SHA:@SECLEVEL=0') });
fails('https', 'unsupported protocol', sub { s_client($https, '-tls1_1',
    '-cipher', 'ALL:@SECLEVEL=0') });
fails('https', 'no suitable signature algorithm', sub { s_client($https,
    '-tls1_3', '-sigalgs', 'RSA-PSS+SHA256') });
fails('https', 'alert unknown ca', sub { s_client($https,
    '-verify_return_error', '-CAfile', $other->file) });
fails('https', 'its handshake took too long', sub {
	my $c = Client->new($https);
	$c->fill(1);
});
fails('staff', 'peer did not return a certificate', sub { s_client($staff) });
fails('staff', 'certificate verify failed', sub { s_client($staff, '-cert',
    $other->leaf(client => 1, cn => 'Eve')) });
fails('proxy', 'a PROXY header is missing, or false', sub {
	s_client($proxy) });

# And those of backends, at the request that needed them.
sub backend_fails
{
	my ($pool, $words) = @_;

	$p->clear_log;
	my $c = Tls->new($https, ca => $ca->file);
	$c->send(request("GET /$pool"));
	is $c->final->{status}, 502, "$pool: 502";
	ok $p->logged(qr/\Q$words\E/, 10), "... $words" or diag $p->log;
	like $manual, qr/^\.It Li \Q$words\E$/m, '... as the manual says';
	return;
}

backend_fails('selfsigned', 'certificate verify failed: self-signed ' .
    'certificate');
backend_fails('foreign', 'certificate verify failed: unable to get local ' .
    'issuer certificate');
backend_fails('misnamed', 'certificate verify failed: hostname mismatch');
like $p->log, qr/hostname mismatch: certificate is for b\.test/,
    'and whose it is';
backend_fails('plain', 'the answer is none of TLS');
is $p->quit, 0, 'ended well';
done_testing;
