# SPDX-License-Identifier: BSD-2-Clause
# Chromium without a window, led through ChromeDriver by the protocol WebDriver.
package Browser;
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);
use Client ();
use Portico ();

# The key under which WebDriver names an element.
my $ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
my %KEYS = (enter => "\x{e007}");
my $json = JSON::PP->new->utf8->allow_nonref;
my $characters = JSON::PP->new; # JSON within JSON
my @living;

# A new browser with nothing stored, for which each of the hosts is at
# 127.0.0.1 and no other host exists. A reference to a file's name: the
# authorities in it are trusted.
sub start
{
	my ($class, @hosts) = @_;
	my ($driver, $chromium) = map { Portico::need_program($_) }
	    qw(chromedriver chromium);
	my ($trusted) = map { $$_ } grep { ref } @hosts;
	my $self = bless { dir => Portico::temporary(), owner => $$,
	    events => [], console => [] }, $class;

	push @living, $self;
	@hosts = grep { !ref } @hosts;
	$self->trust($trusted) if $trusted;
	$self->start_driver($driver);
	$self->{http} = HTTP::Tiny->new(timeout => 60, keep_alive => 1,
	    proxy => undef, http_proxy => undef);
	my $r = $self->call('POST', '', { capabilities => { alwaysMatch =>
	    wishes($chromium, @hosts) } });
	$self->{session} = $r->{sessionId};
	return $self;
}

sub wishes
{
	my ($chromium, @hosts) = @_;
	my $rules = join ',', (map { "MAP $_ 127.0.0.1" } @hosts),
	    'MAP * ~NOTFOUND';

	return {
		browserName => 'chrome',
		'goog:loggingPrefs' => { browser => 'ALL',
		    performance => 'ALL' },
		'goog:chromeOptions' => { binary => $chromium, args => [
		    '--headless=new', '--no-sandbox', '--disable-gpu',
		    '--disable-dev-shm-usage', '--no-first-run',
		    '--no-proxy-server', '--disable-background-networking',
		    '--disable-component-update', '--disable-sync',
		    '--disable-extensions', '--disable-crash-reporter',
		    '--disable-features=HttpsUpgrades,HttpsFirstBalancedMode',
		    "--host-resolver-rules=$rules" ] },
	};
}

sub trust
{
	my ($self, $file) = @_;
	my $database = "$self->{dir}/.pki/nssdb";
	my $certutil = Portico::need_program('certutil');

	mkdir "$self->{dir}/.pki";
	mkdir $database;
	system("$certutil -N -d sql:$database --empty-password && $certutil " .
	    "-A -d sql:$database -n ours -t C,, -i $file") == 0 or
	    die 'no certificate is trusted';
	return;
}

# ChromeDriver takes a port of the kernel's and says which.
sub start_driver
{
	my ($self, $program) = @_;
	my $said = "$self->{dir}/chromedriver.out";
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		POSIX::setpgid(0, 0);
		delete @ENV{grep /^(?:DISPLAY|WAYLAND|DBUS|XDG|\w*_proxy)/i,
		    keys %ENV};
		@ENV{qw(HOME TMPDIR)} = ($self->{dir}) x 2;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', $said;
		open STDERR, '>&', \*STDOUT;
		exec $program, '--port=0' or POSIX::_exit(127);
	}
	$self->{pid} = $pid;
	Client::until_true(sub {
		($self->{port}) = Portico::slurp($said) =~
		    /started successfully on port (\d+)/ }, 20)
	    or die 'ChromeDriver does not start: ' . Portico::slurp($said);
	return;
}

