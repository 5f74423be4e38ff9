# SPDX-License-Identifier: BSD-2-Clause
# Every sample in etc/ loads as it is, and serves what it says it serves.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed plain);
use Client qw(ask request field until_true);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Find qw(find);
use File::Path qw(make_path);
use Portico qw(free_port);
use Tls ();

# What somebody who asks for it is told: the status, the pool whose server
# answered with the target that it saw, or a Location, or some text.
my %served = (
	'portico.conf' => [
		[ 'GET /x?y', 'any.example', '200 app /x?y' ],
	],
	'examples/defaults.conf' => [
		[ 'GET /x?y', 'any.example', '200 app /x?y' ],
	],
	'examples/demo.conf' => [
		[ 'GET /', 'any.example', '200 hello from backend one' ],
		[ 'GET /', 'any.example', '200 hello from backend two' ],
		[ 'GET /old', 'any.example', '308 /' ],
		[ 'GET /closed', 'any.example', '403' ],
	],
	'examples/static.conf' => [
		[ 'GET /a.html', 'www.example', '200 files /a.html' ],
		[ 'POST /a.html', 'www.example', '405' ],
		[ 'GET /robots.txt', 'www.example', '200 User-agent: *' ],
		[ 'GET /news/2024', 'www.example', '301 /archive/2024' ],
		[ 'GET /manual/a', 'www.example', '200 files /books/manual/a' ],
		[ 'GET /x?y', 'example', '301 http://www.example/x' ],
		[ 'GET /', 'other.example', '421' ],
	],
	'examples/shop.conf' => [
		[ 'GET /cart', 'shop.example', '200 app /cart' ],
		[ 'GET /static/a', 'de.shop.example', '200 web /static/a' ],
		[ 'GET /a.css', 'shop.example', '200 web /a.css' ],
		[ 'GET /admin', 'shop.example', '200 app /admin',
		    'X-Shop-Staff: none' ],
		[ 'GET /admin', 'shop.example', '403',
		    'X-Forwarded-For: 198.51.100.1' ],
		[ 'GET /checkout', 'shop.example', '200 app /checkout' ],
		[ 'GET /checkout', 'shop.example', '200 app /next/checkout',
		    'Cookie: a=b; trial=new' ],
		[ 'GET /sale', 'shop.example', '307 /offers/summer' ],
		[ 'GET /robots.txt', 'shop.example', '200 User-agent: *' ],
		[ 'GET /a', 'old-shop.example', '301 http://shop.example/a' ],
	],
	'examples/balancing.conf' => [
		[ 'GET /pay', 'shop.example', '200 app /pay' ],
		[ 'GET /cart', 'shop.example', '200 next /cart',
		    'Cookie: version=next' ],
		[ 'GET /pictures/a', 'shop.example', '200 pictures /pictures/a' ],
		[ 'GET /', 'other.example', '421' ],
	],
	'examples/websocket.conf' => [
		[ 'GET /', 'chat.example', '200 pages /' ],
		[ 'GET /events', 'chat.example', '200 chat /events' ],
		[ 'GET /socket', 'chat.example', '101 chat', 'Connection: upgrade',
		    'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
		    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' ],
		[ 'GET /', 'chat.example', '200 pages /',
		    'Connection: upgrade', 'Upgrade: websocket' ],
	],
	'examples/https.conf' => [
		[ 'GET /a?b', 'www.example', '308 https://www.example/a?b' ],
		[ 'POST /', 'example', '308 https://example/' ],
		[ 'GET /', 'other.example', '421' ],
		[ 'GET /.well-known/acme-challenge/x', 'shop.example',
		    '200 acme /.well-known/acme-challenge/x' ],
		[ 'TLS GET /a?b', 'www.example', '200 app /a?b' ],
		[ 'TLS GET /.well-known/acme-challenge/x', 'shop.example',
		    '200 acme /.well-known/acme-challenge/x' ],
		[ 'TLS GET /a', 'example', '301 https://www.example/a' ],
		[ 'TLS GET /', 'other.example', '421' ],
	],
	'examples/many-sites.conf' => [
		[ 'GET /', 'blog.example', '200 php /' ],
		[ 'POST /xmlrpc.php', 'www.blog.example', '403' ],
		[ 'GET /wp-login.php', 'blog.example', '403' ],
		[ 'GET /', 'my.garden.example', '200 php /' ],
		[ 'GET /', 'docs.example', '308 /wiki/' ],
		[ 'GET /wiki/Start', 'docs.example', '200 wiki /Start' ],
		[ 'GET /x', 'docs.example', '404' ],
		[ 'GET /', 'other.example', '421' ],
	],
);

# A copy that everybody can read, with the program.
my $etc = Portico::temporary();
find({ no_chdir => 1, wanted => sub {
	my $to = s/^\Q$Portico::TOP\E\/etc/$etc/r;
	make_path(dirname($to));
	copy($_, $to) if -f;
} }, "$Portico::TOP/etc/portico.conf", "$Portico::TOP/etc/examples");
copy($Portico::BINARY, "$etc/portico") or die $!;
chmod 0755, "$etc/portico";
$Portico::BINARY = "$etc/portico";
certify("$etc/examples");
my @samples = map { s/^\Q$etc\E\///r } "$etc/portico.conf",
    sort glob "$etc/examples/*.conf";
is join(' ', sort keys %served), join(' ', sort @samples), 'every sample';

# Certificates for the samples in a folder, that every user can read.
sub certify
{
	my ($dir) = @_;

	mkdir "$dir/tls";
	system { $Portico::BINARY } $Portico::BINARY, '--self-signed',
	    "$dir/tls", 'www.example' and die 'no certificate';
	chmod 0644, "$dir/tls/portico.pem";
	return;
}

# The status of portico -t, as that user.
sub tested
{
	my ($file, $user) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		my ($uid, $gid) = (getpwnam $user)[2, 3];
		if ($uid != $>) {
			($(, $)) = ($gid, "$gid $gid");
			($<, $>) = ($uid, $uid);
			$> == $uid or POSIX::_exit(126);
		}
		open STDERR, '>', '/dev/null';
		exec { $Portico::BINARY } 'portico', '-t', '-c', $file
		    or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return $? >> 8;
}

my $me = getpwuid $>;
for my $user ($> == 0 ? qw(root nobody) : $me) {
	is tested("$etc/$_", $user), 0, "$_ is good for $user" for @samples;
}

# Answers as echo does, and as a WebSocket application would.
sub application
{
	my ($c, $name) = @_;

	while (defined(my $r = $c->request)) {
		if ($r =~ /^Upgrade: websocket\r$/mi) {
			$c->send("HTTP/1.1 101 Switching Protocols\r\n" .
			    "Connection: upgrade\r\nUpgrade: websocket\r\n" .
			    "X-Backend: $name\r\n\r\n");
			$c->more or return;
			$c->send("heard $c->{in}");
			return;
		}
		my ($head) = split /\r\n\r\n/, $r;
		$c->send(plain("$head\n\n" =~ s/\r//gr, "X-Backend: $name"))
		    or return;
	}
	return;
}

# The addresses in use: [of listeners], { of a backend => its pool }.
sub addresses
{
	my ($file) = @_;
	my ($status, $text) = Portico::run_program('-T', '-c', $file);
	my ($listeners) = $text =~ /^listeners = \{\n(.*?)^\};/ms;
	my ($pools) = $text =~ /^pools = \{\n(.*?)^\};/ms;
	my ($pool, %backends);

	for (split /\n/, $pools) {
		$pool = $1 if /^\t(\w+) = \{/;
		$backends{$1} = $pool if /^\t+address = "(.*)";/;
	}
	return ([ map { /"([^"]+)"/g } $listeners =~ /^\t+address = (.*);/mg ],
	    \%backends);
}

# As -T has it.
sub whole
{
	my ($text) = @_;

	return $text =~ s/^\*:/[::]:/r if $text =~ /:\d+$|^unix:/;
	return "$text:80";
}

# Puts addresses of ours in the place of those of the sample, and logs into
# the test's folder; keeps all else.
sub replace
{
	my ($path, $ours) = @_;
	my $text = Portico::slurp($path);

	$text =~ s/^([^#\n]*)/replaced($1, $ours)/gem;
	$text =~ s{/var/log/portico/}{$etc/}g;
	return $text;
}

sub replaced
{
	my ($line, $ours) = @_;

	return $line =~ s/"([^"]+)"/'"' . ($ours->{ whole($1) } || $1) . '"'/ger;
}

sub summary
{
	my ($r) = @_;
	my $pool = field($r, 'X-Backend');
	my $more = $pool && $r->{status} == 200
	    ? "$pool " . echoed($r)->{target}
	    : $pool // field($r, 'Location')
	    // ($r->{status} == 200 ? $r->{body} =~ s/\n.*//sr : '');

	# Ports of https are the test's.
	return "$r->{status} $more" =~ s/ $//r =~ s{(https://[^/]*):\d+}{$1}r;
}

for my $sample (@samples) {
	my ($listeners, $backends) = addresses("$etc/$sample");
	my %ours = map { $_ => '127.0.0.1:' . free_port() } @$listeners;
	my @servers;

	for my $at (grep { !$ours{$_} } keys %$backends) {
		my $pool = $backends->{$at};
		push @servers, Backend->new(sub { application($_[0], $pool) });
		$ours{$at} = $servers[-1]->address;
	}
	# The test comes from where the shop's load balancer is.
	$ours{whole('192.0.2.0/24')} = '127.0.0.0/8';
	my $dir = Portico::temporary();
	mkdir "$dir/sites.d";
	certify($dir);
	for (glob "$etc/examples/sites.d/*.conf $etc/examples/sorry.*") {
		open my $f, '>', s/^\Q$etc\E\/examples/$dir/r or die $!;
		print $f replace($_, \%ours);
	}
	my @at = map { $ours{$_} } @$listeners;
	my $p = Portico->start(replace("$etc/$sample", \%ours), dir => $dir,
	    listeners => \@at);
	my ($there, $behind) = addresses($p->file);
	is join(' ', grep { !/^127\.0\.0\.1:/ } @$there, keys %$behind), '',
	    "$sample: nothing but the test is asked";

	for (@{ $served{$sample} || [] }) {
		my ($line, $host, $want, @fields) = @$_;
		my $c = $line =~ s/^TLS // ? Tls->new($at[1], name => $host)
		    : Client->new($at[0]);
		$c->send(request($line, [ "Host: $host",
		    @fields ? @fields : 'Connection: close' ]));
		my $r = ($want =~ /^101/ ? $c->response : $c->final)
		    // { status => 'none' };
		is summary($r), $want, "$sample: $line at $host";
		if ($want =~ /^101/) {
			$c->send('hello');
			is $c->fill(11) && $c->rest, 'heard hello',
			    'and a talk both ways';
		}
		unlike $r->{body}, qr/none/, 'nobody is staff by his own word'
		    if "@fields" =~ /Staff/;
		$c->close;
	}
	look_at_sorry($p, $at[0], @servers) if $sample =~ /static|shop/;
	is $p->quit, 0, "$sample: ended well";
	is +($p->sums)[1], undef, 'nothing is left';
}

# With all servers gone: the page that visitors see.
sub look_at_sorry
{
	my ($p, $at, @servers) = @_;
	my ($host) = Portico::slurp($p->file) =~ /"(shop\.example|www\.example)"/;

	$_->stop for @servers;
	my $r = ask($at, request('GET /', [ "Host: $host" ]));
	like $r->{status}, qr/^50[234]$/, 'no server is left';
	like $r->{body}, qr/<h1>Back soon/, 'a page says so';
	return if $host ne 'shop.example';
	$r = ask($at, request('GET /', [ "Host: $host",
	    'Accept: application/json' ]));
	like $r->{body}, qr/"unavailable"/, 'a script is told as JSON';
	ok until_true(sub { Portico::slurp("$etc/errors.json.log")
	    =~ /^\{.*"status":50[234]\b.*\}$/m }), 'and programs by the log';
	ok until_true(sub { Portico::slurp("$etc/access.log")
	    =~ m{"GET /cart HTTP/1\.1" 200 }m }), 'the other log has every request';
	return;
}
done_testing;
