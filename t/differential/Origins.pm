# SPDX-License-Identifier: BSD-2-Clause
# Other people's web servers, set up to tell what they read.
package Origins;
use strict;
use warnings;
use Application;
use Client qw(until_true);
use File::Basename qw(dirname);
use POSIX ();
use Portico qw(need_program free_port);

our @NAMES = qw(nginx apache python);

# Starts one of NAMES and waits until it listens. Without its program the
# test is skipped, as by need_program.
sub new
{
	my ($class, $name) = @_;
	my $dir = Portico::temporary();
	my $port = free_port();
	my $self = bless { name => $name, dir => $dir, owner => $$,
	    address => "127.0.0.1:$port" }, $class;
	my @command = $class->can($name)->($self, $port);

	$self->{application} = Application->new("$dir/app")
	    if $name ne 'python';
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0) {
		POSIX::setpgid(0, 0); # Apache ends its whole group
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', "$dir/stderr";
		exec @command or POSIX::_exit(127);
	}
	until_true(sub { eval { Client->new($self->{address})->close; 1 } })
	    or die "$name does not listen: " .
	    Portico::slurp("$dir/stderr");
	return $self;
}

sub name { my ($self) = @_; return $self->{name} }
sub address { my ($self) = @_; return $self->{address} }

sub save
{
	my ($path, $text) = @_;

	open my $f, '>', $path or die "$path: $!";
	print $f $text;
	close $f or die "$path: $!";
	return $path;
}

sub nginx
{
	my ($self, $port) = @_;
	my $dir = $self->{dir};
	my $user = $> == 0 ? 'user nobody ' . ((getgrgid 65534)[0] //
	    'nogroup') . ';' : '';
	my $temporary = join ' ', map { "${_}_temp_path $dir/$_;" }
	    qw(client_body proxy fastcgi uwsgi scgi);

	return (need_program('nginx'), '-c', save("$dir/nginx.conf", <<"E"));
$user
daemon off;
pid $dir/pid;
error_log $dir/error.log;
worker_processes 1;
events { }
http {
  access_log off;
  $temporary
  keepalive_requests 1000000;
  client_max_body_size 0;
  client_body_buffer_size 512k;
  fastcgi_buffer_size 64k;
  fastcgi_buffers 8 64k;
  large_client_header_buffers 8 64k;
  merge_slashes off;
  upstream app { server unix:$dir/app; keepalive 8; }
  server {
    listen 127.0.0.1:$port;
    location / {
      fastcgi_pass app;
      fastcgi_keep_conn on;
      fastcgi_ignore_client_abort on;
      fastcgi_param REQUEST_METHOD \$request_method;
      fastcgi_param REQUEST_URI \$request_uri;
    }
  }
}
E
}

sub apache
{
	my ($self, $port) = @_;
	my $dir = $self->{dir};
	my ($modules) = grep { -d } '/usr/lib/apache2/modules',
	    '/usr/lib64/httpd/modules';
	my @user = $> == 0 ? ('User nobody', 'Group #65534') : ();

	return (need_program('apache2'), '-DFOREGROUND', '-f',
	    save("$dir/apache.conf", join "\n", "Listen 127.0.0.1:$port",
	    (map { "LoadModule ${_}_module $modules/mod_$_.so" }
	    qw(mpm_prefork authz_core headers rewrite proxy proxy_fcgi)), @user,
	    # mod_proxy heeds it, as a server of its own would not
	    'RequestHeader unset Max-Forwards early',
	    'ServerName localhost', "PidFile $dir/pid", "Mutex file:$dir",
	    "ErrorLog $dir/error.log", "DocumentRoot $dir",
	    'StartServers 1', 'MinSpareServers 1', 'MaxSpareServers 2',
	    'MaxKeepAliveRequests 0', 'KeepAliveTimeout 20',
	    'LimitRequestLine 65535', 'LimitRequestFieldSize 65535',
	    'LimitRequestFields 400', 'AllowEncodedSlashes NoDecode',
	    # whatever the path: mod_proxy would decode it once more
	    'RewriteEngine on', 'RewriteRule ^ /app [PT,QSD]',
	    "ProxyPass /app unix:$dir/app|fcgi://localhost/ enablereuse=on",
	    ''));
}

sub python
{
	my ($self, $port) = @_;

	return (need_program('python3'), dirname(__FILE__) . '/server.py',
	    $port);
}

sub DESTROY
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{owner} != $$;
	local $?;
	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

1;
