/* SPDX-License-Identifier: BSD-2-Clause */
/* Balancing: which of those that may be picked. */
#include "shm/balance.h"

#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "conf/circle.h"
#include "shm/slot.h"

static unsigned by_turn(struct scan *s, const struct pick *p)
{
	(void)p;
	return scan_turn(s);
}

static unsigned by_connections(struct scan *s, const struct pick *p)
{
	(void)p;
	return scan_least(s, NULL, 0);
}

/* Who has not answered yet is taken for average. */
static unsigned by_time(struct scan *s, const struct pick *p)
{
	(void)p;
	return scan_least(s, seats.latency, scan_average(s, seats.latency));
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
static uint32_t below(uint32_t n)
{
	uint64_t x = numbers.state ? numbers.state : 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	numbers.state = x;
	return (uint32_t)(((x * 0x2545f4914f6cdd1du) >> 32) * n >> 32);
}

/* The less loaded of two; the first one if both are alike, so that the shares
 * decide while there is little to do. */
static unsigned by_chance(struct scan *s, const struct pick *p)
{
	uint32_t shares, loads;

	(void)p;
	scan_sums(s, &shares, &loads);
	unsigned a = scan_find(s, below(shares));
	uint32_t share = s->share[a];
	if (shares == share)
		return a;
	s->share[a] = 0;
	unsigned b = scan_find(s, below(shares - share));
	return (uint64_t)s->load[b] * share
	    < (uint64_t)s->load[a] * s->share[b] ? b : a;
}

/* ---- hash ---- */

/* In flight at most: 5/4 of its share, rounded up. */
static bool is_below_bound(const struct scan *s, unsigned i, uint64_t loads,
    uint64_t shares)
{
	uint64_t part = 5 * (loads + 1) * s->share[i];

	return s->share[i] && s->load[i] < (part + 4 * shares - 1)
	    / (4 * shares);
}

static unsigned by_hash(struct scan *s, const struct pick *p)
{
	const struct conf_pool *pool = s->pool;

	if (p == NULL || !p->hashed || pool->npoints == 0)
		return scan_turn(s);
	uint32_t loads, shares;
	scan_sums(s, &shares, &loads);
	unsigned at = circle_find(pool, (uint32_t)p->hash);
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
