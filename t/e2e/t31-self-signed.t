# SPDX-License-Identifier: BSD-2-Clause
# portico --self-signed: from nothing to a page over https, by what it prints.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Portico qw(need_program run_program);

need_program('curl');
my $dir = Portico::temporary();
my $folder = "$dir/tls";
my $file = "$folder/portico.pem";

my ($status, $out, $err) = run_program('--self-signed', $folder);
is $status, 0, 'it is made' or diag $err;
is $err, '', '... without complaint';
is sprintf('%o', (stat $folder)[2] & 07777), '700', 'the folder is ours';
is sprintf('%o', (stat $file)[2] & 07777), '600', 'the file is ours';
like $out, qr/^\Q$file\E is new: a certificate for localhost, /, 'it says so';
like $out, qr/SHA-256 fingerprint: ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/m,
    'with the fingerprint';
my ($print) = $out =~ /fingerprint: (\S+)/;
like `openssl x509 -noout -fingerprint -sha256 -in '$file'`, qr/=\Q$print\E$/m,
    'which is its';

# What it prints is what works: its lines, with an address of the test.
my ($lines) = $out =~ /^(    listeners = \{\n.*?^    \};\n)/ms;
ok $lines, 'the lines of configuration';
$lines =~ s/"\*:443"/"\@https\@"/ or die $lines;
my $backend = Backend->new(plain('over https'));
my $portico = Portico->start("$lines pools = { app = { backends = [ \"" .
    $backend->address . "\" ]; }; };");
my $port = $portico->port('https');
my ($curl) = $out =~ /^    (curl .*)$/m;
ok $curl, 'the line for a client';
$curl =~ s{https://localhost/}{https://localhost:$port/} or die $curl;
$curl =~ s/^curl/curl -sS --max-time 10/;
is scalar(`$curl 2>&1`), 'over https', 'curl trusts it and gets the page';
is scalar(`curl -sS --max-time 10 https://localhost:$port/ -o /dev/null \\
    -w '%{http_code}' 2>$dir/why`), '000', 'who was not told to does not';
like Portico::slurp("$dir/why"), qr/self.signed/, '... for the right reason';
my $by_address = $curl =~ s/localhost/127.0.0.1/r;
is scalar(`$by_address 2>&1`), 'over https', 'the address is in it too';

my $before = Portico::slurp($file);
($status, $out) = run_program('--self-signed', $folder);
is $status, 0, 'once more';
like $out, qr/is there, and stays/, '... it stays';
($status, $out, $err) = run_program('--self-signed', $folder, 'b.example');
is $status, 1, 'other names';
like $err, qr/it stays; name another folder/, '... do not take its place';
is Portico::slurp($file), $before, 'not a byte has changed';

($status, $out, $err) = run_program('--self-signed', "$dir/b", 'b.example',
    '*.b.example', '10.1.2.3');
is $status, 0, 'names of ours';
like `openssl x509 -noout -ext subjectAltName -in '$dir/b/portico.pem'`,
    qr/DNS:b\.example, DNS:\*\.b\.example, IP Address:10\.1\.2\.3$/m,
    '... are in it';
($status, $out, $err) = run_program('--self-signed', "$dir/c", 'no name');
is $status, 2, 'what is no name is refused';
ok !-e "$dir/c", '... before anything is made';
($status, $out, $err) = run_program('--self-signed', "$file/d");
is $status, 1, 'a folder that cannot be';
like $err, qr{/portico\.pem/d cannot be made: Not a directory}, '... is said';
$portico->stop;
done_testing;
