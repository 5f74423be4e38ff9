# SPDX-License-Identifier: BSD-2-Clause
# portico -t reads certificates and keys, and says by file and line what is
# wrong with them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Certs;
use Portico qw(run_program);

my $dir = Portico::temporary();
my $file = "$dir/portico.conf";
my $ca = Certs->new(dir => mkdir("$dir/ca") && "$dir/ca", name => 'The CA');

sub test_conf
{
	my ($tls, $pool) = @_;

	Certs::save($file, <<"END");
listeners = {
  http = { address = "127.0.0.1:8080"; };
  https = { address = "127.0.0.1:8443";
    tls = $tls; };
};
pools = {
  app = { backends = "127.0.0.1:3000"; @{[ $pool // '' ]} };
};
END
	my ($status, $out, $err) = run_program('-t', '-c', $file);
	return ($status, $out . $err);
}

sub leaf
{
	my ($name, %opt) = @_;
	my $path = $ca->leaf(file => "$dir/$name", names => ['a.example'],
	    %opt);

	chmod 0600, grep { -e } $path, "$path.key";
	return $path;
}

sub put
{
	my ($name, @text) = @_;
	my $path = Certs::save("$dir/$name", join '', @text);

	chmod 0600, $path;
	return $path;
}

sub cert_of { return Portico::slurp($_[0]) =~ /(-+BEGIN CERT.*)/s ? $1 : '' }
sub key_of { return Portico::slurp($_[0]) =~ /(-+BEGIN PRIV.*?END PRIV.*?\n)/s }

my $good = leaf('good.pem');
my $other = leaf('other.pem', names => ['b.example']);
my $rsa = leaf('rsa.pem', key => 'rsa');
my $where = "$file:4: ";

sub is_good
{
	my ($tls, $what, $pool) = @_;
	my ($status, $said) = test_conf($tls, $pool);

	is $status, 0, $what;
	is $said, "portico: $file is fine\n", '... and nothing is said';
}

is_good(qq("$good"), 'a file');
is_good(qq({ certificates = [ "$good", "$rsa" ]; }), 'ECDSA beside RSA');
my $split = leaf('split.crt', split => 1);
is_good(qq({ certificates = ( { cert = "$split"; key = "$split.key"; } ); }),
    'certificate and key apart');
is_good(qq("$split"), 'a key that is called like its certificate');
mkdir "$dir/live";
put('live/fullchain.pem', cert_of($good), Portico::slurp($ca->file));
put('live/cert.pem', cert_of($good));
put('live/chain.pem', Portico::slurp($ca->file));
put('live/privkey.pem', key_of($good));
put('live/README', 'not PEM');
is_good(qq("$dir/live"), 'a folder of certbot');
is_good(qq("$dir/li*/fullchain.pem"), 'a glob');

sub is_wrong
{
	my ($tls, $like, $what, $pool, $line) = @_;
	my ($status, $said) = test_conf($tls, $pool);
	my $place = $line ? "$file:$line: pools.app.tls: " :
	    "${where}listeners.https.tls: ";

	is $status, 1, $what;
	like $said, qr/^\Q$place\E$like/, '... as it says';
	unlike $said, qr/is fine/, '... and nothing else';
}

is_wrong(qq("$dir/none.pem"), qr{\Q$dir\E/none.pem: cannot be read: No such },
    'no such file');
is_wrong(qq("$dir/*.none"), qr{\Q$dir\E/\*\.none: matches no file},
    'a glob of nothing');
mkdir "$dir/empty";
is_wrong(qq("$dir/empty"), qr{\Q$dir\E/empty: is a folder in which there is },
    'an empty folder');
my $path = put('nothing.pem', '');
is_wrong(qq("$path"), qr{\Q$path\E: has no certificate: there should be },
    'an empty file');
$path = put('lone.pem', cert_of($good));
is_wrong(qq("$path"), qr{\Q$path\E: has no private key: it should stand },
    'no key');
$path = put('mixed.pem', cert_of($good), key_of($other));
is_wrong(qq("$path"), qr{\Q$path\E: the private key in it does not belong },
    'the key of another');
is_wrong(qq({ certificates = ( { cert = "$dir/lone.pem"; key = "$other"; } );
    }), qr{\Q$dir\E/lone.pem: the private key in \Q$other\E does not },
    'the key of another, in a file of its own');
$path = leaf('locked.pem', password => 'secret');
is_wrong(qq("$path"), qr{\Q$path\E: its private key is encrypted},
    'a key with a passphrase');
$path = put('half.pem', substr Portico::slurp($good), 0, -30);
is_wrong(qq("$path"), qr{\Q$path\E: is damaged: of the PEM in it only },
    'half a file');
Certs::run('req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-keyout',
    "$dir/weak.key", '-out', "$dir/weak.pem", '-subj', '/CN=a.example');
is_wrong(qq("$dir/weak.pem"), qr{\Q$dir\E/weak.pem: has an RSA key of 1024 },
    'a weak key');
is_wrong(qq({ certificates = "$good"; ciphers = "AES128-SHA"; }),
    qr{ciphers: "AES128-SHA" is none of the suites}, 'a suite of old');
is_wrong(qq({ certificates = "$good"; groups = "P-17"; }),
    qr{groups: "P-17" is no list of groups}, 'a group that is none');
is_wrong(qq({ certificates = "$good"; verify_client = "require";
    client_ca = "$dir/none.pem"; }), qr{\Q$dir\E/none.pem: },
    'no authorities for clients');
is_wrong(qq("$good"), qr{\Q$dir\E/none.pem: }, 'no authorities for backends',
    qq(tls = { ca = "$dir/none.pem"; };), 7);
is_wrong(qq("$good"), qr{\Q$dir\E/lone.pem: has no private key},
    'half an identity for backends',
    qq(tls = { cert = "$dir/lone.pem"; };), 7);

# All of them are said, not only the first one.
my ($status, $said) = test_conf(qq({ certificates = [ "$dir/lone.pem",
    "$dir/none.pem" ]; groups = "P-17"; }));
is $status, 1, 'three errors';
is scalar(() = $said =~ /^\Q$where\E/mg), 3, 'are three lines' or diag $said;

sub is_odd
{
	my ($tls, $like, $what) = @_;
	my ($status, $said) = test_conf($tls);

	is $status, 0, "$what is no error";
	like $said, qr/^\Q$where\Ewarning: listeners\.https\.tls: $like/,
	    '... but is warned of';
	like $said, qr/is fine$/, '... and is served';
}

$path = leaf('soon.pem', days => 20.5);
is_odd(qq("$path"), qr{\Q$path\E: its certificate ends on \S+, in 20 days$}m,
    'a certificate that ends within 21 days');
$path = leaf('ended.pem', days => -3);
is_odd(qq("$path"), qr{\Q$path\E: its certificate ended on },
    'one that has ended');
$path = leaf('young.pem', starts => 2);
is_odd(qq("$path"), qr{\Q$path\E: its certificate is not valid yet},
    'one of tomorrow');
$path = put('foreign.pem', Portico::slurp($good), cert_of($other));
is_odd(qq("$path"), qr{\Q$path\E: its certificate number 2 \(b\.example\) is },
    'a link of another chain');
$path = put('ordered.pem', Portico::slurp($ca->file), Portico::slurp($good));
is_odd(qq("$path"), qr{\Q$path\E: its certificates stand in the wrong order},
    'a chain in the wrong order');
is_odd(qq({ certificates = [ "$good", "$dir/soon.pem" ]; }),
    qr{\Q$dir\E/soon.pem: }, 'one that ends soon, behind a good one');
$path = leaf('twin.pem');
is_odd(qq({ certificates = [ "$good", "$path" ]; }), qr{\Q$path\E: has the } .
    qr{name a\.example, as \Q$good\E has}, 'two of one name');
chmod 0644, $path;
is_odd(qq("$path"), qr{\Q$path\E: has a private key, and every user of this },
    'a key that everybody can read');
$path = leaf('client.pem', client => 1);
is_odd(qq("$path"), qr{\Q$path\E: its certificate is not for servers},
    'a certificate of a client');
done_testing;
