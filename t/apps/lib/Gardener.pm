# SPDX-License-Identifier: BSD-2-Clause
# Somebody who uses the wiki in a browser for everything it can do.
package Gardener;
use strict;
use warnings;
use Compress::Zlib qw(compress crc32);
use Digest::SHA qw(sha512);
use Test::More;
use Client qw(ask request until_true);
use Portico ();
use Wiki ();

# browser, wiki, at: the address of Portico, base: the wiki's URL there,
# without "/" at its end, overlook: links that are not looked at, ask: instead
# of Client::ask.
sub new
{
	my ($class, %self) = @_;

	return bless { %self, dir => Portico::temporary() }, $class;
}

# The whole visit.
sub visit
{
	my ($self) = @_;

	$self->look_around;
	$self->log_in;
	$self->write_pages;
	$self->upload('seeds.zip', $self->noise(3_000_000));
	$self->upload('rose.png', $self->picture(700));
	$self->show_picture;
	$self->search;
	$self->log_out;
	return;
}

sub page { my ($self, $name) = @_; return "$self->{base}/doku.php?id=$name" }

sub look_around
{
	my ($self) = @_;
	my $b = $self->{browser};

	$b->open_page("$self->{base}/");
	like $b->title, qr/The garden/, 'the wiki shows its first page';
	is $b->url, $self->page('start'), 'where its redirect leads';
	ok $b->run('return typeof jQuery == "function" && ' .
	    'typeof dw_page == "object"'), 'its scripts are there';
	ok $b->run('return Array.from(document.styleSheets).some(' .
	    's => s.href && s.cssRules.length > 20)'), 'and its style';
	ok !$b->find('#wiki__text') && !$b->find('#edbtn__save'),
	    'nothing to write in';
	$self->links('the first page');
	return;
}

sub log_in
{
	my ($self) = @_;
	my $b = $self->{browser};

	$b->click('a[href*="do=login"]');
	$self->give_password('tulips');
	ok $b->shows('body', qr/Sorry, username or password was wrong/),
	    'a wrong password';
	$self->give_password($Wiki::PASSWORD);
	ok $b->shows('body', qr/Logged in as: Rose Gardener/), 'logged in';
	is $b->url, $self->page('start'), 'redirected after the POST';
	$b->open_page($self->page('start'));
	ok $b->shows('body', qr/Logged in as: Rose Gardener/),
	    'still so on the next page';
	$self->links('the page of one who is logged in');
	return;
}

sub give_password
{
	my ($self, $password) = @_;
	my $b = $self->{browser};

	$b->clear("#dw__login input[name=$_]") for qw(u p);
	$b->type('#dw__login input[name=u]', $Wiki::USER);
	$b->type('#dw__login input[name=p]', $password);
	$b->click('#dw__login button[type=submit]');
	return;
}

sub write_pages
{
	my ($self) = @_;
	my $b = $self->{browser};

	$b->open_page($self->page('beds:roses'));
	ok $b->shows('body', qr/This topic does not exist yet/), 'no page yet';
	$self->edit("====== Roses ======\n\nThe yellowgage is pruned in March. " .
	    "\x{d6}l & <b>, \x{6f22}\x{5b57}.\n");
	ok $b->shows('#dokuwiki__content', qr/yellowgage is pruned in March/),
	    'a page is written';
	ok $b->shows('#dokuwiki__content',
	    qr/\x{d6}l & <b>, \x{6f22}\x{5b57}\./), 'in any language';
	is $b->url, $self->page('beds:roses'), 'redirected to the page';
	my $long = join '', map { "Row $_ has roses of kind $_.\n\n" } 1 .. 5000;
	$self->edit("\n$long\nThe last row.\n");
	ok $b->shows('#dokuwiki__content', qr/kind 5000.*The last row/s),
	    'edited: ' . length($long) . ' bytes more';
	$b->open_page($self->page('beds:roses') . '&do=revisions');
	$b->get('#page__revisions ul li:nth-child(2)');
	is $b->run('return document.querySelectorAll("#page__revisions ul li")'
	    . '.length'), 2, 'two revisions';
	$self->links('the list of revisions');
	return;
}

