# SPDX-License-Identifier: BSD-2-Clause
# Backends that fail while clients are busy: what it cost, and how long.
package Failover;
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Beside qw(side_by_side);
use Client qw(until_true);
use Faulty;
use Portico qw(tool);

our $TIMEOUTS = 'timeouts = { connect = "300ms"; response = "1s";
    read = "1s"; };';
our $HEALTH = 'health = { path = "/health"; interval = "200ms";
    timeout = "200ms"; };';
our $FORMAT = '{target} {retries} {t_total} {pool}/{backend} {cause}';

# Three backends, a, b and c, or those of `names`; at: name => process, in
# place of ours; pool: keys of the pool beside $TIMEOUTS; of: name => keys of
# that backend; list: other backends, as the file says it; posts: where ours
# write down the POSTs that arrive; pools: more pools; top: more keys; what:
# what tests call it.
sub new
{
	my ($class, %opt) = @_;
	my $dir = Portico::temporary();
	my $self = bless { dir => $dir, posts => $opt{posts} // "$dir/posts",
	    list => $opt{list},
	    names => $opt{names} // [ qw(a b c) ], of => $opt{of} // {},
	    pool => $opt{pool} // '', top => $opt{top} // '',
	    pools => $opt{pools} // '', what => $opt{what} // 'scene' },
	    $class;

	$self->{at} = { %{ $opt{at} } } if $opt{at};
	for my $name (@{ $self->{names} }) {
		$self->add($name) unless $self->{at}{$name};
	}
	$self->{p} = Portico->start($self->text);
	return $self;
}

# One more backend process, which the text does not name by itself.
sub add
{
	my ($self, $name) = @_;

	return $self->{at}{$name} = Faulty->new(name => $name,
	    record => $self->{posts});
}

# The configuration: `change` may give other names, pool, of, or written,
# a hash of name => how the file calls it.
sub text
{
	my ($self, %change) = @_;
	my %with = (%$self, %change);
	my $list = join ', ', $with{list} // (), map {
		my $address = $self->{at}{$_}->address;
		my $called = $with{written}{$_} // $_;
		my $keys = $with{of}{$_} // '';
		qq({ name = "$called"; address = "$address"; $keys })
	} @{ $with{names} };

	return qq{
	access_log = { to = "$self->{dir}/access.log"; format = "$FORMAT"; };
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = ( $list ); $TIMEOUTS $with{pool} };
	    $with{pools} };
	$with{top}
	};
}

sub backend { my ($self, $name) = @_; return $self->{at}{$name} }
sub portico { my ($self) = @_; return $self->{p} }

# Clients for so many seconds, and the code beside them, which is given us;
# options: more arguments for t/lib/busy.c. Returns what became of it.
sub under_load
{
	my ($self, $seconds, $code, @options) = @_;
	my $file = "$self->{dir}/busy." . ++$self->{runs};
	my $program = tool('busy');
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		open STDOUT, '>', $file or POSIX::_exit(126);
		exec { $program } $program, '-t', $seconds, @options,
		    $self->{p}->address('http') or POSIX::_exit(127);
	}
	eval { $code->($self); 1 } or fail("beside the load: $@");
	waitpid $pid, 0;
	is $?, 0, "$self->{what}: the clients end" or return bless { requests => [] },
	    'Failover::Outcome';
	return $self->outcome($file);
}

