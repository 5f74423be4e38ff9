# SPDX-License-Identifier: BSD-2-Clause
# DokuWiki in Apache and PHP: Debian's program, with pages of its own.
package Wiki;
use strict;
use warnings;
use POSIX ();
use Test::More ();
use Client ();
use Portico ();

my $PROGRAM = '/usr/share/dokuwiki';
my $SETTINGS = '/etc/dokuwiki';
our ($USER, $PASSWORD) = ('gardener', 'spade and rake');
my @FOLDERS = qw(attic cache index locks log media media_attic media_meta
    meta pages tmp);
my @living;

# Starts it on a port of 127.0.0.1. constants: what its program is told
# before it looks itself, NAME => text.
sub start
{
	my ($class, %constants) = @_;
	my ($php, $apache) = map { Portico::need_program($_) }
	    qw(php-cgi apache2);
	my $self = bless { dir => Portico::temporary(), owner => $$,
	    pids => [] }, $class;

	need_wiki();
	push @living, $self;
	$self->write_settings(%constants);
	$self->hand_over if $> == 0;
	$self->start_php($php);
	$self->start_apache($apache);
	return $self;
}

sub need_wiki
{
	return if -f "$PROGRAM/doku.php" && -f "$SETTINGS/dokuwiki.php";
	die "dokuwiki is missing\n" if $ENV{CI};
	Test::More::plan(skip_all => 'dokuwiki is missing');
}

sub save
{
	my ($self, $path, $text) = @_;

	open my $f, '>:raw', "$self->{dir}/$path" or die "$path: $!";
	print $f $text;
	close $f or die "$path: $!";
	return;
}

# Everyone may read; members may write, upload and delete.
sub write_settings
{
	my ($self, %constants) = @_;
	my $dir = $self->{dir};

	mkdir "$dir/$_" for qw(data conf sessions), map { "data/$_" } @FOLDERS;
	for my $path (grep { -f && !-l } glob "$SETTINGS/*") {
		my ($name) = $path =~ m{([^/]+)$};
		$self->save("conf/$name", Portico::slurp($path));
	}
	$self->save('conf/local.php', <<"END");
<?php
\$conf['title'] = 'The garden';
\$conf['savedir'] = '$dir/data';
\$conf['useacl'] = 1;
\$conf['superuser'] = '\@admin';
\$conf['disableactions'] = 'register,resendpwd';
\$conf['updatecheck'] = 0;
END
	$self->save('conf/acl.auth.php',
	    "# <?php exit()?>\n*\t\@ALL\t1\n*\t\@user\t16\n");
	$self->save('conf/users.auth.php', "# <?php exit()?>\n" .
	    join(':', $USER, crypt($PASSWORD, '$6$sodium.chloride$'),
	    'Rose Gardener', 'rose@wiki.example', 'user') . "\n");
	my %all = (DOKU_CONF => "$dir/conf/", %constants);
	$self->save('before.php', join "\n", '<?php',
	    (map { "define('$_', '$all{$_}');" } sort keys %all), '');
	return;
}

# Servers started by root serve as nobody.
sub hand_over
{
	my ($self) = @_;
	my ($uid, $gid) = (getpwnam 'nobody')[2, 3];

	$self->{nobody} = [ $uid, $gid ];
	for my $path ($self->{dir}, glob("$self->{dir}/{data,conf,sessions}"),
	    glob("$self->{dir}/{data,conf}/*")) {
		chown $uid, $gid, $path or die "$path: $!";
	}
	return;
}

# A child in a process group of its own.
sub run
{
	my ($self, $as, @command) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		POSIX::setpgid(0, 0);
		if ($as) {
			$) = "$as->[1] $as->[1]";
			POSIX::setgid($as->[1]);
			POSIX::setuid($as->[0]);
		}
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$self->{dir}/output";
		open STDERR, '>&', \*STDOUT;
		exec @command or POSIX::_exit(127);
	}
	POSIX::setpgid($pid, $pid);
	push @{ $self->{pids} }, $pid;
	return;
}

