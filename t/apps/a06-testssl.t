# SPDX-License-Identifier: BSD-2-Clause
# testssl.sh finds nothing here that it does not find in nginx, set up as is
# recommended.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;
use Backend qw(plain);
use Certs;
use Portico qw(free_port need_program);
use Tls qw(get_tls one_https);

my $testssl = need_program('testssl');
my $nginx = need_program('nginx');
need_program('hexdump');
alarm 900;

my $ca = Certs->new;
my %certs = map { $_ => $ca->leaf(names => [ 'localhost' ], key => $_,
    days => 80) } qw(ec rsa);
my $backend = Backend->new(plain('fine'));
my $dir = Portico::temporary();
my $port = free_port();
my $user = $> ? '' : 'user nobody ' . (getgrgid 65534)[0] . ';';
my $temporary = join ' ', map { "${_}_temp_path $dir/$_;" }
    qw(client_body proxy fastcgi uwsgi scgi);
my $p = Portico->start(one_https($backend->address,
    qq(( "$certs{ec}", "$certs{rsa}" )), tls => 'hsts = "365d";'));

my $suites = join ':', map { ("ECDHE-ECDSA-$_", "ECDHE-RSA-$_") }
    qw(AES128-GCM-SHA256 AES256-GCM-SHA384 CHACHA20-POLY1305);
Certs::save("$dir/nginx.conf", <<"END");
$user
daemon off; pid $dir/pid; error_log $dir/error.log; events { }
http {
  access_log off;
  $temporary
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers $suites;
  ssl_prefer_server_ciphers off;
  server_tokens off;
  server {
    listen 127.0.0.1:$port ssl;
    ssl_certificate $certs{ec}; ssl_certificate_key $certs{ec};
    ssl_certificate $certs{rsa}; ssl_certificate_key $certs{rsa};
    add_header Strict-Transport-Security "max-age=31536000";
    location / { return 200 "fine"; }
  }
}
END
my $pid = fork // die "fork: $!";
exec $nginx, '-c', "$dir/nginx.conf" or POSIX::_exit(127) if $pid == 0;
END { local $?; kill 'TERM', $pid if $pid }
my %at = (portico => $p->address('https'), nginx => "127.0.0.1:$port");
ok Client::until_true(sub {
    eval { get_tls($at{nginx}, '/')->{body} eq 'fine' } }),
    'nginx';
is get_tls($at{portico}, '/')->{body}, 'fine', 'Portico';

# What it found: name of a test => severity, and what it says.
sub findings
{
	my ($who) = @_;
	my $file = "$dir/$who.json";
	my $out = "$dir/$who.out";
	my ($host, $port) = split /:/, $at{$who};

	system("cd $dir && $testssl --quiet --color 0 --warnings batch " .
	    "--openssl-timeout 5 --ip $host --add-ca " . $ca->file .
	    " --jsonfile $file localhost:$port >$out 2>&1 </dev/null");
	my $found = JSON::PP::decode_json(Portico::slurp($file) || '[]');
	return { map { $_->{id} => [ $_->{severity}, $_->{finding} ] }
	    @$found };
}

my ($ours, $theirs) = map { findings($_) } qw(portico nginx);
cmp_ok scalar(keys %$ours), '>', 100, 'Portico was looked at: ' .
    keys(%$ours) . ' findings';
cmp_ok scalar(keys %$theirs), '>', 100, 'and nginx: ' . keys(%$theirs);
my %weight = (OK => 0, INFO => 0, DEBUG => 0, LOW => 1, WARN => 1,
    MEDIUM => 2, HIGH => 3, CRITICAL => 4, FATAL => 4);
my @worse;
for my $id (sort keys %$ours) {
	my ($severity, $said) = @{ $ours->{$id} };
	my $other = $theirs->{$id} // [ 'OK', '' ];

	note "$id: $severity: $said" if $weight{$severity} >= 1;
	push @worse, "$id: $severity: $said" if $weight{$severity} >= 2 &&
	    $weight{$severity} > $weight{ $other->[0] };
}
is join("\n", @worse), '', 'no finding of weight that nginx does not have';
for my $id (grep { /^(?:heartbleed|CCS|ticketbleed|ROBOT|secure_renego|
    secure_client_renego|CRIME_TLS|BREACH|POODLE_SSL|fallback_SCSV|SWEET32|
    FREAK|DROWN|LOGJAM|BEAST|LUCKY13|RC4)$/x } sort keys %$ours) {
	my ($severity, $said) = @{ $ours->{$id} };

	cmp_ok $weight{$severity}, '<', 2, "$id: $said";
}
is get_tls($at{portico}, '/')->{body}, 'fine', 'it is served as before';
is $p->quit, 0, 'QUIT';
is_deeply [ $p->sums ], [ 1 ], 'sums are zero';
done_testing;