# Puts text at the end of what is there, by the form; long text is not
# typed but put in by a script.
sub edit
{
	my ($self, $text) = @_;
	my $b = $self->{browser};

	$b->click('a[href*="do=edit"]');
	$b->get('#wiki__text');
	$b->run('document.querySelector("#wiki__text").value += arguments[0]',
	    $text);
	$b->type('#wiki__text', ' ');
	$b->click('#edbtn__save');
	return;
}

# Uploads a file as the page's script does it, and looks at what has come
# there and back.
sub upload
{
	my ($self, $name, $bytes) = @_;
	my $b = $self->{browser};
	my $n = length $bytes;

	open my $f, '>:raw', "$self->{dir}/$name" or die "$name: $!";
	print $f $bytes;
	close $f;
	$b->open_page($self->page('beds:roses') .
	    '&do=media&ns=beds&tab_files=upload');
	$b->type('#mediamanager__page input[type=file]', "$self->{dir}/$name");
	$b->click('#mediamanager__upload_button');
	$b->get('#mediamanager__page .qq-upload-success');
	ok Portico::slurp($self->{wiki}->dir . "/data/media/beds/$name") eq
	    $bytes, "$n bytes are uploaded";
	is $b->wait_for(<<'END', "$self->{base}/lib/exe/fetch.php?media=beds:$name"),
const r = await fetch(arguments[0]);
const bytes = new Uint8Array(await r.arrayBuffer());
const words = new DataView(bytes.buffer);
let sum = 0;
for (let i = 0; i + 4 <= bytes.length; i += 4)
	sum = (sum + words.getUint32(i)) % 4294967296;
return r.status + ' ' + bytes.length + ' ' + sum;
END
	    join(' ', 200, $n, unpack '%32N*', substr $bytes, 0, $n & ~3),
	    'and downloaded';
	$self->download($name, $bytes);
	return;
}

