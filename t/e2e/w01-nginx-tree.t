# SPDX-License-Identifier: BSD-2-Clause
# Every file of an nginx arrives byte by byte, whatever the client.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(until_true);
use File::Find qw(find);
use Portico qw(need_program one_backend free_port);

my ($nginx, $curl, $wget) = map { need_program($_) } qw(nginx curl wget);
my $dir = Portico::temporary();
my $port = free_port();
my $tree = "$dir/tree";

sub fill
{
	my ($path, $size) = @_;

	open my $f, '>:raw', "$tree/$path" or die "$path: $!";
	print $f pack 'C*', map { int rand 256 } 1 .. $size % 4096;
	print $f chr(rand 256) x 4096 for 1 .. $size / 4096;
	close $f;
	return $path;
}

mkdir $_ for $tree, map { "$tree/$_" } 'a', 'b', 'a/deep', 'with space';
my @files = map {
	fill((('', 'a/', 'b/', 'a/deep/', 'with space/')[$_ % 5]) .
	    "f$_" . ('.html', '.txt', '.bin', '')[$_ % 4],
	    $_ < 20 ? $_ * 997 : int 10 ** (1 + rand 4.5)) } 1 .. 295;
push @files, fill('plus+and&.txt', 100), fill("uml\xc3\xa4ut.txt", 100),
    fill('per%25cent.txt', 100), fill('empty', 0), fill('big', 5000000);

open my $f, '>', "$dir/nginx.conf" or die $!;
print $f 'user nobody ', (getgrgid 65534)[0] // 'nogroup', ";\n" if $> == 0;
my $temporary = join ' ', map { "${_}_temp_path $dir/$_;" }
    qw(client_body proxy fastcgi uwsgi scgi);
print $f <<"END";
daemon off;
pid $dir/pid;
error_log $dir/error.log;
worker_processes 1;
events { }
http {
  access_log off;
  $temporary
  server {
    listen 127.0.0.1:$port;
    root $tree;
    autoindex on;
    gzip on;
    gzip_types *;
    keepalive_requests 50;
  }
}
END
close $f;
my $pid = fork // die "fork: $!";
if ($pid == 0) {
	open STDERR, '>', '/dev/null';
	open STDOUT, '>', '/dev/null';
	exec $nginx, '-c', "$dir/nginx.conf" or POSIX::_exit(127);
}
END { local $?; kill 'QUIT', $pid if $pid; waitpid $pid, 0 if $pid }
ok until_true(sub { eval { Client->new("127.0.0.1:$port") } }), 'nginx';
my $p = Portico->start(one_backend("127.0.0.1:$port"));
my $base = 'http://' . $p->address('http');

sub escaped
{
	my ($path) = @_;

	return $path =~ s{([^A-Za-z0-9._/-])}{sprintf '%%%02X', ord $1}ger;
}

sub compare
{
	my ($what, $got, @files) = @_;
	my @wrong = grep {
		!-e "$got/$_" || Portico::slurp("$tree/$_") ne
		    Portico::slurp("$got/$_")
	} @files;

	is "@wrong", '', "$what: " . @files . ' files, byte by byte';
	return;
}

sub fetch_all
{
	my ($what, @options) = @_;
	my $got = "$dir/got-" . $what =~ s/\W/-/gr;

	open my $list, '>', "$dir/list" or die $!;
	print $list "url = \"$base/", escaped($_), "\"\noutput = \"$got/$_\"\n"
	    for @files;
	close $list;
	is system(qw(sh -c), 'exec "$@" 2>' . "$dir/said", 'sh', $curl, '-sS',
	    '--fail', '--create-dirs', @options, '-K', "$dir/list"), 0, $what
	    or diag Portico::slurp("$dir/said");
	compare($what, $got, @files);
	return;
}

fetch_all('curl');
fetch_all('curl compressed', '--compressed');
fetch_all('curl in parallel', '--parallel', '--parallel-max', 20);
fetch_all('curl HTTP/1.0', '--http1.0');
my $got = "$dir/wget";
is system($wget, '-q', '-r', '-np', '-nH', '-P', $got, "$base/"), 0, 'wget -r';
compare('wget', $got, grep { !/%/ } @files); # wget decodes twice
is system($curl, '-sS', '--fail', '-r', '1000-2999', '-o', "$dir/range",
    "$base/big"), 0, 'a range';
is Portico::slurp("$dir/range"), substr(Portico::slurp("$tree/big"), 1000,
    2000), 'is that range';
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'nothing is left';
done_testing;