sub outcome
{
	my ($self, $file) = @_;
	my (@requests, %logged);
	my @columns = qw(number method start took outcome status backend);

	for (split /\n/, Portico::slurp($file)) {
		my %r;
		@r{@columns} = split / /;
		$_ /= 1e6 for @r{qw(start took)};
		push @requests, \%r;
	}
	my $log = "$self->{dir}/access.log";
	until_true(sub { (() = Portico::slurp($log) =~ /\n/g) >= @requests },
	    5);
	for (split /\n/, Portico::slurp($log)) {
		my ($number, $retries, $cause) =
		    /\?n=(\d+) (\S+) \S+ \S+ (.*)$/ or next;
		$logged{$number} = [ $retries, $cause ];
	}
	truncate $log, 0;
	for (@requests) {
		@$_{qw(retries cause)} = @{ $logged{ $_->{number} } //
		    [ 0, 'not in the log' ] };
	}
	@requests = sort { $a->{start} <=> $b->{start} } @requests;
	my %seen;
	$seen{$_}++ for split /\n/, Portico::slurp($self->{posts});
	truncate $self->{posts}, 0;
	my @twice = grep { $seen{$_} > 1 } sort keys %seen;
	return bless { requests => \@requests, twice => \@twice },
	    'Failover::Outcome';
}

