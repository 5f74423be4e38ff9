# SPDX-License-Identifier: BSD-2-Clause
# RFC 9211: Cache-Status says what the cache did.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch send_request warm is_between address origin);
use Client qw(field fields get);
use Portico qw(one_site);

start_cases(routes => q(
    { path = "/silent"; pool = "app"; cache = { status_header = false; }; },
    { path = "/none"; pool = "app"; },
    { path = "/say"; respond = { status = 200; body = "x"; }; },
    { pool = "app"; cache = true; }));
my $fresh = 'Cache-Control: max-age=3600';
my @aged = ('Cache-Control: max-age=60', 'Age: 100', 'ETag: "a"');

# The members of Cache-Status: a name and its parameters, each; strictly as
# RFC 8941 has it.
sub members
{
	my ($r) = @_;
	my $text = join ', ', fields($r, 'Cache-Status');
	my @members;

	while (length $text) {
		$text =~ s/^("[^"\\]*"|[A-Za-z*][A-Za-z0-9!#\$%&'*+.^_`|~:\/-]*)//
		    or return "not a member: $text";
		my %member = (name => $1);
		while ($text =~ s/^; *([a-z*][a-z0-9_.*-]*)//) {
			my $key = $1;
			my $value = 1;

			if ($text =~ s/^=//) {
				$text =~ s/^("[^"\\]*"|-?\d{1,15}|\?[01]|
				    [A-Za-z*][A-Za-z0-9!#\$%&'*+.^_`|~:\/-]*)//x
				    or return "not a value: $text";
				$value = $1;
			}
			$member{$key} = $value;
		}
		push @members, \%member;
		last if $text eq '';
		$text =~ s/^[ \t]*,[ \t]*(?=.)// or return "behind: $text";
	}
	return @members;
}

# Our member, which is the last one.
sub ours
{
	my ($r) = @_;
	my @all = members($r);

	return ref $all[-1] ? $all[-1] : { name => $all[-1] // 'none' };
}

# What it says: pairs; a value undef: nothing of that.
sub says
{
	my ($name, $r, %want) = @_;
	my $said = ours($r);

	is $said->{name}, 'cache', "2: $name: our member";
	ok !(defined $said->{hit} && defined $said->{fwd}),
	    "2.1, 2.2: $name: hit and fwd exclude each other";
	if (!$said->{fwd}) {
		is $said->{$_}, undef, "2: $name: $_ belongs to fwd"
		    for qw(fwd-status stored collapsed);
	}
	for my $key (sort keys %want) {
		is $said->{$key}, $want{$key}, "2: $name: $key" or
		    diag(field($r, 'Cache-Status') // 'no Cache-Status');
	}
}

my $path = new_path();
answers($path, reply(200, 'x', $fresh));
says('a miss', fetch($path), fwd => 'uri-miss', stored => 1, hit => undef);
my $r = fetch($path);
says('a hit', $r, hit => 1, fwd => undef);
is_between(ours($r)->{ttl}, 3595, 3600, '2.4: ttl of a hit');
says('HEAD', send_request("HEAD $path"), hit => 1);
says('a 304 of ours', fetch($path, 'If-Modified-Since: ' . date(10)),
    hit => 1);
says('a part', fetch($path, 'Range: bytes=0-0'), hit => 1);

$path = new_path();
answers($path, reply(200, 'x', $fresh, 'Age: 3000'));
fetch($path);
is_between(ours(fetch($path))->{ttl}, 595, 600,
    '2.4: ttl is what is left of its lifetime');

$path = new_path();
answers($path, reply(200, 'x', 'Cache-Control: no-store'));
says('not stored', fetch($path), fwd => 'uri-miss', stored => undef);
says('once more', fetch($path), hit => undef, stored => undef);

$path = new_path();
answers($path, reply(200, 'x', $fresh, 'Vary: Foo'));
fetch($path, 'Foo: 1');
says('another variant', fetch($path, 'Foo: 2'), fwd => 'vary-miss',
    stored => 1);
says('the same one', fetch($path, 'Foo: 2'), hit => 1);

$path = new_path();
answers($path, reply(200, 'x', @aged), reply(304, '', @aged),
    reply(200, 'y', $fresh));
fetch($path);
says('renewed', fetch($path), fwd => 'stale', 'fwd-status' => 304);
says('replaced', fetch($path), fwd => 'stale', stored => 1);
says('then', fetch($path), hit => 1);

$path = new_path();
answers($path, reply(200, 'x', $fresh));
fetch($path);
says('no-cache of the request', fetch($path, 'Cache-Control: no-cache'),
    fwd => 'request', stored => 1);

$path = new_path();
answers($path, reply(200, 'x', $fresh));
says('POST', send_request("POST $path", [], 'x'), fwd => 'method',
    hit => undef, stored => undef);
says('PUT', send_request("PUT $path", [], 'x'), fwd => 'method');

$path = new_path();
answers($path, reply(200, 'x', 'Cache-Control: max-age=60, stale-if-error=600',
    'Age: 100'), reply(503, 'error'));
fetch($path);
$r = fetch($path);
is $r->{body}, 'x', '2: stale instead of an error';
is_between(ours($r)->{ttl}, -50, -35, '2.4: a stale one has a ttl below 0')
    if ours($r)->{hit};

$path = new_path();
answers($path, reply(404, 'x', $fresh));
says('another status', fetch($path), fwd => 'uri-miss', stored => 1);
says('another status, from the cache', fetch($path), hit => 1);
$path = new_path();
answers($path, reply(500, 'x'));
my $status = ours(fetch($path))->{'fwd-status'};
ok !defined $status || $status eq '500', '2.3: fwd-status is what came';

# Caches before us come first (2: the one nearest to the origin).
$path = new_path();
answers($path, reply(200, 'x', $fresh,
    'Cache-Status: Origin; hit; ttl=5, "Next Cache"; fwd=miss'));
for ('miss', 'hit') {
	my @names = map { ref $_ ? $_->{name} : $_ } members(fetch($path));

	is_deeply \@names, [ 'Origin', '"Next Cache"', 'cache' ],
	    "2: others' members stay, before ours: $_";
}

answers("/$_", reply(200, 'x', $fresh)) for qw(silent none);
is field(fetch('/silent'), 'Cache-Status'), undef, 'status_header = false'
    for 1, 2;
is times_asked('/silent'), 1, 'and it caches';
is field(fetch('/none'), 'Cache-Status'), undef, 'a route without a cache';
is field(fetch('/say'), 'Cache-Status'), undef, 'answers of our own';
done_testing;
