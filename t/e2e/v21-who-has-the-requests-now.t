# SPDX-License-Identifier: BSD-2-Clause
# When the backends of a pool go, the log says who has their requests; and the
# reason that status shows is that of the state, over a restart too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Backend qw(plain);
use Client qw(get until_true);
use Control qw(backend_of command);
use Portico;

my $state = Portico::temporary();
my %at = map { my $b = Backend->new(plain($_)); ($_ => $b) }
    qw(one two spare sorry);
my $dead = '127.0.0.1:' . Portico::free_port();
my $text = qq{
	state_dir = "$state";
	listeners = { http = { address = "\@http\@"; }; };
	pools = {
	    app = { backends = (
		{ name = "one"; address = "@{[ $at{one}->address ]}"; },
		{ name = "two"; address = "@{[ $at{two}->address ]}"; },
		{ name = "spare"; address = "@{[ $at{spare}->address ]}";
		  backup = true; } );
		health = { path = "/"; interval = "100ms"; };
		fallback = "sorry"; };
	    sorry = { backends = (
		{ name = "it"; address = "@{[ $at{sorry}->address ]}"; },
		{ name = "gone"; address = "$dead"; state = "down"; } ); };
	};
	sites = { all = { hosts = "*"; routes = ( { pool = "app"; } ); }; };
};
my $p = Portico->start($text);
my $sock = $p->dir . '/portico.sock';

sub obeys
{
	my ($line, $then, $who) = @_;

	$p->clear_log;
	ok command($sock, $line)->{ok}, $line;
	ok $p->logged(qr/\Q$then\E$/m, 5), $then or diag $p->log;
	is get($p->address('http'), '/')->{body}, $who, "$who answers"
	    if $who;
	return;
}

obeys('backend drain app/one', 'app/one is draining: ordered; 1 of 2 are '
    . 'left, and 1 of 1 backups', 'two');
obeys('backend disable app/two', 'app/two is down: ordered; 0 of 2 are left, '
    . 'and 1 of 1 backups: they get the requests', 'spare');
obeys('backend disable app/spare', 'app/spare is down: ordered; 0 of 2 are '
    . 'left, and 0 of 1 backups: requests go to the pool sorry', 'sorry');
obeys('backend disable sorry/it', 'sorry/it is down: ordered; 0 of 2 are '
    . 'left: requests get 503');
is get($p->address('http'), '/')->{status}, 503, 'which they do';
obeys('backend enable app/two', 'app/two is up: ordered; 1 of 2 are left, '
    . 'and 0 of 1 backups', 'two');

# ---- reasons ----

sub why { my ($name) = @_; return backend_of($sock, $name)->{why} }

is why('app/one'), 'ordered', 'the reason of one that was drained';
is why('sorry/gone'), 'the file says so', 'and of one by the file';
$at{spare}->stop;
my $checks = sub { backend_of($sock, 'app/spare')->{checks_failed} };
my $failed = $checks->();
ok until_true(sub { $checks->() > $failed + 4 }, 10),
    'checks fail of one that is disabled';
is why('app/spare'), 'ordered', 'which is not why it is down';
$p->clear_log;
my $r = command($sock, 'backend enable app/spare');
ok $r->{ok}, 'it is enabled';
like join("\n", @{ $r->{lines} }), qr{^app/spare is down until its checks succeed$}m,
    'and whoever did it is warned';
ok $p->logged(qr{app/spare is down: enabled, but its checks fail; 1 of 2 }, 5),
    'and the log knows';
is why('app/spare'), 'enabled, but its checks fail', 'and status';

is $p->quit, 0, 'QUIT';
$p = Portico->start($text);
$sock = $p->dir . '/portico.sock';
ok until_true(sub { backend_of($sock, 'app/one')->{checks} > 0 }, 5),
    'started again, it is checked';
is backend_of($sock, 'app/one')->{state}, 'draining', 'it is draining yet';
is why('app/one'), 'ordered', 'for the same reason';
is $p->quit, 0, 'QUIT';
done_testing;
