/* SPDX-License-Identifier: BSD-2-Clause */
/* A shard that is made anew from those of its entries that are whole. */
#include "base/log.h"
#include "shm/cache_layout.h"

#define VISITED 128 /* in entry.queue */

/* Links and sums of one shard, as it is rebuilt. */
struct bounds {
	uint32_t entry, entry_end; /* that have been in use */
	uint32_t unit, unit_end;
};

static struct bounds bounds_of(struct cache_shard *sh)
{
	unsigned i = cache_number(sh);
	struct bounds b = {cache_first_entry(i), sh->fresh_entry,
		cache_first_unit(i), sh->fresh_unit};
	uint32_t most = cache_first_unit(i) + cache.shape.units;

	if (b.entry_end < b.entry || b.entry_end > cache_first_entry(i + 1))
		b.entry_end = cache_first_entry(i + 1);
	if (b.unit_end < b.unit || b.unit_end > most
	    || b.unit_end % CACHE_CHUNK)
		b.unit_end = most;
	return b;
}

static uint32_t mark_of(uint32_t u)
{
	return atomic_load_explicit(&cache.unit[u].mark, memory_order_relaxed);
}

static uint32_t next_of(uint32_t u)
{
	return atomic_load_explicit(&cache.unit[u].next, memory_order_relaxed);
}

static bool is_block(const struct bounds *b, uint32_t u)
{
	if (u < b->unit || u >= b->unit_end)
		return false;
	uint32_t mark = mark_of(u), order = mark & UNIT_ORDER;
	return (mark & ~(uint32_t)UNIT_ORDER) == UNIT_USED
	    && order < CACHE_ORDERS && u % (1u << order) == 0;
}

/* Whether blocks that begin there are nobody's yet: then they are this one's.
 * UNIT_SEEN at a first unit says that, at all others of it, too. */
static bool is_free_run(uint32_t u)
{
	for (uint32_t i = 0; i < cache_block_units(u); i++)
		if (mark_of(u + i) & UNIT_SEEN)
			return false;
	return true;
}

static void set_seen(uint32_t block, bool seen)
{
	uint32_t units = cache_block_units(block);

	for (uint32_t i = 0; i < units; i++) {
		uint32_t mark = i ? 0 : mark_of(block) & ~(uint32_t)UNIT_SEEN;
		atomic_store_explicit(&cache.unit[block + i].mark,
		    seen ? mark | UNIT_SEEN : mark, memory_order_relaxed);
	}
}

/* Takes a chain of blocks for an entry. False: it is not well-formed, and none
 * of it is taken. */
static bool take_chain(const struct bounds *b, uint32_t first, uint64_t bytes)
{
	uint64_t have = 0;
	uint32_t u = first, taken = 0;

	for (; u && is_block(b, u) && is_free_run(u); u = next_of(u)) {
		have += (uint64_t)cache_block_units(u) * CACHE_UNIT;
		set_seen(u, true);
		cache.unit[u].before = 0;
		taken++;
	}
	if (u == 0 && have >= bytes)
		return true;
	for (u = first; taken > 0; u = next_of(u), taken--)
		set_seen(u, false);
	return false;
}

/* Whether a block of this shard that has been taken begins there. */
static bool is_taken(const struct bounds *b, uint32_t u)
{
	return u >= b->unit && u < b->unit_end
	    && (mark_of(u) & (UNIT_SEEN | UNIT_USED))
	    == (UNIT_SEEN | UNIT_USED);
}

/* ---- Entries ---- */

static void make_free(struct cache_shard *sh, uint32_t n)
{
	struct entry *e = cache_entry(n);
	uint64_t w = atomic_load_explicit(&e->word, memory_order_relaxed);

	if (word_of_state(w) != ENTRY_FREE)
		atomic_store(&e->word, ((w >> 32) + 1) << 32 | ENTRY_FREE);
	e->row = 0;
	e->queue = QUEUE_NONE;
	e->after = sh->free_entry;
	sh->free_entry = n;
}

