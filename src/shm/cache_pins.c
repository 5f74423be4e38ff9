/* SPDX-License-Identifier: BSD-2-Clause */
/* Pins: who looks at an entry, and when one that is condemned can be freed. */
#include "base/fault.h"
#include "base/log.h"
#include "shm/board.h"
#include "shm/cache_layout.h"
#include "shm/lobby.h"
#include "shm/slot.h"

#define OLDER_MOST SLOTS /* a family has a slot at least */
#define AT_ONCE 200u     /* freed under one lock */
#define BATCH 64u        /* of a shard's units one in so many */

static const struct lobby *older[OLDER_MOST];
static unsigned nolder;

void cache_add_older(const struct lobby *l)
{
	MUST(nolder < OLDER_MOST);
	older[nolder++] = l;
}

void cache_pin_row(uint32_t row, uint32_t n)
{
	atomic_store_explicit(&lobby.pins[row], n, memory_order_release);
}

/* ---- A scan ---- */

/* Of several scans at a time the last number stays. */
static void see(uint32_t n, uint64_t scan)
{
	if (n == 0 || n > cache.nentries)
		return;
	_Atomic uint64_t *seen = &cache_entry(n)->seen;
	uint64_t old = atomic_load_explicit(seen, memory_order_relaxed);
	while (old < scan && !atomic_compare_exchange_weak(seen, &old, scan))
		;
}

static void see_rows(const struct lobby *l, uint64_t scan)
{
	uint32_t top = atomic_load(&l->head->top);

	for (uint32_t i = 0; i < top && i < l->nrows; i++)
		see(atomic_load_explicit(&l->pins[i], memory_order_acquire),
		    scan);
}

/* Families that are gone have no pins. */
static void see_older(uint64_t scan)
{
	for (unsigned i = nolder; i-- > 0; ) {
		if (atomic_load(&older[i]->head->over))
			older[i] = older[--nolder];
		else
			see_rows(older[i], scan);
	}
}

/* Rows of newer families are not seen from here. */
static bool is_newest(void)
{
	return board.head == NULL || atomic_load(&board.head->newest)
	    == atomic_load(&slot_self->generation);
}

/* Slots first: a pin moves from there to a row. */
uint64_t cache_scan(void)
{
	uint64_t scan = atomic_fetch_add(&cache.head->scans, 1) + 1;

	for (unsigned i = 0; i < SLOTS; i++)
		see(atomic_load(&slots.at[i].pin), scan);
	FAULT(cache_scanned);
	if (lobby.head)
		see_rows(&lobby, scan);
	see_older(scan);
	return is_newest() ? scan : 0;
}

/* ---- Freeing ---- */

/* Those who share a body stand in a row, the older ones first; the last that
 * is freed takes it along. */
static void free_body(struct cache_shard *sh, struct entry *e)
{
	uint32_t lender = e->instead, heir = e->heir, body = e->body;

	if (lender)
		cache_entry(lender)->heir = heir;
	if (heir)
		atomic_store_explicit(&cache_entry(heir)->instead, lender,
		    memory_order_relaxed);
	else if (lender)
		cache_reckon(sh, lender, cache_entry(lender)->units
		    + cache_blocks_units(body));
	else
		cache_blocks_free(sh, body);
}

static void free_entry(struct cache_shard *sh, uint32_t n)
{
	struct entry *e = cache_entry(n);
	uint64_t w = atomic_load_explicit(&e->word, memory_order_relaxed);
	uint32_t first = e->first;

	cache_queue_remove(sh, n);
	atomic_store(&e->word, ((w >> 32) + 1) << 32 | ENTRY_FREE);
	FAULT(cache_freed);
	free_body(sh, e);
	cache_blocks_free(sh, first);
	e->after = sh->free_entry;
	sh->free_entry = n;
}

static bool may_go(const struct entry *e, uint64_t scan)
{
	return e->row == 0 && e->scan < scan && atomic_load(&e->seen) < scan;
}

/* Returns how many; AT_ONCE: there may be more. */
static uint32_t free_some(unsigned shard, uint64_t scan)
{
	struct cache_shard *sh = cache_lock(shard);
	uint32_t n = sh->queue[QUEUE_CONDEMNED].last, freed = 0, stuck = 0;

	while (n && freed < AT_ONCE) {
		const struct entry *e = cache_entry(n);
		uint32_t before = e->before;
		if (may_go(e, scan)) {
			free_entry(sh, n);
			freed++;
		} else if (e->scan < scan) {
			stuck += e->units;
		}
		n = before;
	}
	sh->stuck = stuck;
	cache_unlock(sh);
	return freed;
}

bool cache_free_condemned(unsigned shard, uint64_t scan)
{
	uint32_t freed = scan ? free_some(shard, scan) : 0, more = freed;

	while (more == AT_ONCE)
		more = free_some(shard, scan);
	return freed != 0;
}

/* Where all that is condemned is stuck the scan says so, and who tries again
 * has more condemned. An older family, which may not free, does not empty the
 * cache for nothing. */
void cache_make_room(unsigned shard, uint32_t units)
{
	uint32_t batch = cache.shape.units / BATCH;
	struct cache_shard *sh = cache_lock(shard);

	cache_evict(sh, units > batch ? units : batch);
	cache_unlock(sh);
	cache_free_condemned(shard, cache_scan());
}