# A scene of its own with one fault in it, half a second after the beginning:
#   what, pool, of, seconds, load (arguments): as above
#   fault     what b is told to be, or code that is given us
#   knows     seconds after which no request may begin that meets b's fault
#   told      what the error log must say
#   met       of the requests after the first second so many percent at most
#             meet it: it may not be ejected
#   posts     so many POSTs may fail; any number without it
#   cut       GETs and PUTs whose answer had begun may end early
# Returns the outcome and the scene, which goes on; `since` is in both.
sub trial
{
	my ($class, %t) = @_;
	my $f = $class->new(map { $_ => $t{$_} } grep { $t{$_} } qw(what pool
	    of names top));
	my $fault = $t{fault};
	my $r = $f->under_load($t{seconds} // 3, sub {
		sleep 0.5;
		$f->{since} = time;
		ref $fault ? $fault->($f) : $f->backend('b')->be($fault);
	}, @{ $t{load} // [] });

	$r->{since} = $f->{since};
	$r->judge($t{what}, $f->{since}, $t{cut});
	$r->posts_failed($t{what}, $t{posts}) if defined $t{posts};
	cmp_ok $r->knew($f->{since}), '<', $t{knows},
	    "$t{what}: known within $t{knows} s" if defined $t{knows};
	cmp_ok $r->met($f->{since} + 1), '<', $t{met},
	    "$t{what}: less than $t{met}% meet it later" if defined $t{met};
	$f->told($t{what}, $t{told}) if $t{told};
	return ($r, $f);
}

# Such scenes, each with its end, four at the same time: of each what trial()
# takes, and `after`, which is given outcome and scene before the end.
sub trials
{
	my ($class, @all) = @_;

	side_by_side(4, map { my $t = $_; sub {
		my ($r, $f) = $class->trial(%$t);
		$t->{after}->($r, $f) if $t->{after};
		$f->ends_clean;
	} } @all);
	return;
}

# The error log says so; and the line is told.
sub told
{
	my ($self, $what, $pattern) = @_;

	ok $self->{p}->logged($pattern, 5), "$what: the log says it" or
	    diag substr $self->{p}->log, -1000;
	note "    $_" for $self->{p}->log =~ /(app\S* is .*)/g;
	return;
}

# A new text, HUP, and until the next generation runs.
sub reload
{
	my ($self, %change) = @_;
	my $running = () = $self->{p}->log =~ /generation \d+ is running/g;

	$self->{p}->reload($self->text(%change));
	ok until_true(sub { (() = $self->{p}->log =~
	    /generation \d+ is running/g) > $running }, 10),
	    "$self->{what}: reloaded";
	return;
}

# One command on the control socket: what is answered, whole.
sub command
{
	my ($self, $line) = @_;
	my $c = IO::Socket::UNIX->new(Peer => $self->{p}->dir .
	    '/portico.sock') or return "no control socket: $!";
	my $said = '';

	print $c "$line\n";
	$c->flush;
	while (IO::Select->new($c)->can_read(20)) {
		sysread $c, $said, 65536, length $said or last;
	}
	return $said;
}

# The same, and it must be done.
sub order
{
	my ($self, $line) = @_;
	my $said = $self->command($line);

	like $said, qr/^ok\n(?:.*\n)?end\n$/s, $line or diag $said;
	return;
}

# The end of the scene: of Portico, with all its sums, and of the backends.
sub ends_clean
{
	my ($self) = @_;

	is $self->{p}->quit, 0, "$self->{what}: QUIT";
	is +($self->{p}->sums)[1], undef, "$self->{what}: nothing is left";
	$_->kill for values %{ $self->{at} };
	return;
}

package Failover::Outcome;
use List::Util qw(max);
use Test::More;

sub idempotent { my ($r) = @_; return $r->{method} ne 'POST' }
sub bad { my ($r) = @_; return $r->{outcome} ne 'ok' }

# Those for which the code is true of $_.
sub those
{
	my ($self, $code) = @_;

	return grep { $code->() } @{ $self->{requests} };
}

# How often each outcome but "ok", with its cause.
sub causes
{
	my (@requests) = @_;
	my %n;

	$n{"$_->{outcome} $_->{status}, $_->{cause}"}++
	    for grep { bad($_) } @requests;
	return join '; ', map { "$n{$_} x $_" } sort keys %n;
}

# Seconds from `since` until the last request began that met a failing
# backend: it was repeated, or did not come off.
sub knew
{
	my ($self, $since) = @_;
	my @met = $self->those(sub { $_->{start} >= $since &&
	    (bad($_) || $_->{retries} > 0) });

	return @met ? $met[-1]{start} - $since : 0;
}

# Percent of the requests from then on that met a failing backend.
sub met
{
	my ($self, $since) = @_;
	my @later = $self->those(sub { $_->{start} >= $since });
	my @met = grep { bad($_) || $_->{retries} > 0 } @later;

	return @later ? 100 * @met / @later : 100;
}

# Those that it answered: they began after `since`, and ended before `until`
# (what only began before that may have met what came after it).
sub from
{
	my ($self, $name, $since, $until) = @_;

	return $self->those(sub { $_->{backend} eq $name &&
	    $_->{start} >= $since && (!defined $until ||
	    $_->{start} + $_->{took} < $until) });
}

# One line for people.
sub summary
{
	my ($self, $since) = @_;
	my @parts;

	for my $method (qw(GET PUT POST)) {
		my @all = $self->those(sub { $_->{method} eq $method })
		    or next;
		my $bad = grep { bad($_) } @all;
		my $again = grep { $_->{retries} > 0 } @all;
		push @parts, sprintf '%s %d, %d failed%s, %d repeated, ' .
		    'slowest %.0f ms', $method, scalar @all, $bad,
		    $bad ? ' (' . causes(@all) . ')' : '', $again,
		    1000 * max(map { $_->{took} } @all);
	}
	push @parts, sprintf 'the pool knew after %.0f ms',
	    1000 * $self->knew($since) if defined $since;
	return join "\n    ", @parts;
}

# No idempotent request failed (but for answers that were cut, if that may
# be), no answer is another's, no POST arrived twice; the figures are told.
sub judge
{
	my ($self, $what, $since, $cut) = @_;
	my @all = @{ $self->{requests} };
	my @sure = grep { idempotent($_) && !($cut &&
	    $_->{outcome} eq 'cut') } @all;

	note "$what:\n    " . $self->summary($since);
	cmp_ok scalar @all, '>', 100, "$what: there was load";
	is causes(@sure), '', "$what: no GET and no PUT failed" .
	    ($cut ? ', but for those that were cut' : '');
	is scalar(grep { $_->{outcome} =~ /^(?:mixed|stalled|bad|refused)$/ }
	    @all), 0, "$what: none mixed, none stalled";
	is "@{ $self->{twice} }", '', "$what: no POST arrived twice";
	return;
}

# POSTs that failed: at most so many.
sub posts_failed
{
	my ($self, $what, $most) = @_;
	my @posts = $self->those(sub { !idempotent($_) });

	cmp_ok scalar(grep { bad($_) } @posts), '<=', $most,
	    "$what: at most $most POSTs failed";
	return;
}

1;
