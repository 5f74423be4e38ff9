# SPDX-License-Identifier: BSD-2-Clause
# First steps: a certificate from portico itself, and a listener with it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Certs;
use Portico qw(run_program);
use Tls qw(get_tls one_https);

my $dir = Portico::temporary() . '/new';
my $file = "$dir/portico.pem";
my ($status, $out, $err) = run_program('--self-signed', $dir, 'a.test',
    '*.b.test', '127.0.0.1');
is $status, 0, 'made';
is $err, '', 'without complaint';
like $out, qr/\Q$file/, 'and it says where';
is sprintf('%o', (stat $file)[2] & 07777), '600', 'for its owner alone';

my $b = Backend->new({ '/' => plain('fine') });
($status, $out, $err) = run_program('-t', '-c', do {
	Certs::save("$dir/t.conf", one_https($b->address, $file)
	    =~ s/\@https\@/127.0.0.1:1/r) });
is $status, 0, 'a configuration with it is fine';
my $p = Portico->start(one_https($b->address, $file));
my $at = $p->address('https');
for my $name ('a.test', 'x.b.test', '') {
	my $r = get_tls($at, '/', name => $name, ca => $file);

	is $r->{body}, 'fine', "served as \"$name\"";
}
my $c = Tls->new($at, ca => $file);
ok $c->verified, 'who trusts the file trusts the server';

my $before = Portico::slurp($file);
($status, $out, $err) = run_program('--self-signed', $dir, 'a.test');
is Portico::slurp($file), $before, 'what is there stays';
($status, $out, $err) = run_program('--self-signed');
is $status, 2, 'without a folder: usage';
($status, $out, $err) = run_program('--self-signed', '/proc/none/here');
is $status, 1, 'where nothing can be made';
like $err, qr{/proc/none/here}, 'it says so';
is $p->stop, 0, 'ends';
done_testing;
