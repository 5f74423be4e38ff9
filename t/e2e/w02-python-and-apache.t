# SPDX-License-Identifier: BSD-2-Clause
# Other servers behind Portico: python's and Apache with a CGI program.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Client qw(ask get request field until_true);
use Portico qw(need_program one_backend free_port);

my ($python, $apache) = map { need_program($_) } qw(python3 apache2);
my $dir = Portico::temporary();
my @pids;
END { local $?; for (@pids) { kill 'TERM', $_; waitpid $_, 0 } }

sub run
{
	my ($port, @command) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		POSIX::setpgid(0, 0); # Apache ends its whole group
		open STDERR, '>', '/dev/null';
		open STDOUT, '>', '/dev/null';
		exec @command or POSIX::_exit(127);
	}
	push @pids, $pid;
	ok until_true(sub { eval { Client->new("127.0.0.1:$port") } }),
	    "$command[0] listens";
	return "127.0.0.1:$port";
}

sub save
{
	my ($path, $text) = @_;

	open my $f, '>:raw', "$dir/$path" or die "$path: $!";
	print $f $text;
	close $f;
	return;
}

mkdir "$dir/www";
mkdir "$dir/cgi";
my $big = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 200000;
save('www/index.html', '<h1>index</h1>');
save('www/big.bin', $big);
save('cgi/app', <<'END');
#!/usr/bin/perl
binmode STDIN;
my $n = read STDIN, my $body, $ENV{CONTENT_LENGTH} // 0;
print "Set-Cookie: visits=", ($ENV{HTTP_COOKIE} =~ /visits=(\d+)/ ? $1 + 1
    : 1), "; Path=/\r\nSet-Cookie: b=c\r\nContent-Type: text/plain\r\n\r\n";
print "$ENV{REQUEST_METHOD} $ENV{QUERY_STRING} $n ", unpack('%32C*', $body);
print " $ENV{HTTP_X_FORWARDED_FOR}";
END
chmod 0755, "$dir/cgi/app";

my $port = free_port();
my $at = run($port, $python, '-m', 'http.server', $port, '--bind',
    '127.0.0.1', '--directory', "$dir/www");
my $p = Portico->start(one_backend($at));
for (1 .. 5) {
	my $r = get($p->address('http'), '/big.bin');
	ok $r->{body} eq $big, 'python: a file';
}
is get($p->address('http'), '/')->{body}, '<h1>index</h1>', 'an index';
is get($p->address('http'), '/none')->{status}, 404, 'a missing one';
unlike get($p->address('http'), '/')->{head}, qr/python/i, 'no Server';
is ask($p->address('http'), request('POST /', [], 'x' x 10000))->{status},
    501, 'what it does not know';

$port = free_port();
my ($modules) = grep { -d } '/usr/lib/apache2/modules',
    '/usr/lib64/httpd/modules';
save('apache.conf', join "\n", "Listen 127.0.0.1:$port",
    (map { "LoadModule ${_}_module $modules/mod_$_.so" }
    qw(mpm_prefork authz_core mime dir alias cgi)),
    ($> == 0 ? ('User nobody', 'Group #65534') : ()),
    "ServerName localhost", "PidFile $dir/apache.pid",
    "Mutex file:$dir", "ErrorLog $dir/apache.log",
    "TypesConfig /dev/null", "DocumentRoot $dir/www",
    'MaxKeepAliveRequests 7', 'KeepAliveTimeout 1',
    "ScriptAlias /cgi/ $dir/cgi/", '<Directory "/">', 'Require all granted',
    'Options +ExecCGI', '</Directory>', '');
$at = run($port, $apache, '-DFOREGROUND', '-f', "$dir/apache.conf");
my $q = Portico->start(one_backend($at));
$at = $q->address('http');

my $c = Client->new($at);
my $wrong = 0;
for (1 .. 30) {
	$c->send(request('GET /big.bin'));
	my $r = $c->final;
	$wrong++ if !$r || $r->{body} ne $big;
}
is $wrong, 0, 'apache: 30 files on one connection';
my $cookie = '';
for my $visit (1 .. 3) {
	my $r = ask($at, request("POST /cgi/app?v=$visit", [ "Cookie: $cookie" ],
	    $big));

	is $r->{body}, "POST v=$visit 800000 " . unpack('%32C*', $big) .
	    ' 127.0.0.1', 'a form is uploaded';
	($cookie) = (field($r, 'Set-Cookie') // '') =~ /^([^;]*)/;
	is $cookie, "visits=$visit", 'cookies go both ways';
	is scalar(@{ $r->{fields}{'set-cookie'} || [] }), 2, 'two of them';
}
Time::HiRes::sleep(1.3);
is ask($at, request('POST /cgi/app', [], 'abc'))->{status}, 200,
    'POST after Apache has closed its idle connections';
my $r = ask($at, request('HEAD /big.bin'));
is field($r, 'Content-Length'), 800000, 'HEAD';
$r = get($at, '/big.bin', 'If-Modified-Since: ' . (field($r,
    'Last-Modified') // ''));
is $r->{status}, 304, 'not modified';
done_testing;
