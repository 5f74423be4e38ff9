# SPDX-License-Identifier: BSD-2-Clause
# Pools for tests: backends by name whose answers a test can hold back.
package Pool;
use strict;
use warnings;
use Exporter 'import';
use File::Temp qw(tempdir);
use Time::HiRes qw(sleep);
use Backend qw(plain);
use Client qw(field request);

our @EXPORT_OK = qw(backends pool names tally hold wait_held release);
my $dir = tempdir(CLEANUP => 1);

# name => Backend. Each answers with its name in X-Backend and the request as
# text; to /held/NAME only when NAME is released, to /reset with a reset.
sub backends
{
	return map { ($_ => backend($_)) } @_;
}

sub backend
{
	my ($name, %opt) = @_;

	return Backend->new(sub {
		my ($c) = @_;

		while (defined(my $r = $c->request)) {
			return $c->reset if $r =~ m{^\S+ /reset};
			held($1) if $r =~ m{^\S+ /held/(\w+)};
			$c->send(answer($name, $r)) or return;
		}
		return;
	}, name => $name, %opt);
}

sub answer
{
	my ($name, $r) = @_;
	my $text = $r =~ s/\r\n/\n/gr;

	return plain($text, "X-Backend: $name");
}

sub held
{
	my ($name) = @_;

	open my $f, '>', "$dir/waits.$name.$$";
	for (1 .. 3000) {
		last if -e "$dir/$name";
		sleep 0.01;
	}
	unlink "$dir/waits.$name.$$";
	return;
}

# How many backends hold back an answer of that name.
sub holding { return scalar(() = glob "$dir/waits.$_[0].*") }

# Waits until so many are held back; false if they do not come.
sub wait_held
{
	my ($name, $n) = @_;

	return Client::until_true(sub { holding($name) == $n }, 5);
}

sub release
{
	my ($name) = @_;

	open my $f, '>', "$dir/$name" or die $!;
	return;
}

# The text of a pool: keys, then pairs of a Backend and its keys.
sub pool
{
	my ($keys, @members) = @_;
	my @list;

	while (my ($b, $more) = splice @members, 0, 2) {
		my $address = ref $b ? $b->address : $b;
		my $name = ref $b ? $b->{name} : $b =~ tr/.:/--/r;

		push @list, qq({ name = "$name"; address = "$address"; $more })
		    =~ s/; *}$/; }/r;
	}
	return '{ backends = ( ' . join(', ', @list) . " ); $keys }";
}

# A request on a connection of its own whose answer is held back.
sub hold
{
	my ($at, $name, @fields) = @_;
	my $c = Client->new($at);

	$c->send(request("GET /held/$name", \@fields));
	return $c;
}

# Who answered n requests of one connection, a letter each.
sub names
{
	my ($at, $n, $line, @fields) = @_;
	my $c = Client->new($at);

	return join '', map {
		$c->send(request($line // 'GET /', \@fields));
		my $r = $c->final // {};
		$r->{fields} ? field($r, 'X-Backend') // $r->{status} : '?'
	} 1 .. $n;
}

# The same as "a 3 b 5".
sub tally
{
	my ($names) = @_;
	my %seen;

	$seen{$_}++ for split //, $names;
	return join ' ', map { "$_ $seen{$_}" } sort keys %seen;
}

1;
