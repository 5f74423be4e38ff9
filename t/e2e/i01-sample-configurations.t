# SPDX-License-Identifier: BSD-2-Clause
# Every sample in etc/ loads as it is, and serves what it says it serves.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed plain);
use Certs;
use Client qw(ask request field until_true);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Find qw(find);
use File::Path qw(make_path);
use Portico qw(free_port);
use Proxied qw(proxy_v2 read_proxy);
use Tls;
use TlsBackend;

# What somebody who asks for it is told: the status, the pool whose server
# answered with the target that it saw, or a Location, or some text. Before the
# request: which listener; "+" with a certificate, "<" with a PROXY header.
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
		[ '0 GET /a?b', 'shop.example', '308 https://shop.example/a?b' ],
		[ '0 GET /.well-known/acme-challenge/x', 'shop.example',
		    '200 certbot /.well-known/acme-challenge/x' ],
		[ '1 GET /a?b', 'shop.example', '200 app /a?b' ],
	],
	'examples/client-certificates.conf' => [
		[ '0 GET /cart', 'shop.example', '200 app /cart' ],
		[ '0 GET /orders', 'shop.example', '403' ],
		[ '1 GET /orders', 'shop.example', 'none' ],
		[ '1+ GET /orders', 'shop.example', '200 app /orders' ],
	],
	'examples/https-backends.conf' => [
		[ '0 GET /cart', 'shop.example', '200 app /cart' ],
		[ '0 GET /printer/a', 'shop.example', '200 printer /a' ],
	],
	'examples/proxy-protocol.conf' => [
		[ '0 GET /cart', 'shop.example', 'none' ],
		[ '0< GET /cart', 'shop.example', '200 app /cart' ],
		[ '0< GET /staff', 'shop.example', '200 app /staff' ],
		[ '0< GET /mail', 'shop.example', '200 mail /mail' ],
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
my @samples = map { s/^\Q$etc\E\///r } "$etc/portico.conf",
    sort glob "$etc/examples/*.conf";
is join(' ', sort keys %served), join(' ', sort @samples), 'every sample';

# The certificates that they name, for everybody to read: a server's, a
# client's, and a printer's that is signed by itself.
my $ca = Certs->new;
my %pem = ('tls/shop.pem' => $ca->leaf(names => ['shop.example']),
    'keys/proxy.pem' => $ca->leaf(client => 1, cn => 'proxy'),
    'keys/app.pem' => $ca->leaf(names => ['app.internal']),
    'ca/partners.pem' => $ca->file, 'ca/company.pem' => $ca->file,
    'ca/printer.pem' => Portico::temporary() . '/portico.pem');
Portico::run_program('--self-signed', dirname($pem{'ca/printer.pem'}),
    'printer.internal');

sub put_certificates
{
	my ($dir) = @_;

	for (keys %pem) {
		make_path(dirname("$dir/$_"));
		copy($pem{$_}, "$dir/$_") or die "$_: $!";
		chmod 0644, "$dir/$_";
	}
	return;
}
put_certificates("$etc/examples");

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
		read_proxy($r);
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

# The addresses in use: [of listeners], { of a backend => its pool }, and
# { of a listener => it has TLS }.
sub addresses
{
	my ($file) = @_;
	my ($status, $text) = Portico::run_program('-T', '-c', $file);
	my ($listeners) = $text =~ /^listeners = \{\n(.*?)^\};/ms;
	my ($pools) = $text =~ /^pools = \{\n(.*?)^\};/ms;
	my ($pool, %backends, @at, %tls);

	for (split /\n/, $pools) {
		$pool = $1 if /^\t(\w+) = \{/;
		$backends{$1} = $pool if /^\t+address = "(.*)";/;
	}
	for (split /\n/, $listeners) {
		push @at, /"([^"]+)"/g if /^\t+address = (.*);/;
		$tls{$at[-1]} = 1 if /^\t\ttls = \{/;
	}
	return (\@at, \%backends, \%tls);
}

# As -T has it.
sub whole
{
	my ($text) = @_;

	return $text =~ s/^\*:/[::]:/r if $text =~ /:\d+$|^unix:/;
	return $text =~ /^https:/ ? "$text:443" : "$text:80";
}

# Puts addresses of ours in the place of those of the sample, and logs into
# the test's folder; keeps all else.
sub replace
{
	my ($path, $ours) = @_;
	my $text = Portico::slurp($path);

	$text =~ s/^([^#\n]*)/replaced($1, $ours)/gem;
	$text =~ s{/var/log/portico/}{$etc/}g;
	# Other masters may run on this machine: the test names a file of its
	# own where none is named.
	$text =~ s/^#pid_file\b.*\n//m;
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
	return 'none' if $r->{status} eq 'none';
	my $pool = field($r, 'X-Backend');
	my $more = $pool && $r->{status} == 200
	    ? "$pool " . echoed($r)->{target}
	    : $pool // field($r, 'Location')
	    // ($r->{status} == 200 ? $r->{body} =~ s/\n.*//sr : '');

	return "$r->{status} $more" =~ s/ $//r;
}

# A server of that pool: the address for the configuration, and itself.
sub server
{
	my ($at, $pool) = @_;
	my $script = sub { application($_[0], $pool) };
	my $printer = $pool eq 'printer';

	if ($at !~ /^https:/) {
		my $b = Backend->new($script);
		return ($b->address, $b);
	}
	my $b = TlsBackend->new($script, cert => $printer ?
	    $pem{'ca/printer.pem'} : $pem{'keys/app.pem'},
	    $printer ? () : (client_ca => $ca->file));
	return ('https://' . $b->address, $b);
}

# A connection to a listener, or nothing; how: as before the requests above.
sub client
{
	my ($at, $tls, $how) = @_;

	return Client->new($at) if !$tls;
	return Tls->new($at, name => 'shop.example', ca => $ca->file,
	    $how eq '+' ? (cert => $pem{'keys/proxy.pem'}) : (),
	    $how eq '<' ? (before => proxy_v2('198.51.100.7', 1234,
	    '192.0.2.1', 443)) : ());
}

sub answer
{
	my ($c, $line, $host, $interim, @fields) = @_;

	$c->send(request($line, [ "Host: $host",
	    @fields ? @fields : 'Connection: close' ])) if $c;
	return ($c && ($interim ? $c->response : $c->final)) //
	    { status => 'none' };
}

for my $sample (@samples) {
	my ($listeners, $backends, $tls) = addresses("$etc/$sample");
	my %ours = map { $_ => '127.0.0.1:' . free_port() } @$listeners;
	my @servers;

	for my $at (grep { !$ours{$_} } keys %$backends) {
		my $pool = $backends->{$at};
		($ours{$at}, my $server) = server($at, $pool);
		push @servers, $server;
	}
	# The test comes from where the shop's load balancer is.
	$ours{whole('192.0.2.0/24')} = '127.0.0.0/8';
	my $dir = Portico::temporary();
	put_certificates($dir);
	mkdir "$dir/sites.d";
	for (glob "$etc/examples/sites.d/*.conf $etc/examples/sorry.*") {
		open my $f, '>', s/^\Q$etc\E\/examples/$dir/r or die $!;
		print $f replace($_, \%ours);
	}
	my @at = map { $ours{$_} } @$listeners;
	my $p = Portico->start(replace("$etc/$sample", \%ours), dir => $dir,
	    listeners => \@at);
	my ($there, $behind) = addresses($p->file);
	is join(' ', grep { !m{^(?:https://)?127\.0\.0\.1:} }
	    @$there, keys %$behind), '',
	    "$sample: nothing but the test is asked";

	for (@{ $served{$sample} || [] }) {
		my ($line, $host, $want, @fields) = @$_;
		my ($i, $how) = $line =~ s/^(\d)([+<]?) // ? ($1, $2) : (0, '');
		my $c = client($at[$i], $tls->{$listeners->[$i]}, $how);
		my $r = answer($c, $line, $host, scalar($want =~ /^101/),
		    @fields);
		# It is not 443 here.
		is summary($r) =~ s{(https://[^/]+):\d+}{$1}r, $want,
		    "$sample: $line at $host";
		if ($want =~ /^101/) {
			$c->send('hello');
			is $c->fill(11) && $c->rest, 'heard hello',
			    'and a talk both ways';
		}
		unlike $r->{body}, qr/none/, 'nobody is staff by his own word'
		    if "@fields" =~ /Staff/;
		$c->close if $c;
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
