# SPDX-License-Identifier: BSD-2-Clause
# Backends with TLS that are added at run time, renamed, kept and saved.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Certs;
use Client qw(field get);
use Control qw(backend_of command);
use Portico;
use TlsBackend;

my $ca = Certs->new;
my $cert = $ca->leaf(names => [ 'app.test' ]);
my $plain = Backend->new('echo', name => 'plain');
my %b = map { $_ => TlsBackend->new('echo', name => $_, cert => $cert) }
    qw(one two);
my $ca_file = $ca->file;
my $conf = qq{
	listeners = { http = { address = "\@http\@"; }; };
	control = "\@dir\@/portico.sock";
	state_dir = "\@dir\@";
	pools = {
	    some = { backends = "@{[ $plain->address ]}"; host = "app.test";
		tls = false; };
	    all = { backends = "@{[ $b{one}->address ]}"; host = "app.test";
		tls = { ca = "$ca_file"; }; };
	};
	sites = { x = { hosts = "*"; routes = (
	    { path = "/some"; pool = "some"; }, { pool = "all"; } ); }; };
};
my $p = Portico->start($conf);
my ($at, $sock) = ($p->address('http'), $p->dir . '/portico.sock');
my $one = $b{one}->address;
my $two = $b{two}->address;

# Who answered so many requests.
sub who
{
	my ($path, $n) = @_;
	my %of;

	for (1 .. $n) {
		my $r = get($at, $path);
		$of{field($r, 'X-Backend') // $r->{status}}++;
	}
	return join ' ', map { "$_:$of{$_}" } sort keys %of;
}

is who('/', 2), 'one:2', 'a pool with TLS';
my $r = command($sock, "backend add all $two");
ok $r->{ok}, 'an address in such a pool' or diag $r->{raw};
is backend_of($sock, "all/$two")->{added}, 1, 'is called as it is';
is who('/', 4), 'one:2 two:2', 'and is spoken to by TLS, too';
$r = command($sock, "backend remove all/$two");
ok $r->{ok}, 'removed' or diag $r->{raw};
$r = command($sock, "backend add all https://$two");
ok $r->{ok}, 'with https:// before it' or diag $r->{raw};
is backend_of($sock, "all/$two")->{added}, 1, 'its name is without';
is who('/', 4), 'one:2 two:2', 'the same';

# each for itself, and this pool knows no authority: nobody is believed
$r = command($sock, "backend add some https://$two name=secure");
ok $r->{ok}, 'https in a pool without TLS' or diag $r->{raw};
is who('/some', 4), 'plain:4', 'it is verified, and passed over';
ok $p->logged(qr{some/secure: .*certificate}), 'the log says why'
    or diag $p->log;
for ([ 'https://unix:/x', 'unix socket' ], [ "https://$two/x", 'path' ],
    [ 'https://srv:x.test', 'SRV' ], [ 'http://x.test', 'URI' ]) {
	my ($address, $word) = @$_;

	$r = command($sock, "backend add some $address name=bad");
	ok !$r->{ok}, "$address is refused";
	like $r->{raw}, qr/$word/, 'in words';
}

# what is saved says https, and means the same after a restart
$r = command($sock, 'config save');
like $r->{raw}, qr{address = \\?"https://\Q$two\E}, 'config save';
$p->quit;
$p->clear_log; # what runs anew is to say so
$p = Portico->start($conf, dir => $p->dir,
    addresses => $p->{addresses});
is who('/', 4), 'one:2 two:2', 'after a restart';
is backend_of($sock, 'some/secure')->{added}, 1, 'all are there';
done_testing;