/* It was made before a restart: its rows, clocks and scans are no more, and
 * what it holds has still to be looked at. */
static void forget_filler(struct entry *e)
{
	e->row = 0;
	e->awaited = 0;
	e->renewing = 0;
	e->checked = 0;
	e->seen = 0;
	e->scan = 0;
	if (cache_state_now(e) != ENTRY_LIVE)
		atomic_store(&e->word, (atomic_load(&e->word) >> 32) << 32
		    | ENTRY_FREE);
}

/* The entry whose body that is, and has no heir yet; 0: there is none. Its
 * first unit's `before` says it, meanwhile. */
static void share(uint32_t n, uint32_t block)
{
	struct entry *e = cache_entry(n);
	uint32_t last = cache.unit[block].before;

	atomic_store_explicit(&e->instead, last, memory_order_relaxed);
	cache_entry(last)->heir = n;
	cache_entry(last)->units -= cache_blocks_units(block);
	cache.unit[block].before = n;
}

static bool head_is_whole(const struct bounds *b, const struct entry *e)
{
	return cache_first_entry(cache_shard_of_hash(e->hash)) == b->entry
	    && e->nkey && e->nkey <= CACHE_FIRST_MOST
	    && e->nrecord <= CACHE_FIRST_MOST && is_block(b, e->first)
	    && (uint64_t)e->nkey + e->nrecord
	    <= (uint64_t)cache_block_units(e->first) * CACHE_UNIT;
}

static bool take_body(const struct bounds *b, uint32_t n)
{
	struct entry *e = cache_entry(n);
	uint32_t body = e->body;
	uint64_t length = e->length;
	enum entry_state s = cache_state_now(e);

	if (s == ENTRY_LIVE || s == ENTRY_CONDEMNED)
		e->instead = 0;
	e->heir = 0;
	e->units = cache_blocks_units(e->first);
	if (body == 0)
		return length == 0;
	if (is_taken(b, body)) {
		/* 0: it is no body's */
		uint32_t other = cache.unit[body].before;
		if (other == 0 || cache_entry(other)->body != body
		    || cache_entry(other)->hash != e->hash
		    || cache_entry(other)->length != length)
			return false;
		share(n, body);
		e->units += cache_blocks_units(body);
		return true;
	}
	if (!take_chain(b, body, length))
		return false;
	cache.unit[body].before = n;
	e->units += cache_blocks_units(body);
	return true;
}

/* Whether it stays; then its blocks are its own. */
static bool take_entry(const struct bounds *b, uint32_t n)
{
	struct entry *e = cache_entry(n);
	enum entry_state s = cache_state_now(e);

	e->queue &= (uint8_t)~VISITED;
	if (s == ENTRY_FREE || s > ENTRY_CONDEMNED || !head_is_whole(b, e)
	    || !take_chain(b, e->first, 0))
		return false;
	if (s == ENTRY_BUSY) {
		/* of a renewal that was not to be */
		e->body = 0;
		e->length = 0;
		e->total = CACHE_UNKNOWN;
	}
	if (s == ENTRY_LIVE)
		e->row = 0; /* who filled it died before it could say so */
	if ((s != ENTRY_LIVE || e->length == e->total) && take_body(b, n))
		return true;
	for (uint32_t u = e->first; u; u = next_of(u))
		set_seen(u, false);
	return false;
}

/* ---- Index ---- */

static bool is_in_index(const struct entry *e)
{
	enum entry_state s = cache_state_now(e);

	return s == ENTRY_BUSY || s == ENTRY_FILLING || s == ENTRY_LIVE;
}

/* A bucket keeps what belongs to it, in its order. */
static void mend_bucket(const struct bounds *b, _Atomic uint32_t *at)
{
	_Atomic uint32_t *bucket = at;
	uint32_t n;

	while ((n = *at) != 0) {
		struct entry *e = cache_entry(n);
		if (n < b->entry || n >= b->entry_end
		    || (e->queue & VISITED)) {
			*at = 0;
			return;
		}
		if (!is_in_index(e) || cache_bucket(e->hash) != bucket) {
			*at = atomic_load(&e->next);
			continue;
		}
		e->queue |= VISITED;
		at = &e->next;
	}
}

