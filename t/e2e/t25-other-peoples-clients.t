# SPDX-License-Identifier: BSD-2-Clause
# Clients of OpenSSL, GnuTLS, NSS, curl and Python, and what they can ask for.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use IO::Select;
use IPC::Open2;
use Time::HiRes qw(sleep time);
use Backend qw(plain);
use Certs;
use Client qw(request);
use Digest::SHA qw(sha1_hex);
use Portico qw(need_program);
use Tls qw(get_tls one_https);
use Tunnel qw(numbers);

my %program = map { $_ => need_program($_) }
    qw(openssl gnutls-cli tstclnt certutil curl python3);
my $dir = Portico::temporary();
my $ca = Certs->new;
my $text = numbers(0, 100_000);
my $b = Backend->new({ '/x' => plain('fine'), '/text' => plain($text),
    '/sum' => sub { $_[0]->send(plain(sha1_hex($_[0]{body}))) } });
my $p = Portico->start(one_https($b->address, qq(( "@{[ $ca->leaf(names =>
    [ 'a.test' ]) ]}", "@{[ $ca->leaf(names => [ 'a.test' ],
    key => 'rsa') ]}" ))));
my $at = $p->address('https');
my ($host, $port) = split /:/, $at;
my $get = request('GET /x');
my $last = request('GET /x', [ 'Connection: close' ]);

# Runs a client and says things to it, each once the pattern before it was
# printed; what it printed until its end. undef: it may end now.
sub talk
{
	my ($command, @says) = @_;
	my $pid = open2(my $from, my $to, "exec @$command 2>&1");
	my $out = '';
	my $until = time + 8;
	local $SIG{PIPE} = 'IGNORE';
	my $read = sub {
		IO::Select->new($from)->can_read($_[0]) or return 0;
		return sysread $from, $out, 65536, length $out;
	};

	for my $say (@says) {
		if (!defined $say) {
			$until = time;
		} elsif (ref $say) {
			until ($out =~ $say) {
				last if time > $until || !$read->(0.5);
			}
		} else {
			syswrite $to, $say;
			sleep 0.15;
		}
	}
	1 while time < $until && $read->($until - time);
	kill 'KILL', $pid;
	waitpid $pid, 0;
	return $out;
}

sub fine { return scalar(() = $_[0] =~ /^fine/mg) }

my @s_client = ($program{openssl}, 's_client', '-connect', $at,
    '-servername', 'a.test', '-CAfile', $ca->file, '-verify_return_error',
    '-crlf');
my @lines = map { tr/\r//dr } $get, $last;

for my $version (qw(-tls1_2 -tls1_3)) {
	for my $more ('', '-split_send_frag 512 -max_send_frag 512',
	    ($version =~ /3/ ? ('-record_padding 3000', '-sigalgs ' .
	    'rsa_pss_rsae_sha256', '-groups P-256', '-no_middlebox') :
	    ('-cipher aRSA', '-curves P-384'))) {
		is fine(talk([ @s_client, $version, $more, '-quiet' ],
		    $lines[0], $lines[1])), 2, "s_client $version $more";
	}
}
for my $version (qw(-tls1_2 -tls1_3)) {
	for my $most (512, 4096) {
		my $out = talk([ @s_client, $version, '-quiet', '-maxfraglen',
		    $most ], $lines[0] =~ s/x/text/r, qr/\n\Q$text\E/,
		    $lines[1], qr/fine/, undef);

		ok $out =~ /\n\Q$text\E/ && fine($out =~ s/\Q$text\E/\n/r),
		    "s_client $version: records of $most bytes at most";
	}
}
my $out = talk([ @s_client, '-tls1_3' ], qr/read R BLOCK/, $lines[0],
    qr/fine/, "K\n", $lines[0], "k\n", $lines[0], "K\n", "K\n", $lines[1]);
is fine($out), 4, 's_client: key updates' or diag $out;
$out = talk([ @s_client, '-tls1_2' ], qr/Verify return/, $lines[0], qr/fine/,
    "R\n");
is fine($out), 1, 's_client: a request';
like $out, qr/no.renegotiation|handshake failure|unexpected|alert|closed/i,
    'and no renegotiation';
like talk([ @s_client, '-tls1_2' ], qr/Verify return/, "Q\n"),
    qr/Secure Renegotiation IS supported/, 'which is said to be safe';

my @gnutls = ($program{'gnutls-cli'}, '--x509cafile', $ca->file,
    '--sni-hostname=a.test', '--verify-hostname=a.test', '-p', $port, $host);
for my $priority ('NORMAL:-VERS-ALL:+VERS-TLS1.2',
    'NORMAL:-VERS-ALL:+VERS-TLS1.3',
    'NORMAL:-CIPHER-ALL:+CHACHA20-POLY1305', 'NORMAL:-GROUP-ALL:+GROUP-X25519',
    'NORMAL:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256') {
	my $out = talk([ @gnutls, "--priority=$priority" ],
	    qr/Handshake was completed/, $get, $last);

	is fine($out), 2, "gnutls-cli: $priority" or diag $out;
}
$out = talk([ @gnutls, '--inline-commands',
    '--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3' ],
    qr/Handshake was completed/, $get, qr/fine/, "^rekey^\n", $get, $last);
is fine($out), 3, 'gnutls-cli: a key update' or diag $out;
for my $version ('1.2', '1.3') {
	like talk([ @gnutls, '--resume',
	    "--priority=NORMAL:-VERS-ALL:+VERS-TLS$version" ],
	    qr/completed/, $last, qr/completed.*completed/s, $last),
	    qr/This is a resumed session/, "gnutls-cli: resumption, $version";
}

is system("$program{certutil} -N -d sql:$dir --empty-password && " .
    "$program{certutil} -A -d sql:$dir -n ca -t C,, -i " . $ca->file), 0,
    'a database for NSS';
for my $version (qw(tls1.2 tls1.3)) {
	my $out = talk([ $program{tstclnt}, '-h', $host, '-p', $port, '-a',
	    'a.test', '-d', "sql:$dir", '-V', "$version:$version" ],
	    $get, qr/fine/, $last, qr/fine.*fine/s, undef);

	is fine($out), 2, "tstclnt: $version" or diag $out;
}

for my $more ('', '--tls-max 1.2', '--http1.0', '--ciphers ' .
    'ECDHE-RSA-AES256-GCM-SHA384 --tls-max 1.2', '--tls13-ciphers ' .
    'TLS_AES_128_GCM_SHA256 --tlsv1.3') {
	my $curl = "$program{curl} -sS -m 5 $more --cacert " . $ca->file .
	    " --resolve a.test:$port:$host";
	is qx($curl https://a.test:$port/x https://a.test:$port/x 2>&1),
	    'finefine', "curl $more";
	open my $f, '>', "$dir/text" or die $!;
	print $f $text;
	close $f;
	is qx($curl --data-binary \@$dir/text https://a.test:$port/sum 2>&1),
	    sha1_hex($text), 'an upload';
}

open my $f, '>', "$dir/client.py" or die $!;
print $f <<'END';
import hashlib, socket, ssl, sys
from http.client import HTTPSConnection
ca, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(['http/1.1'])
    class Connection(HTTPSConnection):
        def connect(self):
            self.sock = context.wrap_socket(socket.create_connection(
                (host, port)), server_hostname='a.test')
    c = Connection('a.test', timeout=5, context=context)
    for path in '/x', '/text', '/x':
        c.request('GET', path)
        print(len(c.getresponse().read()), end=' ')
    print(c.sock.version(), c.sock.selected_alpn_protocol(), end=' ')
    c.request('POST', '/sum', body=b'x' * 50000)
    print(c.getresponse().read() == hashlib.sha1(b'x' *
        50000).hexdigest().encode())
    c.close()
END
close $f;
is qx($program{python3} $dir/client.py @{[ $ca->file ]} $host $port 2>&1),
    join('', map { "4 100000 4 TLSv1.$_ http/1.1 True\n" } 2, 3), 'Python';
is get_tls($at, '/x')->{body}, 'fine', 'served';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
