# SPDX-License-Identifier: BSD-2-Clause
# A worker that dies when the lines of a request are written, and the row does
# not say so yet: each log has one line, not two and not none.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
BEGIN {
	$ENV{PORTICO} = $ENV{PORTICO_FAULT_BIN}
	    if defined $ENV{PORTICO_FAULT_BIN};
}
use Test::More;
use Backend qw(plain);
use Client qw(request until_true);
use Portico;

plan skip_all => 'PORTICO_FAULT_BIN names no build with --enable-fault'
    if !defined $ENV{PORTICO_FAULT_BIN};

my $b = Backend->new(plain('hello'));
my $at = $b->address;

for my $passed (0, 7) {
	local $ENV{PORTICO_FAULT} = "line_written:$passed";
	my $p = Portico->start(qq{
	access_log = ( { to = "\@dir\@/a"; }, { to = "\@dir\@/b";
	    format = "json"; }, { to = "\@dir\@/c"; format = "{target}"; } );
	listeners = { http = { address = "\@http\@"; }; };
	pools = { app = { backends = [ "$at" ]; }; };
	});
	my $c = Client->new($p->address('http'));
	my $answered = 0;

	for (1 .. 20) {
		$c->send(request("GET /r$_."));
		$answered += ($c->final // {})->{status} == 200;
	}
	is $answered, 20, "a death at the line after $passed: all answered";
	ok $p->logged(qr/fault: line_written reached/, 5),
	    'a worker died there';
	$p->quit;
	for my $log (qw(a b c)) {
		my $text = Portico::slurp($p->dir . "/$log");
		is_deeply [ grep { (() = $text =~ m{/r$_\.}g) != 1 }
		    1 .. 20 ], [], "$log: one line for each request";
	}
}
done_testing;
