# SPDX-License-Identifier: BSD-2-Clause
# What the command line can ask for.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(echoed);
use Client qw(get field);
use Portico qw(run_program free_port one_backend);

my ($status, $out, $err) = run_program('-V');
is $status, 0, '-V';
like $out, qr/^portico \S*\d+\.\d+/i, 'the version';
($status, $out, $err) = run_program('-h');
is $status, 0, '-h';
like $out, qr/-c/, 'the options';
($status, $out, $err) = run_program('-Z');
isnt $status, 0, 'an unknown option';
like $err, qr/usage|-h/i, 'leads to help';

my $dir = Portico::temporary();
my $file = "$dir/portico.conf";
open my $f, '>', $file or die $!;
print $f <<'END';
listeners = { http = { address = [ "127.0.0.1:8080", "[::1]:8080" ];
  max_body = "1M"; timeouts = { header = "90s"; }; }; };
pools = { app = { backends = ( { name = "one"; address = "127.0.0.1:3000";
  weight = 3; }, { address = "unix:/tmp/app"; backup = true; } ); }; };
sites = { a = { hosts = [ "a.test", "*.b.test" ]; routes = (
  { path = "/x"; methods = "GET"; pool = "app"; },
  { path_re = "^/y\\.[a-z]+$"; redirect = { to = "/z"; }; },
  { deny = 403; } ); hide = [ "X-Odd", "Via" ]; }; };
END
close $f;
($status, $out, $err) = run_program('-t', '-c', $file);
is $status, 0, '-t' or diag $err;
($status, my $dump, $err) = run_program('-T', '-c', $file);
is $status, 0, '-T' or diag $err;
like $dump, qr/\bmax_uri\b/, 'shows defaults';
like $dump, qr/\bmax_body\s*=\s*"1M"/, 'and what was given';
open $f, '>', "$dir/again.conf" or die $!;
print $f $dump;
close $f;
($status, $out, $err) = run_program('-T', '-c', "$dir/again.conf");
is $status, 0, 'what -T says can be loaded' or diag $err;
is $out, $dump, 'and says the same again';

my ($one, $two) = map { Backend->new('echo', name => $_) } qw(one two);
my $at = '127.0.0.1:' . free_port();
my $p = Portico->start('', listeners => [ $at ], arguments => [ '-f', '-l',
    $at, '-b', $one->address, '-b', $two->address ]);
my %names = map { (field(get($at, '/q'), 'X-Backend') // 'none') => 1 } 1 .. 4;
is join(' ', sort keys %names), 'one two', 'quick mode: -l and -b';
is $p->stop, 0, 'stopped';

for my $bad ([ '-l', 'nonsense', '-b', '127.0.0.1:1' ],
    [ '-l', $at, '-b', 'app..test' ], [ '-l', $at ]) {
	($status, $out, $err) = run_program('-f', @$bad);
	isnt $status, 0, "refused: @$bad";
	isnt $err, '', 'and told';
}

my $q = Portico->start(one_backend($one->address));
open $f, '>', $file or die $!;
print $f one_backend($one->address) =~ s/\@http\@/$q->address('http')/er;
close $f;
($status, $out, $err) = run_program('-f', '-c', $file);
is $status, 1, 'an address that is taken';
like $err, qr/\Q@{[ $q->address('http') ]}\E.*in use/, 'is told';
($status, $out, $err) = run_program('-t', '-c', $file);
is $status, 0, 'but is good by -t, which binds nothing';

# Without -f the command comes back when the daemon listens.
my $daemon = '127.0.0.1:' . free_port();
open $f, '>', $file or die $!;
print $f one_backend($one->address, top => qq{pid_file = "$dir/pid";
    error_log = { to = "$dir/error.log"; };}) =~ s/\@http\@/$daemon/r;
close $f;
($status, $out, $err) = run_program('-c', $file);
is $status, 0, 'without -f: into the background' or diag $err;
is eval { get($daemon, '/')->{status} }, 200, 'where it serves';
my ($pid) = Portico::slurp("$dir/pid") =~ /^(\d+)\n$/;
ok $pid && kill(0, $pid), 'its pid file is true';
kill 'TERM', $pid if $pid;
ok Client::until_true(sub { !kill 0, $pid }, 5), 'TERM ends it';
ok !-e "$dir/pid", 'and takes the pid file away';
done_testing;
