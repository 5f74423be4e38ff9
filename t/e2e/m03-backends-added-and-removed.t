# SPDX-License-Identifier: BSD-2-Clause
# Backends come and go, and numbers of workers change, while it runs.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(command records backend_of connect_to);
use Portico;
use Torture qw(start_load load_line spoiled start_origin);

my ($one, $two, $three) = map { Backend->new(plain("b$_")) } 1 .. 3;
my $conf = qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = (
	    { name = "b1"; address = "${\ $one->address}"; } ); }; };
};
my $p = Portico->start($conf);
my $sock = $p->dir . '/portico.sock';
my $at = $p->address('http');

sub shares
{
	my ($n) = @_;
	my %of;

	$of{ get($at, '/')->{body} }++ for 1 .. $n;
	return join ' ', map { "$_:$of{$_}" } sort keys %of;
}

sub fine
{
	my ($line) = @_;
	my $r = command($sock, $line);

	ok $r->{ok} && $r->{whole}, $line or diag $r->{raw};
	return $r;
}

sub refused
{
	my ($line, $code, $pattern) = @_;
	my $r = command($sock, $line);

	is $r->{code}, $code, "\"$line\" is refused" or diag $r->{raw};
	like join("\n", $r->{text}, @{ $r->{lines} }), $pattern, 'in words';
	ok $r->{whole}, 'to the end';
	return;
}

is shares(4), 'b1:4', 'one backend';
fine('backend add app ' . $two->address . ' name=b2');
is shares(10), 'b1:5 b2:5', 'a second one: at once';
is backend_of($sock, 'app/b2')->{added}, 1, 'status says that it was added';
is backend_of($sock, 'app/b1')->{added}, 0, 'and that others were not';
fine('backend add app ' . $three->address . ' weight=2');
is shares(20), 'b1:5 b2:5 b3:10', 'a third, with a weight';
is backend_of($sock, 'app/' . $three->address)->{weight}, 2,
    'named by its address';

refused('backend add app ' . $two->address . ' name=b2', 'refused',
    qr/app\/b2 is there already/);
refused('backend add app ' . $three->address, 'refused', qr/there already/);
refused('backend add nowhere 127.0.0.1:1', 'unknown', qr/no pool/);
refused('backend add app 127.0.0.1:99999', 'refused', qr/port/);
refused('backend add app *:80', 'refused', qr/every address/);
is shares(20), 'b1:5 b2:5 b3:10', 'and nothing has changed';
is((records(command($sock, 'status'), 'master'))[0]{changes}, 2,
    'two changes');

fine('backend drain app/b2');
fine('backend remove app/b2');
is shares(12), 'b1:4 b3:8', 'removed';
is_deeply backend_of($sock, 'app/b2'), {}, 'status does not know it any more';
fine('backend add app ' . $two->address . ' name=b2');
is shares(20), 'b1:5 b2:5 b3:10', 'added again: the order was for the other';
fine('backend remove app/b1');
is shares(12), 'b2:4 b3:8', 'one of the file is removed';
fine('reload');
is shares(12), 'b2:4 b3:8', 'a reload does not bring it back';
fine('backend add app ' . $one->address . ' name=b1 backup');
is shares(12), 'b2:4 b3:8', 'the same name again, as a backup';
is backend_of($sock, 'app/b1')->{backup}, 1, 'status says so';
fine('backend disable app/b2');
fine('backend disable app/' . $three->address);
is shares(4), 'b1:4', 'it stands in when no other is left';
fine('backend enable app/b2');
fine('backend enable app/' . $three->address);
fine('backend remove app/b1');
fine('backend remove app/' . $three->address);
refused('backend remove app/b2', 'refused', qr/last backend of its pool/);

# The file takes over what was added.
$p->write_conf($conf =~ s/\} \);/}, { name = "b2"; address = "${\
    $three->address}"; }, { name = "b5"; address = "${\
    $one->address}"; } );/r);
my $r = fine('reload');
like join("\n", @{ $r->{lines} }), qr/app\/b2.*file has it now/,
    'the file has the name now: told';
is shares(4), 'b1:2 b3:2', 'and what it says is taken';
is backend_of($sock, 'app/b2')->{added}, 0, 'status says so';
fine('backend remove app/b2');
is shares(4), 'b1:4', 'and can be removed';

# Workers.
fine('workers 3 3');
ok until_true(sub { $p->workers == 3 }, 10), 'three workers';
refused('workers 4 3', 'usage', qr/more workers at least/);
fine('workers 2 4');

# A file with an error: the caller is told, and nothing is lost.
$p->write_conf('nonsense');
refused('reload', 'failed', qr/portico\.conf:\d+: /);
refused('backend add app 127.0.0.1:1', 'failed', qr/portico\.conf:\d+: /);
is shares(4), 'b1:4', 'all is as it was';
is_deeply backend_of($sock, 'app/127.0.0.1:1'), {}, 'the change is taken back';
$p->write_conf($conf . 'access_log = { to = "/nonexistent/x"; };');
refused('reload', 'failed', qr/\/nonexistent\/x: No such file/);

# Two at once: the second is told to wait.
my $origin = start_origin();
$p->write_conf(qq{
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = (
	    { name = "b5"; address = "$origin"; } ); }; };
});
my $first = connect_to($sock);
syswrite $first, "reload\n";
my $second = command($sock, 'reload');
my $answer = Control::parse(Control::read_all($first, 30));
ok $answer->{ok}, 'the first of two reloads is done' or diag $answer->{raw};
ok $second->{ok} || $second->{text} =~ /under way/,
    'the other is done after it, or refused';

# A signal meanwhile begins another one, and takes no answer away.
for (1 .. 3) {
	my $s = connect_to($sock);
	syswrite $s, "reload\n";
	$p->signal('HUP');
	$answer = Control::parse(Control::read_all($s, 30));
	ok $answer->{ok} || $answer->{text} =~ /under way/,
	    'HUP beside a reload: it is answered' or diag $answer->{raw};
}
until_true(sub { !(records(command($sock, 'status'), 'master'))[0]{reloading} },
    10);

# Under load nobody notices.
my $load = start_load('-t', 4, '-c', 12, $at);
for (1 .. 3) {
	fine("backend add app $origin name=x$_");
	fine('backend remove app/x' . ($_ - 1)) if $_ > 1;
}
is spoiled(load_line($load)), '', 'added and removed under load';

# The end comes first.
$first = connect_to($sock);
syswrite $first, "reload\n";
is $p->quit, 0, 'QUIT';
$answer = Control::parse(Control::read_all($first, 10));
ok $answer->{whole} && ($answer->{ok} || $answer->{text} =~ /stays as it was/),
    'who waited for a reload is answered' or diag $answer->{raw};
my ($ended, $wrong) = $p->sums;
is $wrong, undef, 'nothing was left';
done_testing;
