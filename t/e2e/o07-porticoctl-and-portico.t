# SPDX-License-Identifier: BSD-2-Clause
# porticoctl with a real master, under load: each command has its effect.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);
use Backend;
use Client qw(field get until_true);
use FakeMaster qw(ctl);
use Portico;
use Terminal;

my %backends = map { $_ => Backend->new('echo', name => $_) }
    qw(one two three);
my $list = join ', ', map { qq({ name = "$_"; address = ")
    . $backends{$_}->address . '"; }' } qw(one two);
my $conf = qq{
    listeners = { http = { address = "\@http\@"; }; };
    pools = { app = { backends = ( $list ); }; };
};
my $p = Portico->start($conf);
my $at = $p->address('http');
my @at = ('-c', "$p->{dir}/portico.conf");

# What must go well: what it prints.
sub told
{
	my (@command) = @_;
	my ($status, $out, $err) = ctl(@at, @command);

	is "$status$err", 0, "porticoctl @command";
	return $out;
}

sub status { return decode_json(told('--json', 'status')) }

sub backend_now
{
	my ($name) = @_;

	return (grep { $_->{name} eq $name }
	    @{ status()->{pools}[0]{backends} })[0];
}

# Which backends answer, of some requests.
sub answering
{
	my %names = map { (field(get($at, '/'), 'X-Backend') // 'none') => 1 }
	    1 .. 12;

	return join ' ', sort keys %names;
}

# Orders are looked at by others than who took them.
sub soon
{
	my ($names) = @_;

	return until_true(sub { answering() eq $names }, 5);
}

is answering(), 'one two', 'both answer';
my $all = status();
is $all->{master}{pid}, $p->{pid}, 'the master is the one that we started';
my %live = map { $_->{role} => 1 }
    grep { $_->{state} eq 'live' } @{ $all->{processes} };
ok $live{worker} && $live{steward} && $live{heir}, 'its processes live';
is scalar @{ $all->{pools}[0]{backends} }, 2, 'two backends';
is $_->{state}, 'up', "$_->{name} is up"
    for @{ $all->{pools}[0]{backends} };
ok until_true(sub { backend_now('one')->{attempts} >= 6 }, 3),
    'what was tried is counted';
like told('status'), qr{^app/one +up}m, 'and people see them';

told(qw(backend drain --wait=30 app/one));
ok soon('two'), 'who is drained gets no requests';
is backend_now('one')->{state}, 'draining', 'and is shown so';
like told(qw(config diff)), qr{^state +app/one +up +drain}m, 'as a change';
told('reload');
ok soon('two'), 'also after a reload';
cmp_ok status()->{master}{generation}, '>=', 2, 'there was one';
told(qw(backend enable app/one));
ok soon('one two'), 'enabled again';
like told(qw(config diff)), qr/nothing was changed/, 'as in the file';

told(qw(backend weight app/two 0));
ok soon('one'), 'a weight of 0';
is backend_now('two')->{weight}, 0, 'is shown';
my $saved = told(qw(config save));
my $effective = "$p->{dir}/saved.conf";
told(qw(config save), $effective);
is Portico::slurp($effective), $saved, 'the same to a file';
my ($status, $out, $err) = Portico::run_program('-t', '-c', $effective);
is $status, 0, 'which portico -t likes' or diag $err;
like $saved, qr/weight = 0;/, 'and has the weight in it';
told(qw(backend weight app/two file));
told(qw(backend disable app/one));
ok soon('two'), 'disabled';
told(qw(backend enable app/one));

told(qw(backend add app), $backends{three}->address, 'name=three');
ok soon('one three two'), 'added';
told(qw(backend remove app/three));
ok soon('one two'), 'removed';

told(qw(workers 3..5));
ok until_true(sub { 3 == grep { $_->{role} eq 'worker'
    && $_->{state} eq 'live' && $_->{generation}
    == status()->{master}{generation} } @{ status()->{processes} } }, 10),
    'three workers';
told('reopen');

# A mistake changes nothing, and is told of.
$p->write_conf($conf =~ s/backends/backens/r);
($status, $out, $err) = ctl(@at, 'reload');
is $status, 1, 'a mistake in the file';
like $err, qr/portico\.conf:\d+: .*"backens".*did you mean "backends"/, 'told';
is answering(), 'one two', 'and nothing changed';
$p->write_conf($conf);
told('reload');

SKIP: {
	skip 'no terminal is to be had', 1
	    unless $ENV{CI} || eval { Terminal::open_pair() };
	my $t = Terminal->new([ $FakeMaster::PROGRAM, @at, 'top' ]);
	my $end = time + 10;
	$t->wait_for(qr/q leaves/);
	my $shown = '';
	while (time < $end && $shown !~ m{^[1-9]\S* requests/s}m) {
		get($at, '/') for 1 .. 50;
		$shown = $t->wait_for(qr/q leaves/) // last;
	}
	like $shown, qr{[1-9]\S* requests/s}, 'top sees the load';
	like $shown, qr{app/one.*app/two|app/two.*app/one}s, 'and backends';
	$t->press('q');
	is $t->ended, 0, 'and leaves';
}

# Completion knows what there is.
my $words = `bash -c '
    porticoctl() { "$FakeMaster::PROGRAM" -c "$p->{file}" "\$@"; }
    . "$Portico::TOP/etc/porticoctl.bash"
    COMP_WORDS=(porticoctl backend drain app/o) COMP_CWORD=3; _porticoctl
    echo "\${COMPREPLY[*]}"
    COMP_WORDS=(porticoctl backend we) COMP_CWORD=2; _porticoctl
    echo "\${COMPREPLY[*]}"
    COMP_WORDS=(porticoctl st) COMP_CWORD=1; _porticoctl
    echo "\${COMPREPLY[*]}"'`;
is $words, "app/one\nweight\nstatus stop\n", 'completion';

told(qw(stop --graceful));
ok until_true(sub { waitpid($p->{pid}, POSIX::WNOHANG()) == $p->{pid} }, 10),
    'it ends when it is told to';
is $?, 0, 'well';
delete $p->{pid};
($status, $out, $err) = ctl(@at, 'status');
is $status, 3, 'and is not there any more';
done_testing;
