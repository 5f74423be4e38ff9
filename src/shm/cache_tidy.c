/* SPDX-License-Identifier: BSD-2-Clause */
/* The steward's part of the cache: room in time, and what the dead held. */
#include "base/log.h"
#include "shm/cache_layout.h"
#include "shm/lobby.h"
#include "shm/slot.h"

#define FREE_PART 50u    /* of the units one in so many is kept free */
#define TIDY_MS 500u
#define TIDY_SOON_MS 10u /* while there is something to free ... */
#define TIDY_LATER_MS 100u /* ... but somebody has it still */
#define WAKE_FEW 3
#define AT_ONCE 64u      /* found under one lock */

/* ---- What rows fill that are no more ---- */

struct filler {
	uint32_t family, row, serial;
};

/* A serial of a row; of one that is gone it is another. */
static bool is_over(const struct entry *e, const struct filler *f)
{
	uint32_t row = e->row;

	if (row == 0 || e->family != f->family)
		return false;
	if (f->row)
		return row == f->row && e->serial == f->serial;
	if (lobby.head == NULL || f->serial)
		return true;
	return row >= lobby.nrows || conn_serial(lobby_get(row)) != e->serial
	    || word_state(conn_word(lobby_get(row))) == CONN_FREE;
}

static unsigned find_over(struct cache_shard *sh, const struct filler *f,
    uint32_t keep, uint32_t *found)
{
	static const enum cache_queue where[] = {QUEUE_BUSY, QUEUE_CONDEMNED};
	unsigned count = 0;

	for (unsigned q = 0; q < 2; q++)
		for (uint32_t n = sh->queue[where[q]].first;
		    n && count < AT_ONCE; n = cache_entry(n)->after)
			if (n != keep && is_over(cache_entry(n), f))
				found[count++] = n;
	return count;
}

/* Some of a shard, under the lock under which they were found: behind it their
 * numbers may be another's. Returns how many. */
static unsigned abandon_some(unsigned shard, const struct filler *f,
    uint32_t keep)
{
	uint32_t found[AT_ONCE];
	struct cache_shard *sh = cache_lock(shard);
	unsigned count = find_over(sh, f, keep, found);

	for (unsigned i = 0; i < count; i++)
		cache_abandon_locked(sh, found[i]);
	cache_unlock(sh);
	for (unsigned i = 0; i < count; i++)
		if (atomic_load(&cache_entry(found[i])->awaited))
			cache_wake(found[i], WAKE_FEW);
	return count;
}

/* row 0: all that are no more, or, with a serial, all of the family. */
static void abandon_all(const struct filler *f, uint32_t keep)
{
	for (unsigned i = 0; i < cache.shape.shards; i++)
		while (abandon_some(i, f, keep) == AT_ONCE)
			;
}

bool cache_is_filled_by(uint32_t n, uint32_t row, uint32_t serial)
{
	if (n == 0 || n > cache.nentries)
		return false;
	struct cache_shard *sh = cache_lock(cache_shard_of(n));
	const struct entry *e = cache_entry(n);
	bool mine = e->row == row && e->serial == serial
	    && e->family == atomic_load(&slot_self->generation);
	cache_unlock(sh);
	return mine;
}

void cache_settle_row(uint32_t row, uint32_t serial, uint32_t keep,
    uint32_t entry)
{
	struct filler f = {atomic_load(&slot_self->generation), row, serial};

	if (cache.head == NULL)
		return;
	if (row)
		abandon_all(&f, keep);
	cache_pin_row(row, entry);
}

void cache_settle_family(uint32_t family)
{
	struct filler f = {family, 0, 1};

	if (cache.head)
		abandon_all(&f, 0);
}

void cache_settle_locks(unsigned slot)
{
	for (unsigned i = 0; cache.head && i < cache.shape.shards; i++)
		if (lock_is_of(&cache.shard[i].lock, slot))
			cache_unlock(cache_lock(i));
}

