# SPDX-License-Identifier: BSD-2-Clause
# A session goes on at any gate, over reloads; not for other client authorities.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs qw(serial);
use Client qw(request until_true);
use Portico;
use Tls qw(get_tls one_https);

my $dir = Portico::temporary();
my ($ca, $other) = map { Certs->new } 1, 2;
my $cert = $ca->leaf(names => [ 'a.test' ], file => "$dir/a.pem");
my %me = (1 => $ca->leaf(cn => 'me', client => 1),
    2 => $other->leaf(cn => 'me', client => 1));
my $b = Backend->new(plain('fine'));

sub listener
{
	my ($name, $keys) = @_;

	return "$name = { address = \"\@$name\@\"; tls = { certificates = " .
	    "\"$cert\"; $keys }; };";
}

sub verifying
{
	my ($name, $ca, $how) = @_;

	return listener($name, 'client_ca = "' . $ca->file .
	    "\"; verify_client = \"$how\";");
}

my $conf = 'listeners = {' . listener('https', '') . listener('another', '') .
    listener('without', 'tickets = false;') .
    verifying('one', $ca, 'require') . verifying('two', $other, 'require') .
    verifying('maybe', $ca, 'optional') . '};
    pools = { app = { backends = [ "' . $b->address . '" ]; }; };
    gates = 3;
';
my $p = Portico->start($conf);

# A session, of a connection that had one answer. Options as Tls->new.
sub session
{
	my ($name, %opt) = @_;
	my $c = Tls->new($p->address($name), %opt) or return undef;

	$c->send(request('GET /'));
	$c->final or return undef;
	my $session = $c->session;
	$c->close;
	return $session;
}

# "resumed", "full", or "none", and whether it works.
sub goes_on
{
	my ($name, $session, %opt) = @_;
	my $c = Tls->new($p->address($name), session => $session, %opt)
	    or return 'none';
	my $how = $c->resumed ? 'resumed' : 'full';

	$c->send(request('GET /'));
	my $r = $c->final;
	$c->close;
	return $r && $r->{body} eq 'fine' ? $how : 'none';
}

is scalar(() = $p->pids('gate')), 3, 'three gates';
for my $version (qw(1.2 1.3)) {
	for my $aead (qw(aes128 aes256 chacha)) {
		my @v = (version => $version, aead => $aead);
		my $session = session('https', @v);

		is join(' ', map { goes_on('https', $session, @v) }
		    1 .. 12), 'resumed ' x 11 . 'resumed',
		    "$version, $aead: twelve times";
	}
}
my $resumed = grep { goes_on('https', session('https')) eq 'resumed' } 1 .. 60;
is $resumed, 60, 'of 60 sessions each goes on, whichever gates';

for my $version (qw(1.2 1.3)) {
	my @v = (version => $version);

	is goes_on('without', session('without', @v), @v), 'full',
	    "$version: tickets = false";
	is goes_on('one', session('one', @v, cert => $me{1}), @v,
	    cert => $me{1}), 'resumed', 'with a client certificate';
	is goes_on('two', session('one', @v, cert => $me{1}), @v,
	    cert => $me{1}), 'none', 'not where another authority is asked';
	is goes_on('two', session('one', @v, cert => $me{1}), @v,
	    cert => $me{2}), 'full', 'but with its own certificate';
	is goes_on('one', session('https', @v), @v), 'none',
	    'a session without a certificate is none with one';
	is goes_on('https', session('one', @v, cert => $me{1}), @v), 'full',
	    'nor the other way round';
	is goes_on('one', session('maybe', @v), @v), 'none',
	    'a session of who may have none';
}

# Over a reload, and over a renewal.
for my $version (qw(1.2 1.3)) {
	my @v = (version => $version);
	my $session = session('https', @v);
	my %before = map { $_ => 1 } $p->pids('gate');

	$p->reload($conf . "workers = { min = 3; max = 4; };\n", sub {
		my @now = $p->pids('gate');

		@now == 3 && !grep { $before{$_} } @now });
	ok !grep({ $before{$_} } $p->pids('gate')), "$version: a reload";
	is goes_on('https', $session, @v), 'resumed', 'the session goes on';

	$session = session('https', @v);
	my $old = serial($cert);
	$ca->leaf(names => [ 'a.test' ], file => $cert);
	ok until_true(sub {
		my $c = Tls->new($p->address('https')) or return 0;
		my $new = $c->serial;

		$c->close;
		$new eq serial($cert) }, 15), "$version: a new certificate";
	isnt serial($cert), $old, 'of another serial';
	is goes_on('https', $session, @v), 'resumed', 'the session goes on';
}
is $p->quit, 0, 'QUIT';
done_testing;
