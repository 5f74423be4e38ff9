# SPDX-License-Identifier: BSD-2-Clause
# Private keys, and those of tickets, are in gates and in nobody else.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Fcntl qw(SEEK_SET);
use Backend qw(plain);
use Certs;
use Client qw(until_true);
use Portico;
use Tls qw(get_tls);

no warnings 'portable'; # numbers of 64 bits

plan skip_all => 'only root reads the memory of others' if $> != 0;
plan skip_all => 'a sanitizer has terabytes of it' if Portico::sanitized;

my $ca = Certs->new;
my %files = (ec => $ca->leaf(names => [ 'a.test' ]),
    rsa => $ca->leaf(names => [ 'b.test' ], key => 'rsa'),
    ours => $ca->leaf(cn => 'us', client => 1));
my $backend = Backend->new(plain('fine'));
my $p = Portico->start(qq{
connections = 100; buffers = "4M"; gates = 2; user = "nobody";
access_log = { to = "\@dir\@/access.log"; };
listeners = { https = { address = "\@https\@"; tls = { certificates =
    [ "$files{ec}", "$files{rsa}" ]; }; }; };
pools = { app = { backends = [ "@{[ $backend->address ]}" ]; };
    secure = { backends = [ "https://127.0.0.1:1" ];
	tls = { verify = false; cert = "$files{ours}"; }; }; };
sites = { all = { hosts = "*"; routes = ( { path = "/s"; pool = "secure"; },
    { pool = "app"; } ); }; };
});
my $at = $p->address('https');

# The secret numbers of a key, as big-endian bytes: name => bytes.
sub numbers_of
{
	my ($file) = @_;
	my $text = Certs::run('pkey', '-in', $file, '-text', '-noout');
	my %found;

	while ($text =~ /^(priv|privateExponent|prime1|prime2):\s*\n
	    ((?:\s+[0-9a-f:]+\n)+)/mgx) {
		my ($name, $hex) = ($1, $2 =~ tr/0-9a-f//cdr);

		$found{$name} = pack('H*', $hex) =~ s/^\0+//r;
	}
	return %found;
}

# What is looked for: name => bytes. The second half of a number in both
# orders (a library may begin it elsewhere), and the file's text.
my %needles;
for my $kind (sort keys %files) {
	my %numbers = numbers_of($files{$kind});

	for (sort keys %numbers) {
		my $part = substr $numbers{$_}, -24;
		$needles{"$kind: $_"} = $part;
		$needles{"$kind: $_, turned"} = scalar reverse $part;
	}
	my @lines = split /\n/, Portico::slurp($files{$kind});
	$needles{"$kind: PEM"} = $lines[2];
}
cmp_ok scalar(keys %needles), '>=', 2 + 6 + 2 + 3, 'secrets to look for';

# The bytes of those maps of a process whose line has the pattern.
sub memory_of
{
	my ($pid, $pattern, $code) = @_;

	open my $mem, '<:raw', "/proc/$pid/mem" or die "$pid: $!";
	for my $line (split /\n/, Portico::slurp("/proc/$pid/maps")) {
		my ($from, $to) = $line =~ /^([0-9a-f]+)-([0-9a-f]+) r/
		    or next;
		next if $line !~ $pattern || $line =~ /\[v(?:var|syscall)/;
		($from, $to) = (hex $from, hex $to);
		my $before = '';
		for (my $p = $from; $p < $to; $p += 1 << 20) {
			my $n = $to - $p < 1 << 20 ? $to - $p : 1 << 20;

			sysseek $mem, $p, SEEK_SET or last;
			defined sysread $mem, my $bytes, $n or last;
			$code->($before . $bytes);
			$before = substr $bytes, -64;
		}
	}
	return;
}

# The newest key of tickets, out of a gate's map of them.
sub ticket_key
{
	my ($key) = '';

	memory_of(($p->pids('gate'))[0], qr/memfd:portico-tickets/, sub {
		# the first long run of random bytes: name, keys
		$key = substr $1, 20, 24 if $key eq '' &&
		    $_[0] =~ /((?:(?!\0\0\0).){80})/s });
	return $key;
}

# Which of the secrets a process has.
sub secrets_in
{
	my ($pid) = @_;
	my %found;

	memory_of($pid, qr/./, sub {
		for (keys %needles) {
			$found{$_} = 1 if index($_[0], $needles{$_}) >= 0;
		} });
	return sort keys %found;
}

is get_tls($at, '/', version => '1.2', auth => $_->[0], name => $_->[1])
    ->{body}, 'fine', $_->[0] for [ 'RSA', 'b.test' ], [ 'ECDSA', 'a.test' ];
is get_tls($at, '/')->{body}, 'fine', 'served';
get_tls($at, '/s') for 1, 2;
$p->signal('HUP');
ok $p->logged(qr/generation 2 is running/, 10), 'a reload';
until_true(sub { scalar(() = $p->pids('gate')) == 2 }, 5);
is get_tls($at, '/')->{body}, 'fine', 'served';
$needles{'tickets'} = ticket_key();
is length $needles{'tickets'}, 24, 'a key of tickets' or
    delete $needles{'tickets'};

my %roles = $p->children;
$roles{$p->pid} = 'master';
for my $pid (sort { $roles{$a} cmp $roles{$b} } keys %roles) {
	next if $roles{$pid} =~ /^gate/;
	is join(', ', secrets_in($pid)), '', "$roles{$pid} has none";
}
my %in_gates = map { map { $_ => 1 } secrets_in($_) } $p->pids('gate');
for my $kind (qw(ec rsa ours tickets)) {
	cmp_ok scalar(grep { /^$kind/ } keys %in_gates), '>=', 1,
	    "gates have what is looked for: $kind";
}
for my $pid ($p->pids('gate')) {
	my $status = Portico::slurp("/proc/$pid/status");

	unlike $status, qr/^Uid:\s+.*\b0\b/m, 'a gate is not root';
	is +(stat "/proc/$pid/mem")[4], 0, 'and not dumpable';
	like Portico::slurp("/proc/$pid/limits"),
	    qr/^Max core file size\s+0\s+0\s/m, 'nor leaves a core';
	unlike join("\n", map { readlink // '' } glob "/proc/$pid/fd/*"),
	    qr/\.pem|portico-(?!tickets)|\.log/, 'has no files open';
}
done_testing;