# One command of WebDriver's: its value. Dies of an error; {error} names it.
sub call
{
	my ($self, $method, $path, $body) = @_;
	my $at = $self->{session} ? "/$self->{session}" : '';
	my %content = $method eq 'POST' ? (headers =>
	    { 'Content-Type' => 'application/json' },
	    content => $json->encode($body // {})) : ();
	my $r = $self->{http}->request($method,
	    "http://127.0.0.1:$self->{port}/session$at$path", \%content);
	my $value = eval { $json->decode($r->{content})->{value} };

	return $value if $r->{success};
	$self->{error} = ref $value ? $value->{error} : 'no answer';
	die "WebDriver: $method $path: " .
	    (ref $value ? "$value->{error}: $value->{message}" : $r->{content});
}

sub open_page
{
	my ($self, $url) = @_;

	return $self->call('POST', '/url', { url => $url });
}

sub url { my ($self) = @_; return $self->call('GET', '/url') }
sub title { my ($self) = @_; return $self->call('GET', '/title') }

# Runs the body of a JavaScript function in the page: what it returns.
sub run
{
	my ($self, $script, @arguments) = @_;

	return $self->call('POST', '/execute/sync',
	    { script => $script, args => \@arguments });
}

# The same, and waits for the promise that it returns (30 s at most).
sub wait_for
{
	my ($self, $script, @arguments) = @_;

	return $self->run("return (async function() { $script })"
	    . '.apply(null, arguments);', @arguments);
}

# The element that the selector names, or undef.
sub find
{
	my ($self, $selector) = @_;
	my $found = eval { $self->call('POST', '/element',
	    { using => 'css selector', value => $selector }) };

	return $found->{$ELEMENT} if $found;
	die $@ if $self->{error} !~ /^no such element|^stale/;
	return undef;
}

# The same, once it is there.
sub get
{
	my ($self, $selector) = @_;
	my $found = Client::until_true(sub { $self->find($selector) }, 15);

	return $found if $found;
	die "no $selector at " . $self->url . ":\n" . $self->text('body');
}

# A page may go away between the finding and the deed: once more then.
sub with
{
	my ($self, $selector, $method, $path, $body) = @_;
	my $value;

	Client::until_true(sub {
		my $element = $self->get($selector);

		return 1 if eval { $value = $self->call($method,
		    "/element/$element$path", $body); 1 };
		die $@ if $self->{error} !~ /^stale|not interactable|intercep/;
		return 0 }, 15) or die "$selector: $self->{error}";
	return $value;
}

sub click { my ($self, $at) = @_; return $self->with($at, 'POST', '/click') }
sub text { my ($self, $at) = @_; return $self->with($at, 'GET', '/text') }
sub clear { my ($self, $at) = @_; return $self->with($at, 'POST', '/clear') }

# Types text, a key's name ({ key => 'enter' }), or a file's path, at an
# element.
sub type
{
	my ($self, $selector, $text) = @_;

	$text = $KEYS{ $text->{key} } if ref $text;
	return $self->with($selector, 'POST', '/value', { text => $text });
}

# True once the element's text has the pattern.
sub shows
{
	my ($self, $selector, $pattern, $seconds) = @_;

	return Client::until_true(sub {
		my $text = eval { $self->text($selector) };
		defined $text && $text =~ $pattern }, $seconds // 15);
}

sub cookies { my ($self) = @_; return @{ $self->call('GET', '/cookie') } }

# Another tab: its name, for `go_to`.
sub new_tab
{
	my ($self) = @_;

	return $self->call('POST', '/window/new', { type => 'tab' })->{handle};
}

sub tab { my ($self) = @_; return $self->call('GET', '/window') }

sub go_to
{
	my ($self, $tab) = @_;

	return $self->call('POST', '/window', { handle => $tab });
}

sub close_tab { my ($self) = @_; return $self->call('DELETE', '/window') }

# What ChromeDriver has noted since the last time, of a kind of log.
sub fetch_log
{
	my ($self, $type) = @_;

	return @{ $self->call('POST', '/se/log', { type => $type }) };
}

# All events of the network so far: method ("Network...") and params.
sub events
{
	my ($self) = @_;

	push @{ $self->{events} }, grep { $_->{method} =~ /^Network\./ }
	    map { $characters->decode($_->{message})->{message} }
	    $self->fetch_log('performance');
	return @{ $self->{events} };
}

sub events_of
{
	my ($self, $name) = @_;

	return map { $_->{params} } grep { $_->{method} eq "Network.$name" }
	    $self->events;
}

# All responses, redirects too: url, status, remotePort, headers ...
sub responses
{
	my ($self) = @_;

	return ((grep { defined } map { $_->{redirectResponse} }
	    $self->events_of('requestWillBeSent')),
	    map { $_->{response} } $self->events_of('responseReceived'));
}

# Heads of responses as they came over the wire: name in lower case => value,
# of several a line each.
sub heads
{
	my ($self) = @_;
	my @heads;

	for my $head (map { $_->{headers} }
	    $self->events_of('responseReceivedExtraInfo')) {
		push @heads, { map { lc $_ => $head->{$_} } keys %$head };
	}
	return @heads;
}

# What the console has said, of warnings and errors.
sub complaints
{
	my ($self) = @_;

	push @{ $self->{console} }, $self->fetch_log('browser');
	return map { $_->{message} } grep { $_->{level} =~ /WARNING|SEVERE/ }
	    @{ $self->{console} };
}

# Those processes of ours that live in the browser's directory.
sub processes
{
	my ($self) = @_;

	return grep { Portico::slurp("/proc/$_/environ") =~
	    /(?:^|\0)HOME=\Q$self->{dir}\E\0/ }
	    map { m{^/proc/(\d+)/} } glob '/proc/[0-9]*/environ';
}

sub stop
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{owner} != $$;
	$self->{http}->timeout(5) if $self->{http};
	eval { $self->call('DELETE', '') } if $self->{session};
	Client::until_true(sub { $self->processes <= 1 }, 3);
	kill 'KILL', $self->processes;
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
	return;
}

# A second signal must not end the cleaning up.
END {
	local $?;
	local @SIG{qw(INT TERM HUP ALRM)} = ('IGNORE') x 4;
	$_->stop for @living;
}

1;
