# SPDX-License-Identifier: BSD-2-Clause
# A death at any mark of src/base/fault.def is noticed by nobody, and leaves
# nothing behind. f01-every-fault-mark.t MARK[:N] ... tries only those;
# KEEP=1 shows the logs.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
my $fault_bin;
BEGIN {
	$fault_bin = $ENV{PORTICO_FAULT_BIN};
	$ENV{PORTICO} = $fault_bin if defined $fault_bin;
}
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Marks qw(left_behind try_all);
use Portico qw(tool);
use Torture qw(start_origin start_load load_line spoiled);

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $fault_bin;

my $AT_ONCE = 4; # a case sleeps half of its time
my $PAUSE = 0.03; # between two deaths that we cause
my $PATIENCE = 25; # seconds until a mark is reached

# Small answers on kept and on short connections, uploads of both codings.
my @mixed = (
	[ '-n', 600, '-c', 8 ],
	[ '-n', 200, '-c', 4, '-r', 1, '-s', '1:3000' ],
	[ '-n', 150, '-c', 4, '-s', '1:40000', '-p', 100 ],
	[ '-n', 100, '-c', 2, '-s', '1:40000', '-p', 100, '-C' ],
);
my @long = ([ '-n', 40, '-c', 4, '-s', '200000:3000000' ]);
my @busy = ([ '-t', 1, '-c', 12, '-s', '1:3000' ],
	[ '-n', 100, '-c', 2, '-s', '1:40000', '-p', 100 ]);
my @short = ([ '-t', 1, '-c', 6, '-r', 1, '-s', '1:100' ],
	[ '-t', 1, '-c', 6, '-r', 1, '-s', '1:100' ]);

# What is unlike the others: kill, who have to die so that somebody comes by;
# load; idle, clients whose time is over; passed, how many hits are passed
# over (0 and 7); cut, answers may end early; places, of each backend, so that
# some have to wait; leave, clients of which some wait in vain; refused,
# clients that go on sending; proxied, clients behind a PROXY header; checked,
# names: the steward checks backends, looks names up.
my %special = (
	queue_locked => { leave => 8, passed => [ 0, 3 ] },
	queue_left => { leave => 8, passed => [ 0, 3 ] },
	(map { $_ => { places => 2 } } qw(queue_joined queue_granted queue_held
	    seat_granted pool_locked seat_given seat_counted)),
	clone_noted => { kill => 'worker', passed => [ 1, 3, 5, 7 ] },
	clone_done => { kill => 'worker', passed => [ 0, 3, 5, 7 ] },
	heir_woken => { kill => 'steward', passed => [ 0, 1 ] },
	ring_taken => { idle => 12 },
	lingered => { refused => 4 },
	(map { $_ => { proxied => 4, passed => [ 0, 3 ] } }
	    qw(proxied_whole proxied_taken)),
	glance_polled => { passed => [ 0 ] }, # one a second
	resolve_socket => { names => 1, # not before it is ready
	    passed => [ 5, 9 ] },
	probe_opened => { checked => 1, passed => [ 7, 30 ] }, # the same
	settle_row => { kill => 'worker', passed => [ 0, 2 ],
	    load => \@busy },
	settle_locks => { kill => 'worker', passed => [ 0, 7 ],
	    load => \@busy },
	settle_done => { kill => 'worker', passed => [ 0, 7 ],
	    load => \@busy },
	settle_sweep => { kill => 'worker', passed => [ 0 ],
	    load => \@short },
	splice_filled => { load => \@long, cut => 1 },
	splice_emptied => { load => \@long, cut => 1 },
);

# The family is five clones; the sixth is by a worker, of a steward.
my %revival = (kill => 'steward|heir');

# Then workers are made from what was a worker, with pipes at hand.
my %offspring = (kill => 'steward|heir|worker [01]', cut => 1,
    load => [ [ '-t', 1, '-c', 8, '-s', '200000:3000000' ] ]);

# Seats are given another way where nobody ever waits.
my @without_places = map { my $mark = $_; map { [ $mark, $_, undef ] } 0, 7 }
    qw(pool_locked seat_given seat_counted);

