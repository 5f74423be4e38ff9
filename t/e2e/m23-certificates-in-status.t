# SPDX-License-Identifier: BSD-2-Clause
# porticoctl status shows certificates, and how long they hold.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use Backend qw(plain);
use Certs;
use Client qw(until_true);
use FakeMaster qw(ctl record);
use Figures qw(status);
use Portico;
use Tls qw(one_https);

my $ca = Certs->new;
my %days = (ec => 90, rsa => 10, p384 => -3);
my %file = map { $_ => $ca->leaf(names => [ "$_.test", "www.$_.test" ],
    key => $_, days => $days{$_}) } keys %days;
my $b = Backend->new({ '/' => plain('fine') });
my $list = join ', ', map { qq("$file{$_}") } qw(ec rsa p384);
my $p = Portico->start(one_https($b->address, "[ $list ]"));
my @at = ('-s', $p->dir . '/portico.sock');

my ($status, $out, $err) = ctl(@at, 'status');
is $status, 0, 'status';
like $out, qr/^processes: .*\bgate \d+/m, 'gates are among the processes';
my ($table) = $out =~ /^(CERTIFICATE OF .*)/ms;
my %line = map { /(\w+)\.test/ ? ($1 => $_) : () } split /\n/, $table;
my $date = qr/\d{4}-\d\d-\d\d/;
like $line{ec}, qr/^https +ec\.test www\.ec\.test +EC +$date +(?:89|90) days +/,
    'names, key, end, days';
like $line{ec}, qr/ \Q$file{ec}\E$/, 'and the file';
like $line{rsa}, qr/\b(?:9|10) days, soon /, 'one that ends soon is marked';
like $line{p384}, qr/ over /, 'and one that has ended';
like $line{rsa}, qr/ RSA /, 'the kind of its key';

($status, $out) = ctl(@at, '--json', 'status');
my $all = decode_json($out)->{certificates};
is scalar(@$all), 3, 'JSON has them too';
my ($rsa) = grep { $_->{names} eq 'rsa.test www.rsa.test' } @$all;
is $rsa->{path}, $file{rsa}, 'with path';
is $rsa->{of}, 'https', 'listener';
cmp_ok abs($rsa->{ends} - time - 10 * 86400), '<', 3600, 'and end';
is scalar(grep { $_->{role} eq 'gate' } @{ decode_json($out)->{processes} }),
    scalar($p->pids('gate')), 'and gates';
($status, $out) = ctl(@at, 'status', 'app');
unlike $out, qr/CERTIFICATE/, 'not in what is told of a pool';
($status, $out) = ctl(@at, 'top', '-n', '1');
like $out, qr/^portico .*a certificate ends soon/m, 'top says that one ends';

my $fresh = $ca->leaf(names => [ 'ec.test' ]);
$p->reload(one_https($b->address, $fresh), sub {
    (ctl(@at, 'status'))[1] =~ /\Q$fresh/ });
($status, $out) = ctl(@at, 'status');
unlike $out, qr/\Q$file{rsa}\E/, 'after a reload they are the new ones';
($status, $out) = ctl(@at, 'top', '-n', '1');
unlike $out, qr/ends soon/, 'and none of them ends soon';
$ca->leaf(names => [ 'renewed.test' ], file => $fresh);
ok until_true(sub { (ctl(@at, 'status'))[1] =~ /renewed\.test/ }, 10),
    'after a renewal as well';
$p->reload(Portico::one_backend($b->address), sub {
    (ctl(@at, 'status'))[1] !~ /CERTIFICATE/ });
($status, $out) = ctl(@at, 'status');
unlike $out, qr/CERTIFICATE/, 'without TLS there is no such table';
is $p->stop, 0, 'ends';

# In the background nobody sees what the start says; the log has it too.
my $dir = Portico::temporary();
my $conf = one_https($b->address, "[ $list ]", top => qq{
    error_log = { to = "$dir/error.log"; };});
$p = Portico->start($conf, dir => $dir, arguments => [ '-c',
    "$dir/portico.conf" ], listeners => []);
until_true(sub { -s "$dir/error.log" }, 10);
ok until_true(sub { Portico::slurp("$dir/error.log") =~
    /warn master: certificate \Q$file{rsa}\E of "https" ends in \d+ days/
    }, 10), 'the log warns of one that ends soon';
like Portico::slurp("$dir/error.log"),
    qr/warn master: certificate \Q$file{p384}\E of "https" has ended/,
    'and of one that has ended';
unlike Portico::slurp("$dir/error.log"), qr/\Q$file{ec}/, 'of no other';
my ($pid) = Portico::slurp("$dir/portico.pid") =~ /(\d+)/;
kill 'TERM', $pid;
ok until_true(sub { !kill 0, $pid }, 5), 'ends';

# ---- What a master may say ----

my $m = FakeMaster->new(Portico::temporary(), status => status(
    record('certificate', "of=a\e[2J", 'path=/x', 'key=EC', 'names=',
	'ends:=0'),
    record('certificate', 'of=b', 'path=/y', 'key=EC', 'names=x.test',
	'ends:=' . '9' x 18)));
($status, $out) = ctl('-s', $m->{path}, 'status');
is $status, 0, 'an odd master';
unlike $out, qr/\e/, 'nothing harms a terminal';
like $out, qr/^a\S* .* over /m, 'an end that was never';
like $out, qr/^b +x\.test .*days/m, 'and one that never comes';
done_testing;
