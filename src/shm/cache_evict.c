/* SPDX-License-Identifier: BSD-2-Clause */
/* What the cache keeps: two queues and a memory of what has left (S3-FIFO). */
#include "base/fault.h"
#include "base/log.h"
#include "shm/cache_layout.h"

#define SMALL_PART 10u  /* of all units one in so many is SMALL's */
#define WAYS 4u
#define STEPS 200u      /* looked at in search of one victim */
#define WORTH 2u        /* hits in SMALL that lead to MAIN */

/* ---- Queues ---- */

void cache_queue_push(struct cache_shard *sh, enum cache_queue q, uint32_t n)
{
	struct cache_list *l = &sh->queue[q];
	struct entry *e = cache_entry(n);

	e->before = 0;
	e->after = l->first;
	if (l->first)
		cache_entry(l->first)->before = n;
	else
		l->last = n;
	l->first = n;
	l->n++;
	l->units += e->units;
	e->queue = (uint8_t)q;
}

void cache_queue_remove(struct cache_shard *sh, uint32_t n)
{
	struct entry *e = cache_entry(n);
	struct cache_list *l = &sh->queue[e->queue];

	if (e->before)
		cache_entry(e->before)->after = e->after;
	else
		l->first = e->after;
	if (e->after)
		cache_entry(e->after)->before = e->before;
	else
		l->last = e->before;
	l->n--;
	l->units -= e->units;
	e->queue = QUEUE_NONE;
}

void cache_reckon(struct cache_shard *sh, uint32_t n, uint32_t units)
{
	struct entry *e = cache_entry(n);

	sh->queue[e->queue].units += units - e->units;
	e->units = units;
}

/* ---- What has left ---- */

static struct cache_ghost *ghosts_of(const struct cache_shard *sh,
    uint64_t hash)
{
	uint32_t sets = cache.shape.buckets / WAYS;

	return &cache.ghost[(size_t)cache_number(sh) * cache.shape.buckets
	    + ((uint32_t)hash & (sets - 1)) * WAYS];
}

static uint32_t ghost_mark(uint64_t hash)
{
	return (uint32_t)(hash >> 24) | 1;
}

static void ghost_add(struct cache_shard *sh, const struct entry *e)
{
	struct cache_ghost *g = ghosts_of(sh, e->hash), *oldest = g;

	for (unsigned i = 1; i < WAYS; i++)
		if (sh->ghost_clock - g[i].at > sh->ghost_clock - oldest->at)
			oldest = &g[i];
	sh->ghost_clock += e->units;
	*oldest = (struct cache_ghost){ghost_mark(e->hash), sh->ghost_clock};
}

/* It is remembered while as much left after it as the cache holds. */
static bool ghost_take(struct cache_shard *sh, uint64_t hash)
{
	struct cache_ghost *g = ghosts_of(sh, hash);

	for (unsigned i = 0; i < WAYS; i++)
		if (g[i].mark == ghost_mark(hash)) {
			g[i].mark = 0;
			return sh->ghost_clock - g[i].at <= cache.shape.units;
		}
	return false;
}

void cache_queue_live(struct cache_shard *sh, uint32_t n)
{
	cache_queue_push(sh, ghost_take(sh, cache_entry(n)->hash) ? QUEUE_MAIN
	    : QUEUE_SMALL, n);
}

/* ---- Victims ---- */

static uint8_t used(const struct entry *e)
{
	return atomic_load_explicit(&e->used, memory_order_relaxed);
}

static void move(struct cache_shard *sh, uint32_t n, enum cache_queue q,
    uint8_t uses)
{
	atomic_store_explicit(&cache_entry(n)->used, uses,
	    memory_order_relaxed);
	cache_queue_remove(sh, n);
	cache_queue_push(sh, q, n);
}

static bool small_is_due(const struct cache_shard *sh)
{
	const struct cache_list *small = &sh->queue[QUEUE_SMALL];
	const struct cache_list *main = &sh->queue[QUEUE_MAIN];

	return small->last && (main->last == 0 || small->units
	    >= (small->units + main->units) / SMALL_PART);
}

/* The oldest of one queue: 0 if it is spared for now. */
static uint32_t look_at_oldest(struct cache_shard *sh, bool spare)
{
	bool small = small_is_due(sh);
	uint32_t n = sh->queue[small ? QUEUE_SMALL : QUEUE_MAIN].last;
	const struct entry *e = cache_entry(n);

	if (small && spare && used(e) >= WORTH) {
		move(sh, n, QUEUE_MAIN, 0);
		return 0;
	}
	if (!small && spare && used(e) > 0) {
		move(sh, n, QUEUE_MAIN, (uint8_t)(used(e) - 1));
		return 0;
	}
	if (small)
		ghost_add(sh, e);
	return n;
}

/* 0: there is nothing that could go. */
static uint32_t find_victim(struct cache_shard *sh)
{
	uint32_t n = 0;

	for (unsigned i = 0; n == 0; i++) {
		if (sh->queue[QUEUE_SMALL].last == 0
		    && sh->queue[QUEUE_MAIN].last == 0)
			return 0;
		n = look_at_oldest(sh, i < STEPS);
	}
	return n;
}

void cache_condemn_locked(struct cache_shard *sh, uint32_t n)
{
	struct entry *e = cache_entry(n);

	cache_set_state(n, ENTRY_CONDEMNED);
	FAULT(cache_condemned);
	cache_index_remove(sh, n);
	e->scan = atomic_load(&cache.head->scans);
	cache_queue_remove(sh, n);
	cache_queue_push(sh, QUEUE_CONDEMNED, n);
}

void cache_evict(struct cache_shard *sh, uint32_t units)
{
	while (sh->queue[QUEUE_CONDEMNED].units < units + sh->stuck) {
		uint32_t n = find_victim(sh);
		if (n == 0)
			return;
		cache_condemn_locked(sh, n);
		atomic_fetch_add_explicit(&cache.head->evicted, 1,
		    memory_order_relaxed);
	}
}
