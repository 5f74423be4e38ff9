# SPDX-License-Identifier: BSD-2-Clause
# Keys of records stay in no worker that carries nothing: none of a client's,
# and none of a backend's, whose client need not speak TLS.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(get request until_true);
use Keys qw(count_in keys_of);
use Portico;
use Tls;
use TlsBackend;

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