static void mend_index(struct cache_shard *sh, const struct bounds *b)
{
	_Atomic uint32_t *bucket = &cache.bucket[(size_t)cache_number(sh)
	    * cache.shape.buckets];

	for (uint32_t i = 0; i < cache.shape.buckets; i++)
		mend_bucket(b, &bucket[i]);
	for (uint32_t n = b->entry; n < b->entry_end; n++) {
		struct entry *e = cache_entry(n);
		if (is_in_index(e) && !(e->queue & VISITED))
			cache_index_add(n);
		e->queue &= (uint8_t)~VISITED;
	}
}

/* ---- Queues and free blocks ---- */

static enum cache_queue queue_of(const struct entry *e)
{
	switch (cache_state_now(e)) {
	case ENTRY_BUSY:
	case ENTRY_FILLING:
		return QUEUE_BUSY;
	case ENTRY_LIVE:
		return e->queue == QUEUE_MAIN ? QUEUE_MAIN : QUEUE_SMALL;
	default:
		return QUEUE_CONDEMNED;
	}
}

static void mend_queues(struct cache_shard *sh, const struct bounds *b)
{
	for (unsigned q = 0; q < CACHE_QUEUES; q++)
		sh->queue[q] = (struct cache_list){0};
	sh->promised = sh->stuck = 0;
	for (uint32_t n = b->entry; n < b->entry_end; n++) {
		struct entry *e = cache_entry(n);
		if (cache_state_now(e) == ENTRY_FREE)
			continue;
		cache_queue_push(sh, queue_of(e), n);
		if (e->row)
			sh->promised += cache_promise(e);
		if (cache_state_now(e) == ENTRY_CONDEMNED)
			e->scan = atomic_load(&cache.head->scans);
	}
}

static void mend_blocks(struct cache_shard *sh, const struct bounds *b)
{
	uint32_t from = b->unit;

	for (unsigned i = 0; i < CACHE_ORDERS; i++)
		sh->free[i] = 0;
	for (uint32_t u = b->unit; u < b->unit_end; u++)
		if ((mark_of(u) & UNIT_SEEN) == 0)
			cache.unit[u].mark = 0;
	sh->free_units = cache_first_unit(cache_number(sh))
	    + cache.shape.units - b->unit_end;
	for (uint32_t u = b->unit; u < b->unit_end; u++) {
		if ((mark_of(u) & UNIT_SEEN) == 0)
			continue;
		cache_units_free(sh, from, u);
		from = u + 1;
		cache.unit[u].mark = mark_of(u) & ~(uint32_t)UNIT_SEEN;
	}
	cache_units_free(sh, from, b->unit_end);
}

/* Marks of a scan that was torn would look like blocks that are taken. */
static void forget_seen(const struct bounds *b)
{
	for (uint32_t u = b->unit; u < b->unit_end; u++)
		cache.unit[u].mark = mark_of(u) & ~(uint32_t)UNIT_SEEN;
}

void cache_repair(struct cache_shard *sh, bool filling)
{
	struct bounds b = bounds_of(sh);
	uint32_t version = atomic_load(&sh->version) | 1;

	atomic_store(&sh->version, version);
	sh->fresh_entry = b.entry_end;
	sh->fresh_unit = b.unit_end;
	sh->free_entry = 0;
	forget_seen(&b);
	for (uint32_t n = b.entry_end; n-- > b.entry; ) {
		if (!filling)
			forget_filler(cache_entry(n));
		if (!take_entry(&b, n))
			make_free(sh, n);
	}
	mend_index(sh, &b);
	mend_queues(sh, &b);
	mend_blocks(sh, &b);
	atomic_store(&sh->version, version + 1);
}