sub marks
{
	open my $f, '<', "$Portico::TOP/src/base/fault.def" or die $!;
	# f03, j40 and j64 have these, and w04 that of a family short of numbers
	my $own = qr/arrival|call|record|fill|chore|cache|serve|ban/;
	return grep { !/^(?:${own}_|number_found)/ }
	    map { /^FAULT_MARK\((\w+)/ ? $1 : () } <$f>;
}

# [ mark, how many of its hits are passed over, what is special ]
sub cases
{
	return map { /^(\w+)(?::(\d+))?$/ ? [ $1, $2 // 0, $special{$1} ]
	    : () } @ARGV if @ARGV;
	my @more = ((map { [ $_, 5, \%revival ] } qw(clone_noted clone_done)),
	    (map { [ 'clone_done', $_, \%offspring ] } 8, 13));
	return (@more, @without_places, map { my $mark = $_;
	    map { [ $mark, $_, $special{$mark} ] }
	    @{ $special{$mark}{passed} // [ 0, 7 ] } } marks());
}

my @backends = map { start_origin(@$_) } [], [], [ '-r', 20 ];

sub start_portico
{
	my ($how) = @_;
	my $places = $how->{places} // 0;
	my $list = join ', ', map { qq({ address = "$_";
	    max_connections = $places; }) } @backends;
	my $queue = $places ? 'queue = { length = 100; timeout = "10s"; };' : '';
	my $health = $how->{checked}
	    ? 'health = { interval = "100ms"; timeout = "100ms"; };' : '';
	# asked again and again, of nobody
	my ($named, $resolvers) = $how->{names}
	    ? ('named = { backends = "a.test:80"; resolve = "1s"; };',
	    'resolvers = "127.0.0.1:1";') : ('', '');

	return Portico->start(qq{
	workers = { min = 4; max = 8; };
	listeners = {
		http = { address = "\@http\@"; };
		hasty = { address = "\@hasty\@";
		    timeouts = { keepalive = "100ms"; }; };
		proxied = { address = "\@proxied\@"; proxy_protocol = true; };
	};
	pools = {
		app = { backends = ( $list ); $queue $health };
		$named
		slow = {
		    backends = ( { address = "$backends[0]";
			max_connections = 1; } );
		    queue = { length = 50; timeout = "150ms"; }; };
	};
	sites = { all = { hosts = [ "*" ]; routes = (
		{ path = "/slow"; strip_prefix = "/slow"; pool = "slow"; },
		{ pool = "app"; }
	); }; };
	$resolvers
	access_log = { to = "\@dir\@/access"; };
	});
}

# Clients that send nothing more, so that the steward has to end their wait.
sub idle_clients
{
	my ($p, $n) = @_;

	return map { my $c = Client->new($p->address('hasty'));
	    $c->send("GET /b/10/1 HTTP/1.1\r\nHost: a\r\n\r\n"); $c } 1 .. $n;
}

# Clients of which one is served for longer than the others want to wait.
sub impatient_clients
{
	my ($p, $n) = @_;

	return map { my $c = Client->new($p->address('http'));
	    $c->send("GET /slow/b/10/1?delay=400 HTTP/1.1\r\nHost: a\r\n"
		. "\r\n"); $c } 1 .. $n;
}

# Clients that are refused and go on sending.
sub refused_clients
{
	my ($p, $n) = @_;

	return map { my $c = Client->new($p->address('http'));
	    $c->send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n"
		. "\r\n" . 'x' x 50_000); $c } 1 .. $n;
}

# Clients that somebody names.
sub proxied_clients
{
	my ($p, $n) = @_;

	return map { my $c = Client->new($p->address('proxied'));
	    $c->send("PROXY TCP4 192.0.2.$_ 192.0.2.1 1 2\r\n"
		. "GET /b/10/1 HTTP/1.1\r\nHost: a\r\n\r\n"); $c } 1 .. $n;
}

sub is_complete
{
	my ($p) = @_;

	return $p->pids('steward') == 1 && $p->pids('heir') == 1
	    && $p->workers >= 4;
}

# All loads once, and once more until the mark has been reached: what is
# wrong with their lines.
sub drive
{
	my ($p, $reached, $how) = @_;
	my $end = time + $PATIENCE;
	my @wrong;

	do {
		my @idle = (idle_clients($p, $how->{idle} // 0),
		    impatient_clients($p, $how->{leave} // 0),
		    refused_clients($p, $how->{refused} // 0));
		my @named = proxied_clients($p, $how->{proxied} // 0);
		my @asked = @{ $how->{load} // \@mixed };
		my @loads = map { start_load(@$_, $p->address('http')) } @asked;
		my $first = IO::Select->new($loads[0]);
		while ($how->{kill} && !$first->can_read($PAUSE)) {
			last if $p->log =~ $reached;
			kill 'KILL', $p->pids("(?:$how->{kill})");
		}
		for (@asked) {
			my $line = load_line(shift @loads, 20);
			my $unsafe = grep { $_ eq '-p' } @$_;
			next if spoiled($line) eq '' || (($unsafe ||
			    $how->{cut}) && $line =~ /mixed 0 stalled 0$/);
			push @wrong, "[@$_] $line";
		}
		push @wrong, 'a client that is named has no answer' for
		    grep { (($_->response // {})->{status} // 0) != 200 } @named;
		$p->logged($reached, 0.3) if @idle;
	} until (@wrong || $p->log =~ $reached || time > $end);
	return @wrong;
}

# What is wrong after a death at the mark.
sub try_mark
{
	my ($mark, $n, $how) = @_;
	my $reached = qr/fault: $mark reached/;

	local $ENV{PORTICO_FAULT} = "$mark:$n";
	my $p = start_portico($how // {});
	my @wrong = drive($p, $reached, $how // {});
	push @wrong, left_behind($p, $reached, \&is_complete);
	push @wrong, $p->log if @wrong && $ENV{KEEP};
	return @wrong;
}

try_all($AT_ONCE, \&try_mark, sub { "$_[0] after $_[1]" }, cases());
done_testing;
