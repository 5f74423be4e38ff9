# SPDX-License-Identifier: BSD-2-Clause
# An nginx or an Apache as a backend, with the files that busy.c asks for.
package Served;
use strict;
use warnings;
use POSIX ();
use Client qw(get until_true);
use Faulty;
use Portico qw(free_port need_program);

our $FILES = 40;
my (@living, $tree);

# What t/lib/busy.c -f 40 asks for.
sub tree
{
	return $tree if $tree;
	my $source = Faulty->new;

	$tree = Portico::temporary();
	mkdir "$tree/b";
	save("$tree/health", 'ok');
	for my $seed (0 .. $FILES - 1) {
		my $size = $seed * 191 % 4000 + 1;

		mkdir "$tree/b/$size";
		save("$tree/b/$size/$seed",
		    get($source->address, "/b/$size/$seed")->{body});
	}
	$source->kill;
	return $tree;
}

sub save
{
	my ($path, $text) = @_;

	open my $f, '>:raw', $path or die "$path: $!";
	print $f $text;
	close $f;
	return;
}

# kind: "nginx" or "apache2"; the test is skipped without it. cert => file of
# PEM with key: it speaks TLS; client_ca => file: and wants certificates; to =>
# address: nginx asks there for all it is asked for; version => '1.2', '1.3'.
sub new
{
	my ($class, $kind, $name, %tls) = @_;
	my $self = bless { name => $name, owner => $$, port => free_port(),
	    dir => Portico::temporary(), program => need_program($kind),
	    tls => \%tls }, $class;
	my $conf = "$self->{dir}/conf";

	save($conf, $kind eq 'nginx' ? $self->nginx_text :
	    $self->apache_text);
	$self->{command} = $kind eq 'nginx' ? [ '-c', $conf ] :
	    [ '-DFOREGROUND', '-f', $conf ];
	push @living, $self;
	return $self->again;
}

sub nginx_text
{
	my ($self) = @_;
	my $dir = $self->{dir};
	my $root = $self->{tls}{to} ? '' : tree();
	my $user = $> ? '' : 'user nobody ' .
	    ((getgrgid 65534)[0] // 'nogroup') . ';';
	my $temporary = join ' ', map { "${_}_temp_path $dir/$_;" }
	    qw(client_body proxy fastcgi uwsgi scgi);

	my ($cert, $ca) = @{ $self->{tls} }{qw(cert client_ca)};
	my $tls = !$cert ? '' : "ssl_certificate $cert; " .
	    "ssl_certificate_key $cert;" . (!$ca ? '' :
	    "ssl_client_certificate $ca; ssl_verify_client on;");
	my $ssl = $cert ? 'ssl' : '';
	my $to = $self->{tls}{to} ? "proxy_pass http://$self->{tls}{to};" :
	    "root $root;";
	$tls .= "ssl_protocols TLSv$self->{tls}{version};"
	    if $self->{tls}{version};

	return <<"END";
$user
daemon off;
pid $dir/pid;
error_log $dir/error.log;
worker_processes 1;
events { }
http {
  access_log off;
  $temporary
  server {
    listen 127.0.0.1:$self->{port} $ssl;
    $tls
    add_header X-Backend $self->{name};
    client_max_body_size 0;
    keepalive_requests 1000;
    proxy_http_version 1.1;
    location / { $to }
    location /u { return 200 "done"; }
  }
}
END
}

sub apache_text
{
	my ($self) = @_;
	my ($dir, $root) = ($self->{dir}, tree());
	my ($modules) = grep { -d } '/usr/lib/apache2/modules',
	    '/usr/lib64/httpd/modules';
	my ($cert, $ca) = @{ $self->{tls} }{qw(cert client_ca)};

	return join "\n", "Listen 127.0.0.1:$self->{port}",
	    (map { "LoadModule ${_}_module $modules/mod_$_.so" }
	    qw(mpm_event authz_core mime headers), $cert ? 'ssl' : ()),
	    ($cert ? ('SSLEngine on', "SSLCertificateFile $cert",
	    'SSLSessionCache none', $ca ? ("SSLCACertificateFile $ca",
	    'SSLVerifyClient require') : ()) : ()),
	    ($> == 0 ? ('User nobody', 'Group #65534') : ()),
	    'ServerName localhost', "PidFile $dir/pid", "Mutex file:$dir",
	    "ErrorLog $dir/error.log", 'TypesConfig /dev/null',
	    "DocumentRoot $root", "Header set X-Backend $self->{name}",
	    '<Directory "/">', 'Require all granted', '</Directory>', '';
}

# Starts it, once more if it was there before.
sub again
{
	my ($self) = @_;

	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		POSIX::setpgid(0, 0);
		open STDERR, '>', '/dev/null';
		open STDOUT, '>', '/dev/null';
		exec { $self->{program} } $self->{program},
		    @{ $self->{command} } or POSIX::_exit(127);
	}
	POSIX::setpgid($self->{pid}, 0);
	until_true(sub { eval { Client->new($self->address) } })
	    or die "$self->{name}: " . Portico::slurp("$self->{dir}/error.log");
	return $self;
}

sub name { my ($self) = @_; return $self->{name} }
sub address { my ($self) = @_; return "127.0.0.1:$self->{port}" }

# To the first of its processes; to all of them.
sub signal { my ($self, $name) = @_; return CORE::kill $name, $self->{pid} }
sub signal_all
{
	my ($self, $name) = @_;

	return CORE::kill $name, -$self->{pid};
}

# A signal that ends it, and its end.
sub end_by
{
	my ($self, $name) = @_;

	$self->signal($name);
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
	return;
}

sub kill
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{owner} != $$;
	$self->signal_all('KILL');
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
	return;
}

END {
	local $?;
	$_->kill for @living;
}

1;
