# SPDX-License-Identifier: BSD-2-Clause
# What was changed at run time is shown, and saved as a file.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get);
use Control qw(command records);
use Portico qw(run_program);

my @at = map { "127.0.0.1:$_" } 1 .. 5;
my $p = Portico->start(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
	    app = { backends = (
		{ name = "b1"; address = "$at[0]"; weight = 4; },
		{ name = "b2"; address = "$at[1]"; state = "drain"; },
		{ name = "b3"; address = "$at[2]"; } ); };
	    by_name = { backends = (
		{ name = "web"; address = "web.invalid:8080"; addresses = 3; },
		"unix:/nowhere/app.sock" ); };
	};
	workers = { min = 2; max = 4; };
	sites = { x = { hosts = "*"; routes = (
	    { path = "/n"; pool = "by_name"; }, { pool = "app"; } ); }; };
});
my $sock = $p->dir . '/portico.sock';

sub fine
{
	my ($line) = @_;
	my $r = command($sock, $line);

	ok $r->{ok} && $r->{whole}, $line or diag $r->{raw};
	return $r;
}

sub diff
{
	return join "\n", sort map { join ' ', map { $_ // '?' }
	    @$_{qw(what pool name file now)} }
	    records(fine('config diff'), 'change');
}

sub save { return join "\n", @{ fine('config save')->{lines} }, '' }

is diff(), '', 'no change, no difference';
my $plain = save();
fine('backend weight app/b1 0');
fine('backend enable app/b2');
fine('backend disable by_name/web');
fine('backend drain by_name/unix:/nowhere/app.sock');
fine('backend remove app/b3');
fine("backend add app $at[3] max_connections=7");
fine("backend add app other.invalid name=o backup");
fine('workers 1 3');
is diff(), join("\n", sort
    'weight app b1 4 0',
    'state app b2 drain up',
    'state by_name web up down',
    'state by_name unix:/nowhere/app.sock up drain',
    "removed app b3 $at[2] removed",
    "added app $at[3] not in the file $at[3]",
    'added app o not in the file other.invalid',
    'workers   2..4 1..3'), 'each change, with what the file says';

# What is saved is a configuration of its own, with all of it in.
my $saved = save();
isnt $saved, $plain, 'the changes are in';
my $file = $p->dir . '/saved.conf';
open my $f, '>', $file or die $!;
print $f $saved;
close $f;
my ($status, $dump, $said) = run_program('-T', '-c', $file);
is $status, 0, 'what was saved loads' or diag $said;
is $dump =~ s/\t/        /gr, $saved, 'and is the same once more';
is $said, '', 'without a warning';
is save(), $saved, 'saving changes nothing';
like $saved, qr/"web".*?state = "down"/s, 'a state';
like $saved, qr/weight = 0;/, 'a weight';
like $saved, qr/max_connections = 7;/, 'a limit';
unlike $saved, qr/"\Q$at[2]\E"/, 'what was removed is not there';

# With it as its file nothing differs, once the changes are gone.
fine("backend weight app/b1 file");
fine("backend drain app/b2");
my ($c) = grep { $_->{name} eq 'b2' } records(fine('config diff'), 'change');
is "$c->{file} $c->{now}", 'drain drain', 'an order that says what the file '
    . 'says is shown';

# A file that does not load any more.
$p->write_conf('nonsense');
my $r = fine('config diff');
like join('', @{ $r->{lines} }), qr/the file has errors now/, 'a bad file: told';
is scalar(records($r, 'change')), 7, 'and the changes are shown';
is $p->quit, 0, 'QUIT';
done_testing;
