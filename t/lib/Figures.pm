# SPDX-License-Identifier: BSD-2-Clause
# Records of a status, as a master would report them.
package Figures;
use strict;
use warnings;
use Exporter 'import';
use FakeMaster qw(record whole);

our @EXPORT_OK = qw(backend pool status);

my @counters = qw(in_flight idle rate_x10 attempts retries ok errors_5xx
    connect_errors timeouts resets bad_answers checks checks_failed p50_us
    p95_us since);

# backend('app/one', state => 'down', in_flight => 3): the rest is usual.
sub backend
{
	my ($name, %is) = @_;
	my ($pool, $own) = split m{/}, $name, 2;

	return record('backend', "pool=$pool", "name=$own",
	    'address=' . ($is{address} // '10.0.0.1:80'),
	    'state=' . ($is{state} // 'up'),
	    'order=' . ($is{order} // 'none'), 'weight:=' . ($is{weight} // 1),
	    'file_weight:=' . ($is{file_weight} // $is{weight} // 1),
	    'max_connections:=' . ($is{max_connections} // 0),
	    'backup:=' . ($is{backup} // 0), 'added:=' . ($is{added} // 0),
	    (map { "$_:=" . ($is{$_} // 0) } @counters),
	    'why=' . ($is{why} // ''));
}

sub pool
{
	my ($name, %is) = @_;

	return record('pool', "name=$name",
	    'balance=' . ($is{balance} // 'round-robin'),
	    (map { "$_:=" . ($is{$_} // 0) } qw(up backends in_flight queued
		queue_length)), 'fallback=' . ($is{fallback} // ''));
}

# A whole answer with these pools and backends.
sub status
{
	my (@records) = @_;

	return whole(record(qw(master pid:=4711 version=1.2.3 generation:=3
	    uptime_ms:=11104000 file=/etc/p.conf control=/run/p.sock
	    reloading:=0 changes:=1)),
	    record(qw(generation number:=2 state=draining workers:=4
		connections:=3)),
	    record(qw(generation number:=3 state=running workers:=4
		connections:=120)),
	    record(qw(process pid:=9 role=steward number:=0 generation:=3
		state=live)),
	    (map { record('process', 'pid:=' . (20 + $_), 'role=worker',
		"number:=$_", 'generation:=3', 'state=live') } 0 .. 3),
	    record(qw(process pid:=30 role=worker number:=4 generation:=2
		state=dead)), @records);
}

1;
