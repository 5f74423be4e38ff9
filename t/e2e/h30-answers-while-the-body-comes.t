# SPDX-License-Identifier: BSD-2-Clause
# A backend that answers while it reads gets the rest of the body all the same.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::MD5 qw(md5_hex);
use IO::Select;
use IO::Socket::INET;
use Socket qw(MSG_DONTWAIT);
use Test::More;
use Portico qw(one_backend);

use constant SIZE => 3_000_000;

my $body = join '', map { sprintf '%08x', $_ } 1 .. SIZE / 8;

# Sends back each piece as it comes, from the first one on; /up only counts.
sub serve
{
	my ($c) = @_;
	my ($head, $seen, $bytes) = ('', 0, '');

	sysread $c, $head, 1, length $head while $head !~ /\r\n\r\n/;
	my $echo = $head =~ m{ /echo };
	syswrite $c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
	while ($seen < SIZE && sysread $c, $bytes, 65536) {
		$seen += length $bytes;
		syswrite $c, $bytes if $echo;
	}
	syswrite $c, "$seen" if !$echo;
	return;
}

my $listener = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1')
    or die $!;
my $server = fork // die $!;
if ($server == 0) {
	local $SIG{CHLD} = 'IGNORE';
	while (my $c = $listener->accept) {
		next if fork;
		serve($c);
		exit 0;
	}
}
my $at = '127.0.0.1:' . $listener->sockport;
my $p = Portico->start(one_backend($at));

# What comes back while the body is sent, in pieces of $step bytes.
sub upload
{
	my ($path, $step) = @_;
	my $c = IO::Socket::INET->new($p->address('http')) or die $!;
	my $out = "POST $path HTTP/1.1\r\nHost: a.test\r\n" .
	    "Connection: close\r\nContent-Length: " . SIZE .
	    "\r\n\r\n$body";
	my ($in, $until) = ('', time + 20);

	$c->blocking(0);
	while (time < $until) {
		my ($r, $w) = IO::Select->select(IO::Select->new($c),
		    length $out ? IO::Select->new($c) : undef, undef, 1);
		if (@{ $w || [] }) {
			my $n = syswrite $c, $out, $step;
			substr $out, 0, $n, '' if $n;
		}
		next if !@{ $r || [] };
		my $n = sysread $c, $in, 65536, length $in;
		last if defined $n && $n == 0;
	}
	return length $out ? 'not all was taken' : $in =~ s/.*?\r\n\r\n//sr;
}

sub decoded
{
	my ($text) = @_;
	my $all = '';

	while ($text =~ s/^([0-9a-f]+)\r\n//) {
		my $n = hex $1 or last;
		$all .= substr $text, 0, $n, '';
		$text =~ s/^\r\n//;
	}
	return $all;
}

is md5_hex(decoded(upload('/echo', 65536))), md5_hex($body),
    'sent back while it is sent';
is md5_hex(decoded(upload('/echo', 5000))), md5_hex($body), 'in small pieces';
is decoded(upload('/up', 65536)), SIZE, 'answered first, and read to its end';

# Whoever carries it may die.
my $killer = fork // die $!;
if ($killer == 0) {
	for (1 .. 60) {
		kill 'KILL', ($p->workers)[0] // 0;
		select undef, undef, undef, 0.05;
	}
	require POSIX;
	POSIX::_exit(0);
}
is md5_hex(decoded(upload('/echo', 20000))), md5_hex($body),
    'byte by byte, though workers die';
waitpid $killer, 0;
kill 'TERM', $server;
waitpid $server, 0;
is $p->quit, 0, 'QUIT';
is +($p->sums)[1], undef, 'every sum is zero';
done_testing;