sub start_php
{
	my ($self, $php) = @_;
	my $dir = $self->{dir};

	local @ENV{qw(PHP_FCGI_CHILDREN PHP_FCGI_MAX_REQUESTS)} = (4, 0);
	$self->run($self->{nobody}, $php, map({ ('-d', $_) }
	    "auto_prepend_file=$dir/before.php", 'post_max_size=32M',
	    'upload_max_filesize=32M', "upload_tmp_dir=$dir/data/tmp",
	    "session.save_path=$dir/sessions", 'display_errors=0',
	    'cgi.fix_pathinfo=1'), '-b', "$dir/php.sock");
	Client::until_true(sub { -S "$dir/php.sock" })
	    or die 'PHP does not start: ' . Portico::slurp("$dir/output");
	return;
}

sub start_apache
{
	my ($self, $apache) = @_;
	my $port = $self->{port} = Portico::free_port();
	my $dir = $self->{dir};
	my ($modules) = grep { -d } '/usr/lib/apache2/modules',
	    '/usr/lib64/httpd/modules';

	$self->save('apache.conf', join "\n", "Listen 127.0.0.1:$port",
	    (map { "LoadModule ${_}_module $modules/mod_$_.so" }
	    qw(mpm_prefork authz_core mime dir proxy proxy_fcgi)),
	    ($> == 0 ? ('User nobody', 'Group #' . $self->{nobody}[1]) : ()),
	    'ServerName localhost', "PidFile $dir/apache.pid",
	    "Mutex file:$dir", "ErrorLog $dir/apache.log",
	    "CustomLog $dir/access.log \"\\\"%r\\\" %>s host=%{Host}i" .
	    ' for=%{X-Forwarded-For}i"',
	    'TypesConfig /dev/null', 'AddType text/css .css',
	    'AddType text/javascript .js', 'AddType image/svg+xml .svg',
	    'AddType image/png .png', "DocumentRoot $PROGRAM",
	    'DirectoryIndex index.php', 'ProxyFCGIBackendType GENERIC',
	    '<Directory "/">', 'AllowOverride None', 'Require all denied',
	    '</Directory>',
	    "<Directory \"$PROGRAM\">", 'Require all granted',
	    'Options FollowSymLinks', '</Directory>',
	    '<Directory "/var/lib/dokuwiki/lib">', 'Require all granted',
	    '</Directory>', '<FilesMatch "\.php$">',
	    "SetHandler \"proxy:unix:$dir/php.sock|fcgi://php\"",
	    '</FilesMatch>', '');
	$self->run(undef, $apache, '-DFOREGROUND', '-f', "$dir/apache.conf");
	Client::until_true(sub { eval { Client->new($self->address) } }, 15)
	    or die 'Apache does not start: ' . Portico::slurp("$dir/output") .
	    Portico::slurp("$dir/apache.log");
	return;
}

sub address { my ($self) = @_; return "127.0.0.1:$self->{port}" }
sub dir { my ($self) = @_; return $self->{dir} }

# The requests so far, a line each: "request" status host= for=; without
# those by which Apache wakes its own processes.
sub requests
{
	my ($self) = @_;

	return grep { $_ ne '"OPTIONS * HTTP/1.0" 200 host=- for=-' }
	    split /\n/, Portico::slurp("$self->{dir}/access.log");
}

sub stop
{
	my ($self) = @_;

	return if $self->{owner} != $$;
	kill 'TERM', map { -$_ } @{ $self->{pids} };
	Client::until_true(sub { !kill 0, map { -$_ } @{ $self->{pids} } }, 0.5);
	for my $pid (@{ $self->{pids} }) {
		kill 'KILL', -$pid;
		waitpid $pid, 0;
	}
	$self->{pids} = [];
	return;
}

# A second signal must not end the cleaning up.
END {
	local $?;
	local @SIG{qw(INT TERM HUP ALRM)} = ('IGNORE') x 4;
	$_->stop for @living;
}

1;
