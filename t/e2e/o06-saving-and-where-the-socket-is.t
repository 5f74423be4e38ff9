# SPDX-License-Identifier: BSD-2-Clause
# porticoctl config save, and how the master's socket is found.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use FakeMaster qw(ctl whole);

my $dir = Portico::temporary();
my $text = "user = \"x\";\n\tname = \"tab\tand \xc3\xa9\";\n\nlast = 1;\n";
my $saved = whole(map { "text\t=$_" } split /\n/, $text);
my $m = FakeMaster->new($dir, 'config save' => $saved, reopen => whole());
my @save = ('-s', $m->{path}, qw(config save));

sub put
{
	my ($path, $what) = @_;

	open my $f, '>', $path or die "$path: $!";
	print $f $what;
	close $f;
	return $path;
}

my ($status, $out, $err) = ctl(@save);
is "$status$err", 0, 'config save';
is $out, $text, 'every byte, to standard output';
($status, $out) = ctl('--json', @save);
is_deeply decode_json($out)->{lines}[3], 'last = 1;', 'for programs';

($status, $out, $err) = ctl(@save, "$dir/new.conf");
is "$status$out$err", 0, 'to a file';
is Portico::slurp("$dir/new.conf"), $text, 'the same';
is((stat "$dir/new.conf")[2] & 07777, 0600, 'that others cannot read');

put("$dir/old.conf", 'old');
chmod 0640, "$dir/old.conf";
symlink 'old.conf', "$dir/link.conf";
($status, $out, $err) = ctl(@save, "$dir/old.conf");
is $status, 1, 'one that is there';
like $err, qr/is there already; --force/, 'told';
is Portico::slurp("$dir/old.conf"), 'old', 'and not touched';
($status) = ctl(@save, '--force', "$dir/link.conf");
is $status, 0, '--force';
is Portico::slurp("$dir/old.conf"), $text, 'writes over what a link leads to';
ok -l "$dir/link.conf", 'which stays one';
is((stat "$dir/old.conf")[2] & 07777, 0640, 'as open as it was');
symlink 'nowhere', "$dir/broken.conf";
($status, $out, $err) = ctl(@save, "$dir/broken.conf");
is $status, 1, 'a link to nothing is in the way';
like $err, qr/File exists/, 'told';
($status, $out, $err) = ctl(@save, "$dir/none/new.conf");
is $status, 1, 'no such folder';
like $err, qr/No such file/, 'told';
($status, $out, $err) = ctl(@save, '--force', $dir);
is $status, 1, 'a folder';
like $err, qr/not a file/, 'told';
($status, $out, $err) = ctl(@save, '--force', '/dev/full');
is $status, 1, 'a device';
opendir my $d, $dir or die;
is join(' ', sort grep { /conf/ } readdir $d),
    'broken.conf link.conf new.conf old.conf', 'and nothing is left about';
is system("'$FakeMaster::PROGRAM' -s '$m->{path}' config save >/dev/full"
    . " 2>'$dir/err'") >> 8, 1, 'a disk that is full';
like Portico::slurp("$dir/err"), qr/standard output: No space/, 'told';

# A cut answer writes nothing.
my $cut_dir = Portico::temporary();
my $cut = FakeMaster->new($cut_dir, 'config save' =>
    substr $saved, 0, length($saved) - 3);
($status) = ctl('-s', $cut->{path}, qw(config save --force), "$dir/old.conf");
is $status, 3, 'half an answer';
is Portico::slurp("$dir/old.conf"), $text, 'is not half a file';

# ---- where the socket is ----

my $site = 'listeners = { h = { address = "127.0.0.1:1"; }; };
    pools = { p = { backends = "127.0.0.1:2"; }; };';

sub finds
{
	my ($name, $conf, %env) = @_;
	local @ENV{keys %env} = values %env;
	my ($status, $out, $err) = ctl('-c', put("$dir/p.conf", $conf),
	    'reopen');

	is "$status$out$err", 0, "found: $name";
	return;
}

finds('by control', "$site control = \"$m->{path}\";");
finds('by control.socket', "$site control = { socket = \"$m->{path}\"; };");
finds('beside the pid file', "$site pid_file = \"$dir/portico.pid\";");
finds('by a variable', "$site control = \"\${WHERE}/portico.sock\";",
    WHERE => $dir);
finds('though the file has a mistake elsewhere',
    "$site wokers = 3; control = \"$m->{path}\";");
finds('the same with a group',
    "pools = 3; control = { socket = \"$m->{path}\"; };");
finds('the same beside the pid file',
    "pid_file = \"\${WHERE}/portico.pid\";", WHERE => $dir);
put("$dir/part.conf", "control = \"$m->{path}\";");
finds('the same by an include', "\@include \"part.conf\"\nnonsense = 1;");
SKIP: {
	skip 'a Portico runs where one would be looked for', 3
	    if -S '/run/portico.sock';
	($status, $out, $err) = ctl('-c', put("$dir/p.conf", '{{{'),
	    'reopen');
	is $status, 3, 'not in what cannot be read at all';
	like $err, qr/p\.conf cannot be read/, 'told';
	unlike $err, qr/syntax/, 'and nothing else: that is for portico -t';
}
done_testing;
