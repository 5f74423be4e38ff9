# SPDX-License-Identifier: BSD-2-Clause
# min_rate holds for a body that is passed on as it comes, too; and time that
# the backend takes is not the client's.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(request);
use Portico qw(one_site);
use Time::HiRes qw(sleep time);

my $b = Backend->new(sub {
	my ($c) = @_;
	my $head = $c->head // return;

	sleep 12 if $head =~ m{^POST /slow-backend};
	my ($n) = $head =~ /^Content-Length: (\d+)/mi;
	while (length $c->{in} < $n) {
		$c->more or return;
	}
	$c->send(plain('fine'));
});
my $p = Portico->start(one_site('{ buffer_request = false; pool = "app"; }',
    listener => 'min_rate = "100000/s"; max_body = "100M";',
    pools => { app => $b->address }));
my $at = $p->address('http');

# Sends pieces until an answer comes: its status, and the seconds until then.
sub upload
{
	my ($target, $size, $piece, $pause) = @_;
	my $c = Client->new($at);
	my $began = time;

	$c->send(request("POST $target", [ "Content-Length: $size" ]));
	for (my $sent = 0; $sent < $size; $sent += $piece) {
		local $Client::TIMEOUT = 20;
		$c->send('x' x $piece) or last;
		last if $c->more($pause);
	}
	my $r = $c->final(timeout => 20);
	return join ' ', $r ? $r->{status} : 'none', int(time - $began);
}

# Each in a process of its own.
my %tries = (
	slow => [ '/', 5_000_000, 2000, 0.1, qr/^408 (?:9|1[0-4])$/ ],
	fine => [ '/', 3_000_000, 20_000, 0.1, qr/^200 1\d$/ ],
	backend => [ '/slow-backend', 20_000_000, 1_000_000, 0,
	    qr/^200 1\d$/ ],
);
my %pipes;
for my $name (sort keys %tries) {
	my $pid = open($pipes{$name}, '-|') // die "fork: $!";

	next if $pid > 0;
	print upload(@{ $tries{$name} }[0 .. 3]);
	close STDOUT;
	POSIX::_exit(0);
}
for my $name (sort keys %tries) {
	my $said = readline $pipes{$name};

	like $said, $tries{$name}[4], "$name: $said";
}
is $p->quit(8), 0, 'a clean end';
done_testing;
