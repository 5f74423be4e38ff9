# SPDX-License-Identifier: BSD-2-Clause
# RFC 9111, 4.4: what unsafe methods end.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use CacheCase qw(start_cases new_path answers asked times_asked reply date
    fetch send_request warm address);
use Client qw(field);

start_cases();
my $fresh = 'Cache-Control: max-age=3600';

# Stored, then changed by the method with that answer (to: at another path):
# what the next GET gets.
sub after
{
	my ($method, $answer, %more) = @_;
	my $path = new_path();
	my $to = $more{to} // $path;

	$answer =~ s/PATH/$path/g;
	answers($path, reply(200, 'stored', $fresh));
	fetch($path, @{ $more{fields} || [] });
	answers($to, $answer);
	send_request("$method $to", [ @{ $more{other} || [] } ],
	    $method eq 'OPTIONS' ? undef : 'abc');
	answers($path, reply(200, 'new', $fresh));
	return fetch($path, @{ $more{fields} || [] })->{body};
}

for my $method (qw(POST PUT DELETE PATCH M-SEARCH FOO)) {
	is after($method, reply($_, 'done')), 'new',
	    "4.4: $method and $_" for 200, 201, 204, 301, 303;
	is after($method, reply($_, 'failed')), 'stored',
	    "4.4: $method that fails with $_" for 400, 404, 500, 503;
	is after($method, reply(200, 'done', 'Location: PATH'),
	    to => "/change/$method/1"), 'new', "4.4: $method: Location";
	is after($method, reply(201, 'done', 'Location: http://a.testPATH'),
	    to => "/change/$method/2"), 'new', "4.4: $method: whole Location";
	is after($method, reply(200, 'done', 'Content-Location: PATH'),
	    to => "/change/$method/3"), 'new',
	    "4.4: $method: Content-Location";
	is after($method, reply(200, 'done', 'Location: http://b.testPATH',
	    'Content-Location: http://b.testPATH'),
	    to => "/change/$method/4"), 'stored',
	    "4.4: $method: Location of another host";
	is after($method, reply(200, 'done', 'Location: PATH'),
	    to => "/change/$method/5", other => [ 'Host: b.test' ]), 'stored',
	    "4.4: $method of another host ends nothing here";
	is after($method, reply(500, 'failed', 'Location: PATH'),
	    to => "/change/$method/6"), 'stored',
	    "4.4: $method: Location of what failed";
}
is after('OPTIONS', reply(200, '')), 'stored', '4.4: OPTIONS is safe';
is after('POST', reply(200, 'done'), fields => [ 'Cookie: a' ]), 'new',
    '4.4: whoever asked for it';

# A relative Location.
my $path = new_path('/a');
warm($path, reply(200, 'stored', $fresh), reply(200, 'new', $fresh));
(my $beside = $path) =~ s/a$/b/;
answers($beside, reply(201, 'made', 'Location: a'));
send_request("POST $beside", [], 'x');
is fetch($path)->{body}, 'new', '4.4: a Location relative to the target';

# All of them.
$path = new_path();
answers($path, (map { reply(200, "stored $_", $fresh, 'Vary: Foo') } 1 .. 4),
    reply(200, 'done'), reply(200, 'new', $fresh, 'Vary: Foo'));
fetch($path, "Foo: $_") for 1 .. 4;
send_request("DELETE $path");
is fetch($path, "Foo: $_")->{body}, 'new', "4.4: variant $_ has ended, too"
    for 1 .. 4;

# Its own query only.
my ($one, $two) = map { "$path/q?a=$_" } 1, 2;
warm($_, reply(200, "stored $_", $fresh), reply(200, 'new')) for $one, $two;
answers($one, reply(200, 'done'), reply(200, 'new'));
send_request("POST $one", [], 'x');
is fetch($one)->{body}, 'new', '4.4: the target with its query';
is fetch($two)->{body}, "stored $two", '4.4: and no other one';

# What the method answers is not what was asked for by GET.
$path = new_path();
answers($path, reply(200, 'posted', $fresh), reply(200, 'got', $fresh));
send_request("POST $path", [], 'x');
is fetch($path)->{body}, 'got', '4.4: a GET after a POST';
is fetch($path)->{body}, 'got', '4.4: is stored as ever';
is times_asked($path), 2, '4.4: and used';
send_request("PUT $path", [], 'x');
is times_asked($path), 3, '4.4: a PUT goes through';
done_testing;