static void visit_fills(struct cache_shard *sh, enum cache_queue q,
    cache_visit_fill *visit, void *arg)
{
	for (uint32_t n = sh->queue[q].first; n; n = cache_entry(n)->after)
		if (cache_entry(n)->row)
			visit(cache_entry(n)->family, arg);
}

void cache_walk_fills(cache_visit_fill *visit, void *arg)
{
	for (unsigned i = 0; cache.head && i < cache.shape.shards; i++) {
		struct cache_shard *sh = cache_lock(i);
		visit_fills(sh, QUEUE_BUSY, visit, arg);
		visit_fills(sh, QUEUE_CONDEMNED, visit, arg);
		cache_unlock(sh);
	}
}

/* ---- Room in time ---- */

/* Condemns as much as is to be free. Whether there is something to free. */
static bool make_ready(unsigned shard)
{
	struct cache_shard *sh = cache_lock(shard);
	uint32_t want = cache.shape.units / FREE_PART;
	uint32_t entries = cache_first_entry(shard) + cache.shape.entries
	    - sh->fresh_entry;

	if (sh->free_units < want)
		cache_evict(sh, want - sh->free_units);
	else if (entries < cache.shape.entries / FREE_PART
	    && sh->free_entry == 0)
		cache_evict(sh, want);
	bool some = sh->queue[QUEUE_CONDEMNED].n != 0;
	cache_unlock(sh);
	return some;
}

uint64_t cache_tidy(uint64_t now)
{
	struct filler gone = {atomic_load(&slot_self->generation), 0, 0};
	bool some = false, freed = false;

	if (cache.head == NULL)
		return UINT64_MAX;
	abandon_all(&gone, 0);
	for (unsigned i = 0; i < cache.shape.shards; i++)
		some |= make_ready(i);
	uint64_t scan = some ? cache_scan() : 0;
	for (unsigned i = 0; scan && i < cache.shape.shards; i++)
		freed |= cache_free_condemned(i, scan);
	return now + (freed ? TIDY_SOON_MS : some ? TIDY_LATER_MS : TIDY_MS);
}

/* ---- A look at all ---- */

static uint32_t end_of_used(unsigned shard)
{
	struct cache_shard *sh = cache_lock(shard);
	uint32_t end = sh->fresh_entry;

	cache_unlock(sh);
	return end;
}

static void visit_one(uint32_t n, cache_visit *visit, void *arg)
{
	uint64_t w = atomic_load(&cache_entry(n)->word);

	if (word_of_state(w) != ENTRY_LIVE || !cache_pin(n, w))
		return;
	if (cache_state(n) == ENTRY_LIVE)
		visit(n, arg);
	cache_unpin();
}

bool cache_walk(uint32_t *at, unsigned most, cache_visit *visit, void *arg)
{
	uint32_t n = *at ? *at : 1;

	while (n <= cache.nentries && most) {
		unsigned shard = cache_shard_of(n);
		uint32_t end = end_of_used(shard);
		for (; n < end && most; n++, most--)
			visit_one(n, visit, arg);
		if (n >= end)
			n = cache_first_entry(shard + 1);
	}
	*at = n > cache.nentries ? 0 : n;
	return *at == 0;
}

void cache_figures(struct cache_figures *to)
{
	*to = (struct cache_figures){0};
	if (cache.head == NULL)
		return;
	for (unsigned i = 0; i < cache.shape.shards; i++) {
		struct cache_shard *sh = cache_lock(i);
		to->bytes += (uint64_t)cache.shape.units * CACHE_UNIT;
		to->used += (uint64_t)(cache.shape.units - sh->free_units)
		    * CACHE_UNIT;
		to->live += sh->queue[QUEUE_SMALL].n + sh->queue[QUEUE_MAIN].n;
		to->busy += sh->queue[QUEUE_BUSY].n;
		to->condemned += sh->queue[QUEUE_CONDEMNED].n;
		cache_unlock(sh);
	}
	to->entries = cache.nentries;
	to->evicted = atomic_load(&cache.head->evicted);
	to->refused = atomic_load(&cache.head->refused);
	to->damaged = atomic_load(&cache.head->damaged);
}
