# SPDX-License-Identifier: BSD-2-Clause
# A file that was named for the cache by mistake keeps what is in it, and what
# is wrong is said in words.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Fresh qw(fresh_backend same_twice);
use Portico qw(one_site temporary);
use Test::More;

my $fresh = fresh_backend();
my $dir = temporary();

sub text
{
	my ($name, $size) = @_;

	return one_site('{ pool = "app"; cache = true; }',
	    pools => { app => $fresh->address }, top => "cache = { size = "
	    . '"' . ($size // '4M') . "\"; file = \"$dir/$name\"; };");
}

sub put
{
	my ($name, $text) = @_;

	open my $f, '>', "$dir/$name" or die $!;
	print $f $text;
	close $f or die $!;
	return;
}

sub refused
{
	my ($name, $why) = @_;
	my $p = eval { Portico->start(text($name)) };

	ok !$p, "$name: it does not start";
	return like $@, qr{the cache's file \Q$dir/$name\E: $why},
	    "$name: and says why";
}

put('letter', "what somebody wrote\n" x 1000);
refused('letter', qr/something else is in it, which stays/);
is -s "$dir/letter", 20000, 'what is in it stays';
is Portico::slurp("$dir/letter"), "what somebody wrote\n" x 1000, 'all of it';
refused('nowhere/cache', qr/No such file or directory/);
mkdir "$dir/folder" or die $!;
refused('folder', qr/Is a directory/);
symlink "$dir/behind", "$dir/link" or die $!;
refused('link', qr/it is a symbolic link/);
ok !-e "$dir/behind", 'and nothing is made behind it';
SKIP: {
	skip 'only root can give files away', 2 if $> != 0;
	put('foreign', '');
	chown 65534, -1, "$dir/foreign" or die $!;
	refused('foreign', qr/it belongs to another user/);
}

# What was made beforehand is taken, and closed to others.
put('made', '');
chmod 0666, "$dir/made" or die $!;
my $p = Portico->start(text('made'));
ok same_twice($p->address('http'), '/a'), 'an empty file becomes a cache';
is((stat "$dir/made")[2] & 0777, 0600, 'that nobody else can read');

# A reload with such a name changes nothing.
$p->reload(text('letter'));
ok $p->logged(qr/the configuration stays as it was/, 10), 'a reload fails';
ok same_twice($p->address('http'), '/b'), 'the cache is in use as before';
is -s "$dir/letter", 20000, 'and the file stays';
is $p->stop, 0, 'stop';

# Zeros, and a cache of another size or with a damaged head, are begun anew.
put('made', "\0" x 10000);
for my $size ('4M', '8M', '4M') {
	$p = Portico->start(text('made', $size));
	ok same_twice($p->address('http'), '/c'), "begun anew with $size";
	is $p->stop, 0, 'stop';
}
open my $f, '+<:raw', "$dir/made" or die $!;
print $f 'DAMAGE' x 10;
close $f or die $!;
$p = Portico->start(text('made'));
ok same_twice($p->address('http'), '/d'), 'begun anew after damage';
is $p->stop, 0, 'stop';
done_testing;
