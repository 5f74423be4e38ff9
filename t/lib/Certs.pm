# SPDX-License-Identifier: BSD-2-Clause
# Certificate authorities and their certificates, made by openssl(1).
package Certs;
use strict;
use warnings;
use Exporter 'import';
use POSIX qw(strftime);
use Portico ();

our @EXPORT_OK = qw(serial);
my %KEYS = (ec => 'ec -pkeyopt ec_paramgen_curve:P-256',
    p384 => 'ec -pkeyopt ec_paramgen_curve:P-384', rsa => 'rsa:2048',
    ed25519 => 'ed25519');
my $count = 0;

# A new authority, with a folder of its own; name: its common name. Keys of
# all kinds: see leaf.
sub new
{
	my ($class, %opt) = @_;
	my $self = bless { dir => $opt{dir} // Portico::temporary(),
	    name => $opt{name} // 'Portico test CA ' . ++$count }, $class;

	mkdir "$self->{dir}/db";
	save("$self->{dir}/db/index.txt", '');
	save("$self->{dir}/ca.conf", <<"END");
[ca]
default_ca = own
[own]
database = $self->{dir}/db/index.txt
new_certs_dir = $self->{dir}/db
certificate = $self->{dir}/ca.pem
private_key = $self->{dir}/ca.key
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = none
unique_subject = no
[any]
commonName = optional
END
	return $self if $opt{by};
	run('req', '-x509', '-newkey', split(/ /, $KEYS{$opt{key} // 'ec'}),
	    '-nodes', '-keyout', "$self->{dir}/ca.key", '-out',
	    $self->file, '-days', 3650, '-subj', "/CN=$self->{name}",
	    '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
	return $self;
}

sub save
{
	my ($path, $text) = @_;

	open my $f, '>:raw', $path or die "$path: $!";
	print $f $text;
	close $f or die "$path: $!";
	return $path;
}

# What openssl(1) prints; dies if it fails.
sub run
{
	my (@arguments) = @_;
	my $pid = open my $from, '-|';

	defined $pid or die "fork: $!";
	if ($pid == 0) {
		open STDERR, '>&', \*STDOUT;
		open STDIN, '<', '/dev/null';
		exec 'openssl', @arguments or POSIX::_exit(127);
	}
	local $/;
	my $said = <$from> // '';
	close $from or die "openssl @arguments: $said";
	return $said;
}

sub when { return strftime('%Y%m%d%H%M%SZ', gmtime(time + $_[0] * 86400)) }

sub extensions
{
	my ($opt) = @_;
	my @names = map { /^[\d.]+$|:/ ? "IP:$_" : "DNS:$_" }
	    @{ $opt->{names} // [] };

	return join "\n", $opt->{authority} ?
	    ('basicConstraints=critical,CA:true',
	    'keyUsage=critical,keyCertSign') :
	    ('basicConstraints=CA:false', 'keyUsage=digitalSignature' .
	    (($opt->{key} // '') eq 'rsa' ? ',keyEncipherment' : ''),
	    'extendedKeyUsage=' . ($opt->{client} ? 'clientAuth' :
	    'serverAuth')), (@names ? 'subjectAltName=' . join ',', @names :
	    ()), '';
}

# A key and a certificate by this authority: the path of a file of PEM with
# key, certificate, and the chain if this authority is under another one.
#   names => [ DNS names and addresses ]   key => 'ec', 'rsa', 'p384', 'ed25519'
#   days => it is valid from now, negative: has ended   starts => days from now
#   client => 1: of a client   cn => common name (first name)
#   file => path   password => of the key   split => 1: the key in FILE.key
#   key_file => an older key
sub leaf
{
	my ($self, %opt) = @_;
	my $n = ++$count;
	my $file = $opt{file} // "$self->{dir}/leaf$n.pem";
	my $at = "$self->{dir}/db/$n";
	my $days = $opt{days} // 90;
	my $starts = $opt{starts} // ($days < 0 ? $days - 30 : -1);

	save("$at.ext", extensions(\%opt));
	run('req', '-new', $opt{key_file} ? ('-key', $opt{key_file}) :
	    ('-newkey', split(/ /, $KEYS{$opt{key} // 'ec'}), '-keyout',
	    "$at.key", $opt{password} ? ('-passout', "pass:$opt{password}") :
	    '-nodes'), '-out', "$at.csr", '-subj', '/CN=' . ($opt{cn} //
	    $opt{names}[0] // 'nobody'), '-config', '/dev/null');
	run('ca', '-batch', '-notext', '-config', "$self->{dir}/ca.conf",
	    '-startdate', when($starts), '-enddate', when($days), '-extfile',
	    "$at.ext", '-in', "$at.csr", '-out', "$at.crt");
	my $key = Portico::slurp($opt{key_file} // "$at.key");
	my $crt = Portico::slurp("$at.crt") . ($self->{chain} // '');
	if ($opt{split}) {
		save("$file.key", $key);
		$key = '';
	}
	save("$file.new", $key . $crt);
	chmod 0600, "$file.new", "$file.key";
	rename "$file.new", $file or die "$file: $!";
	return $file;
}

# An authority under this one; the leafs of it carry its certificate.
sub under
{
	my ($self, %opt) = @_;
	my $new = Certs->new(by => $self, %opt);
	my $file = $self->leaf(authority => 1, cn => $new->{name}, split => 1,
	    file => $new->{dir} . '/ca.pem', days => 1000);

	rename "$file.key", "$new->{dir}/ca.key";
	$new->{chain} = Portico::slurp($file);
	return $new;
}

sub file { my ($self) = @_; return "$self->{dir}/ca.pem" }
sub dir { my ($self) = @_; return $self->{dir} }

# The serial of the first certificate in a file: hexadecimal, upper case.
sub serial
{
	my ($file) = @_;

	return run('x509', '-noout', '-serial', '-in', $file) =~
	    /serial=0*([0-9A-F]+)/ ? $1 : die "$file: no serial";
}

1;
