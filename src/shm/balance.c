/* SPDX-License-Identifier: BSD-2-Clause */
/* Balancing: which of those that may be picked. */
#include "shm/balance.h"

#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/slot.h"

static unsigned by_turn(struct scan *s, const struct pick *p)
{
	(void)p;
	return scan_turn(s);
}

/* Equal ones in turn. */
static unsigned by_connections(struct scan *s, const struct pick *p)
{
	(void)p;
	scan_least(s, NULL);
	return scan_turn(s);
}

/* ---- least-time ---- */

/* Who has not answered yet is taken for average. */
static unsigned by_time(struct scan *s, const struct pick *p)
{
	static _Thread_local uint32_t latency[SCAN_MOST];
	uint64_t sum = 0;
	unsigned known = 0;

	(void)p;
	for (unsigned i = 0; i < s->n; i++) {
		uint32_t us = atomic_load_explicit(
		    &seats.latency[s->first + i], memory_order_relaxed);
		latency[i] = us;
		known += s->open_share[i] && us;
		sum += s->open_share[i] ? us : 0;
	}
	uint32_t average = known ? (uint32_t)(sum / known) : 1;
	for (unsigned i = 0; i < s->n; i++)
		if (latency[i] == 0)
			latency[i] = average ? average : 1;
	scan_least(s, latency);
	return scan_turn(s);
}

/* ---- random ---- */

static _Thread_local struct {
	uint64_t state;
	unsigned slot; /* a process has its parent's numbers else */
} numbers;

void balance_prepare(const struct conf_pool *pool)
{
	if (pool->balance != BALANCE_RANDOM
	    || (numbers.state && numbers.slot == slot_me))
		return;
	if (getrandom(&numbers.state, sizeof numbers.state, GRND_NONBLOCK)
	    != sizeof numbers.state)
		numbers.state = clock_us() ^ (uint64_t)slot_me << 48;
	numbers.state |= 1;
	numbers.slot = slot_me;
}

/* Marsaglia's xorshift, with a multiplication for the lower bits. */
static uint64_t below(uint64_t n)
{
	uint64_t x = numbers.state ? numbers.state : 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	numbers.state = x;
	return ((x * 0x2545f4914f6cdd1du) >> 32) * n >> 32;
}

static unsigned draw(const struct scan *s, uint64_t sum)
{
	uint64_t at = below(sum);
	unsigned last = 0;

	for (unsigned i = 0; i < s->n; i++) {
		if (s->open_share[i] == 0)
			continue;
		last = i;
		if (at < s->open_share[i])
			break;
		at -= s->open_share[i];
	}
	return last;
}

/* The less loaded of two; the first one if both are alike, so that the shares
 * decide while there is little to do. */
static unsigned by_chance(struct scan *s, const struct pick *p)
{
	uint64_t sum = scan_shares(s);
	unsigned a = draw(s, sum);
	uint32_t share = s->open_share[a];

	(void)p;
	if (sum == share)
		return a;
	s->open_share[a] = 0;
	unsigned b = draw(s, sum - share);
	s->open_share[a] = share;
	return (uint64_t)s->load[b] * share
	    < (uint64_t)s->load[a] * s->open_share[b] ? b : a;
}

/* ---- hash ---- */

/* The first point at or behind that place. */
static unsigned find_point(const struct conf_pool *pool, uint32_t at)
{
	unsigned low = 0, high = pool->npoints;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (pool->points[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < pool->npoints ? low : 0;
}

/* In flight at most: 5/4 of its share, rounded up. */
static bool is_below_bound(const struct scan *s, unsigned i, uint64_t loads,
    uint64_t shares)
{
	uint64_t part = 5 * (loads + 1) * s->open_share[i];

	return s->open_share[i] && s->load[i] < (part + 4 * shares - 1)
	    / (4 * shares);
}

static unsigned by_hash(struct scan *s, const struct pick *p)
{
	const struct conf_pool *pool = s->pool;

	if (p == NULL || !p->hashed || pool->npoints == 0)
		return scan_turn(s);
	uint64_t loads = scan_loads(s), shares = scan_shares(s);
	unsigned at = find_point(pool, (uint32_t)p->hash);
	for (unsigned i = 0; i < pool->npoints; i++) {
		unsigned backend = pool->points[at].backend;
		if (backend < s->n && is_below_bound(s, backend, loads,
		    shares))
			return backend;
		at = at + 1 < pool->npoints ? at + 1 : 0;
	}
	return by_connections(s, p);
}

unsigned balance_choose(struct scan *s, const struct pick *p)
{
	static unsigned (*const by[])(struct scan *, const struct pick *) = {
		[BALANCE_ROUND_ROBIN] = by_turn,
		[BALANCE_LEAST_CONNECTIONS] = by_connections,
		[BALANCE_LEAST_TIME] = by_time,
		[BALANCE_RANDOM] = by_chance,
		[BALANCE_HASH] = by_hash,
	};

	MUST(s->open);
	return by[s->pool->balance](s, p);
}
