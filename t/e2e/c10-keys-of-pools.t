# SPDX-License-Identifier: BSD-2-Clause
# What pools may say of balancing and health, and how it is told otherwise.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Portico qw(run_program);
use Time::HiRes qw(time);

my $dir = Portico::temporary();
my $file = "$dir/portico.conf";
mkdir "$dir/state";

sub put
{
	my ($text) = @_;

	open my $f, '>', $file or die $!;
	print $f $text;
	close $f;
	return;
}

sub run
{
	my ($option) = @_;

	return run_program($option, '-c', $file);
}

my $whole = <<'END';
control = { socket = "/tmp/portico-c10.sock"; mode = "0660"; };
state_dir = "state";
resolvers = [ "192.0.2.1", "2001:db8::1" ];
listeners = { http = { address = "127.0.0.1:8080"; }; };
pools = {
  app = { backends = ( { name = "app1"; address = "127.0.0.1:3000"; },
                       "app.nowhere.invalid:8080",
                       "srv:_http._tcp.nowhere.invalid" );
          balance = "hash"; hash_key = "header:X-Key";
          sticky = { cookie = "route"; secret = "${C10_SECRET}"; };
          health = { path = "/healthz"; expect = { body_re = "!bad"; }; };
          passive = { failures = 2; }; slow_start = "10s";
          fallback = "last"; when_all_down = "try"; };
  last = { backends = "127.0.0.1:3001"; };
};
sites = { s = { hosts = "*"; routes = { split = { app = 9; last = 1; }; }; }; };
END

$ENV{C10_SECRET} = 'nobody can guess this';
put($whole);
my $began = time;
my ($status, $out, $err) = run('-t');
is $status, 0, 'names that nobody knows are no error' or diag $err;
cmp_ok time - $began, '<', 2, 'and nobody was asked for them';
my $first;
($status, $first) = run('-T');
is $status, 0, 'it is printed';
like $first, qr/^\t+address = "app\.nowhere\.invalid:8080";$/m, 'by its name';
my $times = () = $first =~ /nowhere\.invalid:8080/g;
is $times, 2, 'once, as address and as name';
like $first, qr{^state_dir = "\Q$dir\E/state";$}m, 'a folder as it is found';
like $first, qr/^\t+secret = "nobody can guess this";$/m, 'variables put in';
put($first);
my ($again, $second) = run('-T');
is $again, 0, 'what is printed loads';
is $second, $first, 'to the same';

# text that is taken out, what comes for it, the line, the words
for (
    [ 'fallback = "last"', 'fallback = "lost"', 13,
	qr/"lost", and there is no such pool; did you mean "last"\?/ ],
    [ '3001"', '3001"; fallback = "app"', 6,
	qr/"fallback" of pool "app" leads back to it: app, last, app/ ],
    [ 'balance = "hash"', 'balance = "random"', 9,
	qr/"hash_key" in pool "app" needs balance = "hash"/ ],
    [ '${C10_SECRET}', 'short', 10, qr/has 5 bytes; right is 16 to 256/ ],
    [ '"route"', '"a;b"', 10, qr/"a;b", which is no name of a cookie/ ],
    [ 'failures', 'failure', 12, qr/did you mean "failures"\?/ ],
    [ '"!bad"', '"!(bad"', 11, qr/missing closing parenthesis/ ],
    [ 'app.nowhere.invalid:8080', 'app..invalid', 7, qr/is no host name/ ],
    [ 'name = "app1"', 'name = "app#1"', 6, qr/has no "\/" and no "#"/ ],
    [ 'app = 9; last = 1', 'app = 0', 16, qr/no weight above 0/ ],
    [ 'app = 9', 'aps = 9', 16, qr/no such pool; did you mean "app"\?/ ],
    [ '"state"', '"stat"', 2, qr/cannot be used: No such file/ ],
    [ '"0660"', '"660x"', 1, qr/octal/ ],
    [ '192.0.2.1', 'dns.invalid', 3, qr/no address of a DNS server/ ],
) {
	my ($old, $new, $line, $words) = @$_;
	my $text = $whole =~ s/\Q$old\E/$new/r;
	isnt $text, $whole, "$new instead";
	put($text);
	($status, $out, $err) = run('-t');
	is $status, 1, "$new is refused";
	like $err, qr/^\Q$file\E:$line: .*$words/m, 'in line and words';
}
done_testing;
