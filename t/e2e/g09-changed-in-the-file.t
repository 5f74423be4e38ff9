# SPDX-License-Identifier: BSD-2-Clause
# Backends are drained, added, removed, renamed and moved in the file while
# clients are busy: nobody fails, a POST as little as a GET.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Beside qw(side_by_side);
use Failover;
use Time::HiRes qw(sleep time);

# One reload, half a second after the beginning. Returns outcome, scene, when.
sub trial
{
	my ($what, $code) = @_;
	my $f = Failover->new(what => $what, pool => $Failover::HEALTH);
	my $r = $f->under_load(3, sub {
		sleep 0.5;
		$code->($f);
		$f->{since} = time;
	}, '-r', 40);

	$r->judge($what, $f->{since});
	$r->posts_failed($what, 0);
	return ($r, $f);
}

# Kept connections end in the generation in which they began.
sub last_asked
{
	my ($what, $r, $f, $name) = @_;
	my @late = $r->from($name, $f->{since});

	note sprintf '    %d requests for it after the reload, ' .
	    'the last after %.0f ms', scalar @late,
	    @late ? 1000 * ($late[-1]{start} - $f->{since}) : 0;
	is scalar($r->from($name, $f->{since} + 1)), 0,
	    "$what: not asked any more";
	return;
}

sub first_asked
{
	my ($what, $r, $f, $name) = @_;
	my @asked = $r->from($name, $f->{since});

	ok scalar @asked, "$what: asked" or return;
	note sprintf '    asked after %.0f ms',
	    1000 * ($asked[0]{start} - $f->{since});
	return;
}

sub out
{
	my ($state) = @_;
	my ($r, $f) = trial($state, sub {
		$_[0]->reload(of => { b => qq{state = "$state";} }) });

	last_asked($state, $r, $f, 'b');
	$f->told($state, qr{app/b is (?:draining|down).*2 of 3});
	$f->ends_clean;
	return;
}

sub added
{
	my ($r, $f) = trial('added', sub {
		$_[0]->add('d');
		$_[0]->reload(names => [ qw(a b c d) ]);
	});

	first_asked('added', $r, $f, 'd');
	$f->ends_clean;
	return;
}

# Who removes a backend may end it once its requests are through.
sub removed
{
	my ($r, $f) = trial('removed', sub {
		my ($f) = @_;

		$f->reload(names => [ qw(a c) ]);
		sleep 1;
		$f->backend('b')->kill;
	});

	is scalar($r->from('b', $f->{since})), 0, 'removed: not asked any more';
	$f->ends_clean;
	return;
}

sub renamed
{
	my ($r, $f) = trial('renamed', sub {
		$_[0]->reload(written => { b => 'bee' }) });

	first_asked('renamed', $r, $f, 'b');
	$f->ends_clean;
	return;
}

sub moved
{
	my ($r, $f) = trial('moved', sub {
		my ($f) = @_;

		$f->{old} = $f->backend('b');
		$f->{at}{b} = Faulty->new(name => 'moved',
		    record => $f->{posts});
		$f->reload;
	});

	first_asked('moved', $r, $f, 'moved');
	last_asked('moved', $r, $f, 'b');
	$f->ends_clean;
	return;
}

sub all_at_once
{
	my ($r, $f) = trial('all at once, eight times', sub {
		my ($f) = @_;
		my @changes = ({ names => [ qw(a c) ] }, {},
		    { written => { a => 'c', c => 'a' } },
		    { of => { b => 'weight = 7;', c => 'state = "drain";' } });

		$f->reload(%{ $changes[$_ % 4] }) for 1 .. 8;
	});

	$f->ends_clean;
	return;
}

side_by_side(4, sub { out('drain') }, sub { out('down') }, \&added,
    \&removed, \&renamed, \&moved, \&all_at_once);
done_testing;
