# SPDX-License-Identifier: BSD-2-Clause
# The service manager is told of start, reloads and the end.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use IO::Socket::UNIX;
use Socket qw(SOCK_DGRAM);
use Test::More;
use Client qw(get);
use Portico qw(temporary);

my $conf = q{
listeners = { http = { address = "@http@"; }; };
sites = { a = { hosts = "*"; routes = (
    { respond = { status = 200; body = "fine"; }; } ); }; };
};
my $manager;

# The next message as name => value; {} if there is none in time.
sub message
{
	my ($seconds) = @_;

	IO::Select->new($manager)->can_read($seconds // 10) or return {};
	$manager->recv(my $text, 4096);
	return { map { split /=/, $_, 2 } split /\n/, $text };
}

sub listen_at
{
	my ($name) = @_;

	$manager = IO::Socket::UNIX->new(Type => SOCK_DGRAM,
	    Local => $name) or die "$name: $!";
	chmod 0777, $name if $name =~ /^\//;
	return;
}

sub start_with
{
	local $ENV{NOTIFY_SOCKET} = $_[0];
	return Portico->start($conf);
}

my $dir = temporary();
my $abstract = "portico-test-$$-" . int rand 1e9;
for my $way ([ "$dir/notify", "$dir/notify" ],
    [ "\@$abstract", "\0$abstract" ]) {
	listen_at($way->[1]);
	my $p = start_with($way->[0]);
	my $told = message();

	is $told->{READY}, 1, 'READY once it serves';
	is $told->{MAINPID}, $p->pid, 'by whom';
	is $told->{STATUS}, 'generation 1 is running', 'in words';
	is get($p->address('http'), '/')->{body}, 'fine', 'it does serve';

	$p->signal('HUP');
	$told = message();
	is $told->{RELOADING}, 1, 'HUP: RELOADING';
	like $told->{MONOTONIC_USEC}, qr/^\d{6,}$/, 'since when';
	$told = message();
	is $told->{READY}, 1, 'READY again';
	is $told->{STATUS}, 'generation 2 is running', 'in words';

	$p->reload('nonsense');
	is message()->{RELOADING}, 1, 'a bad file: RELOADING';
	$told = message();
	is $told->{READY}, 1, 'and READY, for it goes on';
	like $told->{STATUS}, qr/failed.*generation 2 is still running/,
	    'in words';

	is $way->[0] =~ /^\// ? $p->quit : $p->stop, 0, 'it ends';
	is message()->{STOPPING}, 1, 'STOPPING';
	is_deeply message(0.2), {}, 'once';
}

my $p = start_with('relative/path');
is get($p->address('http'), '/')->{body}, 'fine', 'a useless name: it serves';
ok $p->logged(qr/NOTIFY_SOCKET is no path/, 3), 'and says so';
is $p->stop, 0, 'it ends';

undef $manager;
$p = start_with("$dir/nobody");
is get($p->address('http'), '/')->{body}, 'fine', 'nobody listens: it serves';
ok $p->logged(qr/service manager at \S+nobody cannot be told: /, 3), 'and says so';
is $p->stop, 0, 'it ends';
done_testing;
