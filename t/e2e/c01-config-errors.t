# SPDX-License-Identifier: BSD-2-Clause
# What is wrong in a configuration is told by file and line, all of it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Portico qw(run_program);

my $dir = Portico::temporary();
my $file = "$dir/portico.conf";

sub test_conf
{
	my ($text) = @_;

	open my $f, '>', $file or die $!;
	print $f $text;
	close $f;
	my ($status, $out, $err) = run_program('-t', '-c', $file);
	return ($status, $out . $err);
}

my $good = <<'END';
listeners = { http = { address = "127.0.0.1:8080"; }; };
pools = {
  app = { backends = [ "127.0.0.1:3000" ]; };
};
END
my ($status, $said) = test_conf($good);
is $status, 0, 'the smallest useful file is good' or diag $said;

# the line that is changed (from 1), its new text, the line told, the words
for (
    [ 3, 'app = { backends = [ "127.0.0.1:3000" ]; balanse = "x"; };', 3,
	qr/balanse.*balance/ ],
    [ 3, 'app = { backends = [ "127.0.0.1:3000" ]; balance = "fair"; };', 3,
	qr/balance|fair/ ],
    [ 3, 'app = { };', 3, qr/backends/ ],
    [ 3, 'app = { backends = [ "app..test:3000" ]; };', 3, qr/app\.\.test/ ],
    [ 3, 'app = { backends = [ "127.0.0.1:99999" ]; };', 3, qr/99999/ ],
    [ 3, 'app = { backends = [ "127.0.0.1:1" ]; timeouts = { connect = 5;' .
	' }; };', 3, qr/connect|unit|5/ ],
    [ 1, 'listeners = { http = { address = "127.0.0.1:1";' .
	' max_body = "5x"; }; };', 1, qr/5x/ ],
    [ 1, 'listeners = { http = { address = 8080; }; };', 1, qr/address/ ],
    [ 1, 'listeners = { http = { }; };', 1, qr/address/ ],
    [ 1, 'listners = { };', 1, qr/listners.*listeners/ ],
    [ 5, 'drain_timeout = "soon";', 5, qr/drain_timeout|soon/ ],
    [ 5, 'workers = { min = 0; };', 5, qr/min/ ],
    [ 5, 'workers = { min = 9; max = 3; };', 5, qr/min|max/ ],
    [ 5, 'sites = { a = { hosts = "*"; routes = ( { pool = "nope"; } ); }; };',
	5, qr/nope/ ],
    [ 5, 'sites = { a = { hosts = "*"; routes = ( { path_re = "("; ' .
	'pool = "app"; } ); }; };', 5, qr/path_re|\(/ ],
    [ 5, 'sites = { a = { hosts = "*"; routes = ( { path = "/"; } ); }; };',
	5, qr/pool|action/ ],
    [ 5, 'sites = { a = { hosts = "*"; routes = ( { pool = "app"; ' .
	'deny = 403; } ); }; };', 5, qr/pool|deny|action/ ],
    [ 5, 'this is no configuration', 5, qr/syntax/i ],
    [ 5, '@include "nowhere.conf"', 5, qr/nowhere/ ]) {
	my ($number, $text, $told, $pattern) = @$_;
	my @lines = split /\n/, $good;
	$lines[$number - 1] = $text;
	my ($status, $said) = test_conf(join("\n", @lines) . "\n");

	is $status, 1, "refused: $text";
	like $said, qr/\Qportico.conf\E:$told: .*$pattern/, 'and told where';
}

($status, $said) = test_conf($good . "nonsense = 1;\nfoo = \"x\";\n" .
    "drain_timeout = 5;\n");
is $status, 1, 'three errors';
is scalar(() = $said =~ /^\S*portico\.conf:\d+: /mg), 3, 'all are told';

mkdir "$dir/sites.d";
for my $name (qw(a b)) {
	open my $f, '>', "$dir/sites.d/$name.conf" or die $!;
	my $key = $name eq 'b' ? 'pol' : 'pool';
	print $f qq[$name = { hosts = "$name.test";\n routes = (\n],
	    qq[ { $key = "app"; } ); };\n];
	close $f;
}
my $including = $good . qq{sites = { \@include "sites.d/*.conf"\n };\n};
($status, $said) = test_conf($including);
is $status, 1, 'an error in an included file';
like $said, qr{sites\.d/b\.conf:3: .*pol}, 'is told by that file';
unlink "$dir/sites.d/b.conf";
($status, $said) = test_conf($including);
is $status, 0, 'globs, relative to the file' or diag $said;

local $ENV{APP_PORT} = 3001;
($status, $said) = test_conf($good =~ s/3000/\${APP_PORT}/r);
is $status, 0, 'a variable of the environment' or diag $said;
($status, $said) = test_conf($good =~ s/3000/\${NO_SUCH:-3002}/r);
is $status, 0, 'and a default' or diag $said;
($status, $said) = test_conf($good =~ s/3000/\${NO_SUCH}/r);
is $status, 1, 'one that is missing';
like $said, qr/:3: .*NO_SUCH/, 'is told';

unlink $file;
my ($exit, $out, $err) = run_program('-f', '-c', $file);
is $exit, 1, 'no file: nothing starts';
like $err, qr/\Q$file\E/, 'which is told';
done_testing;