# The same by a client of another kind.
sub download
{
	my ($self, $name, $bytes) = @_;
	my ($host, $path) = $self->{base} =~ m{^https?://([^/]+)(.*)$};
	my $ask = $self->{ask} // \&ask;
	my $r = $ask->($self->{at}, request("GET $path/lib/exe/fetch.php" .
	    "?media=beds:$name", [ "Host: $host", 'Connection: close' ]));

	ok $r->{body} eq $bytes, 'byte by byte';
	return;
}

sub show_picture
{
	my ($self) = @_;
	my $b = $self->{browser};

	$b->open_page($self->page('beds:picture'));
	$self->edit("A rose: {{beds:rose.png}}\n\n{{beds:seeds.zip|Seeds}}\n");
	my $image = '#dokuwiki__content img[src*="rose.png"]';
	$b->get($image);
	ok until_true(sub { ($b->run('return document.querySelector(' .
	    'arguments[0]).naturalWidth', $image) // 0) == 700 }),
	    'the picture is in a page';
	$self->links('a page with media');
	return;
}

sub search
{
	my ($self) = @_;
	my $b = $self->{browser};

	# A page is indexed by a request of its own, after it was shown.
	$b->open_page($self->page('beds:roses'));
	$b->get('img[src*="taskrunner.php"]');
	ok until_true(sub {
		$b->clear('#dw__search input[name=q]');
		$b->type('#dw__search input[name=q]', 'yellowgage');
		$b->type('#dw__search input[name=q]', { key => 'enter' });
		$b->shows('#dokuwiki__content', qr/Fulltext results/, 2)
	    }, 15), 'a word is found';
	like $b->text('.search_fulltextresult'), qr/Roses|roses/,
	    'in the page that has it';
	$self->links('the list of what was found');
	$b->click('.search_fulltextresult a');
	ok $b->shows('#dokuwiki__content', qr/The last row/),
	    'the link leads there';
	return;
}

sub log_out
{
	my ($self) = @_;
	my $b = $self->{browser};

	ok scalar(grep { $_->{name} =~ /^DW/ } $b->cookies),
	    'a cookie says who it is';
	$b->click('a[href*="do=logout"]');
	ok until_true(sub { $b->find('a[href*="do=login"]') }), 'logged out';
	is scalar(grep { $_->{name} =~ /^DW/ } $b->cookies), 0,
	    'the cookie is gone';
	$b->open_page($self->page('beds:roses') . '&do=edit');
	is $b->find('#edbtn__save'), undef, 'and nobody may write again';
	return;
}

# Every link, picture, script and form of the page stays below the base, or
# goes out to the wide world; nothing in it names the backend.
sub links
{
	my ($self, $page) = @_;
	my ($port) = $self->{wiki}->address =~ /(:\d+)$/;
	my ($links, $html) = @{ $self->{browser}->run(<<'END',
const page = document.documentElement.cloneNode(true);
page.querySelectorAll(arguments[0]).forEach(e => e.remove());
return [ Array.from(page.querySelectorAll('a[href], link[href], img[src], ' +
	'script[src], form[action]'))
	.map(e => new URL(e.getAttribute('href') || e.getAttribute('src') ||
	e.getAttribute('action'), document.baseURI).href)
	.filter(link => /^http/.test(link)), page.outerHTML ];
END
	    $self->{overlook} // 'none') };
	my @ours = grep { m{^\Q$self->{base}\E/} } @$links;
	my @lost = grep { m{^https?://(?:[\d.]+|localhost|wiki\.example)[:/]} &&
	    !m{^\Q$self->{base}\E/} } @$links;

	cmp_ok scalar @ours, '>', 10, "links in $page";
	is "@lost", '', 'all of them lead where it came from';
	ok $html !~ /$port\b/, 'nothing in it names the backend';
	return;
}

# Bytes that do not repeat.
sub noise
{
	my ($self, $n) = @_;

	return substr join('', map { sha512($_) } 0 .. $n / 64), 0, $n;
}

# A PNG picture of n by n points of noise.
sub picture
{
	my ($self, $n) = @_;
	my $points = join '', map { "\0$_" } unpack "(a" . 3 * $n . ")*",
	    $self->noise(3 * $n * $n);
	my $chunk = sub { pack 'Na*N', length($_[0]) - 4, $_[0], crc32($_[0]) };

	return join '', "\x89PNG\r\n\x1a\n",
	    $chunk->(pack 'a4NNC5', 'IHDR', $n, $n, 8, 2, 0, 0, 0),
	    $chunk->('IDAT' . compress($points)), $chunk->('IEND');
}

# What the network saw while the visit lasted.
sub account
{
	my ($self) = @_;
	my $b = $self->{browser};
	my ($port) = $self->{at} =~ /:(\d+)$/;
	my ($backend) = $self->{wiki}->address =~ /(:\d+)$/;
	my @responses = grep { $_->{url} !~ /^data:/ } $b->responses;
	my @files = grep { $_->{url} =~ /\b(?:css|js|jquery)\.php|\.(?:png|svg)$/ }
	    @responses;

	cmp_ok scalar @files, '>', 20, 'files beside the pages';
	is "@{ [ map { \"$_->{status} $_->{url}\" } grep {
	    $_->{status} !~ /^(?:200|302)$/ } @responses ] }",
	    '403 ' . $self->page('start'),
	    'no response is an error, but to the wrong password';
	is "@{ [ map { $_->{url} } grep { ($_->{remotePort} || $port) != $port
	    || index $_->{url}, \"$self->{base}/\" } @responses ] }", '',
	    'all ' . @responses . ' came through Portico';
	is "@{ [ map { $_->{errorText} } grep { !$_->{canceled} }
	    $b->events_of('loadingFailed') ] }", '', 'none failed';
	is join("\n", grep { !/ 403 / } $b->complaints), '',
	    'the console is silent';
	$self->account_heads($backend);
	return;
}

sub account_heads
{
	my ($self, $backend) = @_;
	my @heads = $self->{browser}->heads;
	my @moved = map { $_->{location} // () } @heads;

	cmp_ok scalar @moved, '>=', 5, 'redirects';
	is scalar(grep { m{^/} ? index $_, $self->path . '/' :
	    index $_, "$self->{base}/" } @moved), 0, 'to the wiki, all of them';
	is scalar(grep { join("\n", values %$_) =~ /\Q$backend\E\b/ } @heads),
	    0, 'no field names the backend';
	is scalar(grep { exists $_->{server} } @heads), 0,
	    'or its kind';
	return;
}

sub path
{
	my ($self) = @_;

	return $self->{base} =~ s{^https?://[^/]+}{}r;
}

1;
