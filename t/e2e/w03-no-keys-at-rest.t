# SPDX-License-Identifier: BSD-2-Clause
# Keys of records stay in no worker that carries nothing: none of a client's,
# and none of a backend's, whose client need not speak TLS.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Digest::SHA qw(hmac_sha256 hmac_sha384);
use Fcntl qw(SEEK_SET);
use Backend qw(plain);
use Certs;
use Client qw(get request until_true);
use Portico;
use Tls;
use TlsBackend;

no warnings 'portable'; # numbers of 64 bits

plan skip_all => 'only root reads the memory of others' if $> != 0;
plan skip_all => 'memory of a sanitized build' if Portico::sanitized;

my $cert = Certs->new->leaf(names => [ 'a.test' ]);
my $keylog = Portico::temporary() . '/keylog';
my $backend = TlsBackend->new(plain('fine'), cert => $cert,
    version => '1.3', keylog => $keylog);
my $p = Portico->start(qq{
connections = 100; buffers = "4M";
workers = { min = 2; max = 2; };
listeners = { http = { address = "\@http\@"; };
    https = { address = "\@https\@"; tls = { certificates = "$cert"; }; }; };
pools = { app = { backends = [ "https://@{[ $backend->address ]}" ];
    tls = { verify = false; }; }; };
});

# The keys of records that lines of a key log lead to (RFC 8446, 7.3): the
# first 16 bytes of each.
sub keys_of
{
	my (@lines) = @_;
	my @keys;

	for (@lines) {
		my ($secret) = /^\w+_TRAFFIC_SECRET_0 \w+ (\w+)$/ or next;
		my $long = length $secret == 96;

		$secret = pack 'H*', $secret;
		for my $n ($long ? 32 : (16, 32)) {
			my $what = pack('nC', $n, 9) . "tls13 key\0\1";

			push @keys, substr $long ? hmac_sha384($what, $secret)
			    : hmac_sha256($what, $secret), 0, 16;
		}
	}
	return @keys;
}

# How often one of these stands in the memory of a process.
sub count_in
{
	my ($pid, @keys) = @_;
	my $pattern = join '|', map { quotemeta } @keys;
	my $found = 0;

	open my $mem, '<:raw', "/proc/$pid/mem" or die "$pid: $!";
	for (split /\n/, Portico::slurp("/proc/$pid/maps")) {
		my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
		my ($at, $end) = (hex $from, hex $to);

		sysseek $mem, $at, SEEK_SET or next;
		defined sysread $mem, my $bytes, $end - $at or next;
		$found++ while $bytes =~ /$pattern/g;
	}
	return $found;
}

sub sum
{
	my (@keys) = @_;
	my $sum = 0;

	$sum += count_in($_, @keys) for $p->workers;
	return $sum;
}

my $c = Tls->new($p->address('https'), keylog => 1) or die $Tls::error;
$c->send(request('GET /'));
is $c->final->{body}, 'fine', 'a client over TLS';
my @client = keys_of($c->keylog);
cmp_ok scalar(@client), '>=', 2, 'its keys';
my @backend = keys_of(split /\n/, Portico::slurp($keylog));
cmp_ok scalar(@backend), '>=', 2, q(the backend's keys);
for (['the client', @client], ['the backend', @backend]) {
	my ($who, @keys) = @$_;

	# of two workers each sees the area of the lobby
	ok until_true(sub { sum(@keys) == 4 }, 3),
	    "$who: keys stand in the lobby and nowhere else" or
	    diag sum(@keys);
}
$c->close;
ok until_true(sub { sum(@client) == 0 }, 3), 'nowhere once it has gone' or
    diag sum(@client);

is get($p->address('http'), '/')->{body}, 'fine', 'a client without TLS';
@backend = keys_of(split /\n/, Portico::slurp($keylog));
ok until_true(sub { sum(@backend) == 4 }, 3),
    'keys of its backend stand in the lobby and nowhere else' or
    diag sum(@backend);
$backend->stop;
ok until_true(sub { sum(@backend) == 0 }, 5), 'nowhere once it has gone' or
    diag sum(@backend);
done_testing;
