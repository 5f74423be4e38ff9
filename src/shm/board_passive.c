/* SPDX-License-Identifier: BSD-2-Clause */
/* The board: passive checks, and what attempts have taken. */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/board.h"
#include "shm/pool.h"
#include "shm/seats.h"

#define EJECTIONS_MOST 10

static uint32_t get32(const _Atomic uint32_t *at)
{
	return atomic_load_explicit(at, memory_order_relaxed);
}

static uint64_t get64(const _Atomic uint64_t *at)
{
	return atomic_load_explicit(at, memory_order_relaxed);
}

static void set32(_Atomic uint32_t *at, uint32_t to)
{
	atomic_store_explicit(at, to, memory_order_relaxed);
}

static void set64(_Atomic uint64_t *at, uint64_t to)
{
	atomic_store_explicit(at, to, memory_order_relaxed);
}

/* Of those that have an address: a name may have more members than it has
 * addresses. */
static bool may_eject_more(const struct conf_pool *pool, uint64_t now)
{
	unsigned n = 0, ejected = 0;

	for (unsigned i = 0; i < pool->nbackends; i++) {
		const struct conf_backend *b = &pool->backends[i];
		const struct board_row *row = board_of(b);
		n += b->lookup.n == 0 || get32(&row->has_address);
		ejected += get64(&row->ejected_until) > now;
	}
	return ejected < (uint64_t)n * pool->passive.max_ejected / 100;
}

static void eject(const struct conf_pool *pool, struct board_row *row,
    uint64_t now)
{
	uint32_t times = get32(&row->ejections) + 1;

	if (times > EJECTIONS_MOST)
		times = EJECTIONS_MOST;
	uint64_t until = now + (uint64_t)pool->passive.eject * times;
	set32(&row->ejections, times);
	/* one more failure, then, and it is ejected again */
	set32(&row->failures, pool->passive.failures - 1);
	set64(&row->failed_at, until);
	set64(&row->ejected_until, until);
}

static bool count_failure(const struct conf_pool *pool, struct board_row *row,
    uint64_t now)
{
	uint32_t n = get32(&row->failures);
	uint64_t first = get64(&row->failed_at);

	if (get64(&row->ejected_until) > now)
		return false;
	if (n == 0 || (now > first && now - first > pool->passive.window)) {
		set64(&row->failed_at, now);
		n = 0;
	}
	if (n < pool->passive.failures)
		set32(&row->failures, ++n);
	if (n < pool->passive.failures || !may_eject_more(pool, now))
		return false;
	eject(pool, row, now);
	return true;
}

bool board_failure(const struct conf_backend *b, uint64_t now,
    bool unreachable, const char *why)
{
	const struct conf_pool *pool = &seats.conf->pools[b->pool];
	char text[BOARD_WHY];

	if (pool->passive.failures == 0)
		return false;
	pool_lock(pool);
	set32(&board_of(b)->unreachable, unreachable);
	bool ejected = count_failure(pool, board_of(b), now);
	pool_unlock(pool);
	if (ejected) {
		snprintf(text, sizeof text, "ejected: %s", why ? why : "");
		board_say_why(b, text);
	}
	return ejected;
}

/* The row is hot for all workers: it is written only if there is something to
 * forget. What was under way when it was ejected proves nothing. */
void board_success(const struct conf_backend *b)
{
	struct board_row *row = board_of(b);

	if ((get32(&row->failures) | get32(&row->ejections)) == 0)
		return;
	if (get64(&row->ejected_until) > clock_ms())
		return;
	set32(&row->failures, 0);
	set32(&row->ejections, 0);
}

/* Two for each power of 2: the next lower bit says which. */
static unsigned bucket_of(uint64_t us)
{
	if (us < 2)
		return (unsigned)us;
	unsigned log = 63 - (unsigned)__builtin_clzll(us);
	unsigned n = 2 * log + (unsigned)(us >> (log - 1) & 1);
	return n < BOARD_BUCKETS ? n : BOARD_BUCKETS - 1;
}

/* Above all that the bucket counts. */
static uint64_t end_of(unsigned bucket)
{
	if (bucket < 2)
		return bucket + 1;
	uint64_t half = (uint64_t)1 << (bucket / 2 - 1);
	return (bucket & 1) ? half * 4 : half * 3;
}

static void average(_Atomic uint32_t *at, uint32_t us)
{
	uint32_t old = get32(at);

	if (old == 0)
		set32(at, us ? us : 1);
	else
		set32(at, (uint32_t)(((uint64_t)old * 7 + us + 4) / 8));
}

void board_latency(const struct conf_backend *b, uint64_t us)
{
	struct board_row *row = board_of(b);
	uint32_t n = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;

	average(&row->latency, n);
	average(&seats.latency[b->index], n);
	atomic_fetch_add_explicit(&row->latencies[bucket_of(us)], 1,
	    memory_order_relaxed);
}

uint64_t board_percentile(const struct board_row *row, unsigned share)
{
	uint32_t count[BOARD_BUCKETS];
	uint64_t sum = 0, below = 0;

	for (unsigned i = 0; i < BOARD_BUCKETS; i++)
		sum += count[i] = get32(&row->latencies[i]);
	for (unsigned i = 0; i < BOARD_BUCKETS && sum; i++) {
		below += count[i];
		if (below * 100 >= sum * share && below)
			return end_of(i);
	}
	return 0;
}
