# SPDX-License-Identifier: BSD-2-Clause
# Certificates that cannot be read, and keys that stand beside: -t says of all
# of them what is the matter, for listeners and pools alike.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(get);
use POSIX ();
use Portico qw(run_program);
use Tls qw(one_https);
use TlsBackend;

my $ca = Certs->new;
my $dir = Portico::temporary();
mkdir "$dir/$_" or die $! for qw(live live/a.test none);
$ca->leaf(names => [ 'a.test' ], file => "$dir/live/a.test/fullchain.pem");

# -t, by somebody who is not root; undef if he cannot have the program.
sub told
{
	my ($conf) = @_;

	Certs::save("$dir/portico.conf", $conf);
	my $pid = open(my $from, '-|') // die "fork: $!";
	if ($pid == 0) {
		POSIX::setuid(65534) if $> == 0;
		open STDERR, '>&', \*STDOUT or POSIX::_exit(127);
		exec { $Portico::BINARY } 'portico', '-t', '-c',
		    "$dir/portico.conf" or POSIX::_exit(127);
	}
	my $text = do { local $/; <$from> };
	close $from;
	return $? >> 8 == 127 ? undef : $text // '';
}

sub listener
{
	return one_https('127.0.0.1:3000', $_[0]) =~ s/\@https\@/127.0.0.1:3001/r;
}

SKIP: {
	chmod 0755, $dir;
	skip 'others cannot run the program', 5 if !defined told('');
	chmod 0000, "$dir/live";
	my $live = "$dir/live";
	for ($live, "$live/*/fullchain.pem", "$live/a.test/fullchain.pem") {
		like told(listener($_)),
		    qr/\Q$_\E: cannot be read: Permission denied$/m, $_;
	}
	chmod 0755, $live;
	like told(listener("$dir/none/*.pem")),
	    qr/matches no file/, 'what is not there at all';
	like told(listener("$dir/nowhere/*.pem")),
	    qr/matches no file/, 'nor its folder';
}

# ---- A pool's key beside its certificate ----

my $us = $ca->leaf(names => [], cn => 'us', client => 1,
    file => "$dir/us.crt", split => 1);
rename "$us.key", "$dir/us.key";
my $b = TlsBackend->new(plain('fine'), client_ca => $ca->file,
    cert => $ca->leaf(names => [ 'b.test' ]));
my ($at, $file) = ($b->address, $ca->file);
my $p = Portico->start(qq{
listeners = { http = { address = "\@http\@"; }; };
pools = { app = { backends = "https://$at";
    tls = { name = "b.test"; ca = "$file"; cert = "$us"; }; }; };
});
is get($p->address('http'), '/')->{body}, 'fine',
    'it is found, as a listener\'s is';
my ($status, $out, $err) = run_program('-t', '-c', $p->file);
is $status, 0, 'and -t finds it';
$p->stop;


my $stranger = $ca->leaf(names => [ 'c.test' ], file => "$dir/c.pem");
Certs::save("$dir/c.conf", qq{
listeners = { http = { address = "127.0.0.1:3001"; }; };
pools = { app = { backends = "https://127.0.0.1";
    tls = { cert = "$stranger"; }; }; };
});
($status, $out, $err) = run_program('-t', '-c', "$dir/c.conf");
is scalar(() = $err =~ /its certificate is not for clients/g), 1,
    'a warning is said once';
done_testing;
