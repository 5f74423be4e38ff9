/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling the cache: an entry from its claim to its end. */
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "shm/cache_layout.h"
#include "shm/slot.h"

#define TRIES 4         /* for room */
#define RECORD_ROOM 1900u /* kept for a record that nobody knows yet */
#define GROW_LEAST 4u   /* units, where the end is not known */
#define WAKE_FEW 3      /* they wake others */

/* What was tried under the lock: CACHE_FULL means once more, with room. */
#define ROOM CACHE_FULL

/* ---- Sums ---- */

uint32_t cache_promise(const struct entry *e)
{
	uint64_t total = atomic_load_explicit(&e->total,
	    memory_order_relaxed);

	return total == CACHE_UNKNOWN ? e->units
	    : (uint32_t)cache_units_for(total);
}

void cache_let_go(struct cache_shard *sh, uint32_t n)
{
	struct entry *e = cache_entry(n);

	sh->promised -= cache_promise(e);
	e->scan = atomic_load(&cache.head->scans);
	atomic_store_explicit(&e->row, 0, memory_order_release);
}

static struct cache_shard *lock_of(uint32_t n)
{
	return cache_lock(cache_shard_of(n));
}

/* ---- Claims ---- */

/* An entry that does what is wanted, or did it while nobody looked. */
static uint32_t find_rival(struct slice key, uint64_t hash, uint32_t instead)
{
	uint32_t n = atomic_load_explicit(cache_bucket(hash),
	    memory_order_relaxed);
	bool known = false;

	for (; n && n != instead; n = cache_entry(n)->next) {
		const struct entry *e = cache_entry(n);
		if (e->hash != hash || !cache_key_is(n, key))
			continue;
		bool busy = cache_state_now(e) == ENTRY_BUSY;
		if (busy && instead && e->instead != instead)
			continue;
		if (!busy && cache_was_seen(hash, n, &known))
			return 0;
		if (busy || known)
			return n;
	}
	return 0;
}

static uint32_t take_entry(struct cache_shard *sh)
{
	unsigned shard = cache_number(sh);
	uint32_t n = sh->free_entry;

	if (n) {
		sh->free_entry = cache_entry(n)->after;
		return n;
	}
	if (sh->fresh_entry == cache_first_entry(shard) + cache.shape.entries)
		return 0;
	return sh->fresh_entry++;
}

static void give_back(struct cache_shard *sh, uint32_t n)
{
	cache_entry(n)->after = sh->free_entry;
	sh->free_entry = n;
}

/* All of a free entry that is not as it should be when it is busy. */
static void set_up(struct entry *e, struct slice key, uint64_t hash)
{
	memcpy(cache_block(e->first), key.p, key.n);
	e->nkey = (uint32_t)key.n;
	e->nrecord = 0;
	atomic_store_explicit(&e->hash, hash, memory_order_relaxed);
	atomic_store_explicit(&e->used, 0, memory_order_relaxed);
	atomic_store_explicit(&e->awaited, 0, memory_order_relaxed);
	atomic_store_explicit(&e->invalid, 0, memory_order_relaxed);
	e->flags = 0;
	e->check = 0;
	e->heir = 0;
	atomic_store_explicit(&e->body, 0, memory_order_relaxed);
	atomic_store_explicit(&e->length, 0, memory_order_relaxed);
	atomic_store_explicit(&e->total, CACHE_UNKNOWN, memory_order_relaxed);
	atomic_store_explicit(&e->banned, cache.bans ? atomic_load(
	    &cache.bans->last) : 0, memory_order_relaxed);
	atomic_store_explicit(&e->renewing, 0, memory_order_relaxed);
	atomic_store_explicit(&e->checked, atomic_load(&cache.head->epoch),
	    memory_order_relaxed);
	e->family = atomic_load(&slot_self->generation);
}

/* Half of a shard for what is being filled; more for a large one while there
 * are few others. */
static bool may_promise(const struct cache_shard *sh, uint64_t units)
{
	uint32_t all = cache.shape.units;

	return units + sh->promised <= all / 2 || (sh->promised <= all / 8
	    && units <= cache_promise_most(&cache.shape));
}

/* 0: there is no room now. */
static uint32_t make_busy(struct cache_shard *sh, struct slice key,
    uint64_t hash)
{
	unsigned order = cache_order_for(key.n + RECORD_ROOM);
	uint32_t n, first;

	if (order >= CACHE_ORDERS)
		order = CACHE_ORDERS - 1;
	if (!may_promise(sh, 1u << order) || (n = take_entry(sh)) == 0)
		return 0;
	if ((first = cache_block_take(sh, order)) == 0) {
		give_back(sh, n);
		return 0;
	}
	struct entry *e = cache_entry(n);
	atomic_store_explicit(&e->first, first, memory_order_relaxed);
	e->units = 1u << order;
	set_up(e, key, hash);
	return n;
}

static enum cache_claim claim(struct slice key, uint64_t hash,
    const struct entry *want, uint32_t *n, uint64_t *word)
{
	struct cache_shard *sh = cache_lock(cache_shard_of_hash(hash));
	enum cache_claim result = CACHE_BUSY;

	*n = find_rival(key, hash, want->instead);
	if (*n == 0 && (*n = make_busy(sh, key, hash)) != 0) {
		struct entry *e = cache_entry(*n);
		result = CACHE_CLAIMED;
		e->serial = want->serial;
		e->row = want->row;
		e->instead = want->instead;
		FAULT(cache_claimed);
		cache_set_state(*n, ENTRY_BUSY);
		cache_index_add(*n);
		cache_queue_push(sh, QUEUE_BUSY, *n);
		sh->promised += e->units;
	}
	if (*n)
		*word = atomic_load(&cache_entry(*n)->word);
	cache_unlock(sh);
	return *n ? result : ROOM;
}

enum cache_claim cache_claim(struct slice key, uint64_t hash, uint32_t instead,
    uint32_t row, uint32_t serial, uint32_t *n, uint64_t *word)
{
	struct entry want = {.instead = instead, .row = row,
	    .serial = serial};

	MUST(row != 0);
	for (unsigned i = 0; key.n < CACHE_FIRST_MOST && i < TRIES; i++) {
		enum cache_claim c = claim(key, hash, &want, n, word);
		if (c != ROOM)
			return c;
		cache_make_room(cache_shard_of_hash(hash),
		    CACHE_CHUNK << i);
	}
	atomic_fetch_add_explicit(&cache.head->refused, 1,
	    memory_order_relaxed);
	return CACHE_FULL;
}

/* ---- Key and record ---- */

/* Room for the record behind the key: another block in place of a smaller
 * one, which stays for those that read the key in it. */
static bool fit_first(struct cache_shard *sh, uint32_t n, size_t bytes)
{
	struct entry *e = cache_entry(n);
	unsigned order = cache_order_for(bytes);
	uint32_t old = e->first, units = cache_block_units(old);

	if (units >= 1u << order) {
		cache_block_cut(sh, old, order);
		cache_reckon(sh, n, e->units - units + (1u << order));
		return true;
	}
	uint32_t first = cache_block_take(sh, order);
	if (first == 0)
		return false;
	memcpy(cache_block(first), cache_block(old), e->nkey);
	atomic_store_explicit(&cache.unit[first].next, old,
	    memory_order_relaxed);
	atomic_store_explicit(&e->first, first, memory_order_release);
	cache_reckon(sh, n, e->units + (1u << order));
	return true;
}

static enum cache_claim put_record(struct cache_shard *sh, uint32_t n,
    struct slice record, uint64_t total)
{
	struct entry *e = cache_entry(n);

	sh->promised -= cache_promise(e);
	uint64_t units = total == CACHE_UNKNOWN ? e->units
	    : total / CACHE_UNIT + 1;
	if (!may_promise(sh, units)) {
		sh->promised += cache_promise(e);
		return CACHE_BUSY;
	}
	bool fits = fit_first(sh, n, e->nkey + record.n);
	if (fits) {
		memcpy(cache_block(e->first) + e->nkey, record.p, record.n);
		e->nrecord = (uint32_t)record.n;
		atomic_store_explicit(&e->total, total, memory_order_relaxed);
	}
	sh->promised += cache_promise(e);
	return fits ? CACHE_CLAIMED : ROOM;
}

/* Done before by somebody who died: right if it is the same. */
static bool is_begun(uint32_t n, struct slice record, uint64_t total)
{
	return cache_state_now(cache_entry(n)) == ENTRY_FILLING
	    && slice_eq(cache_record(n), record)
	    && cache_entry(n)->total == total;
}

static enum cache_claim begin(uint32_t n, struct slice record, uint64_t total)
{
	struct cache_shard *sh = lock_of(n);
	enum cache_claim c = CACHE_BUSY;

	if (cache_state_now(cache_entry(n)) == ENTRY_BUSY) {
		c = put_record(sh, n, record, total);
		FAULT(cache_recorded);
		if (c == CACHE_CLAIMED)
			cache_set_state(n, ENTRY_FILLING);
	} else if (is_begun(n, record, total)) {
		c = CACHE_CLAIMED;
	}
	cache_unlock(sh);
	return c;
}

bool cache_put_record(struct cache_shard *sh, uint32_t n, struct slice record,
    uint64_t total)
{
	return put_record(sh, n, record, total) == CACHE_CLAIMED;
}

bool cache_record_fits(uint32_t n, struct slice record)
{
	return record.n && record.n <= CACHE_FIRST_MOST
	    && cache_entry(n)->nkey + record.n <= CACHE_FIRST_MOST;
}

bool cache_fill_begin(uint32_t n, struct slice record, uint64_t total)
{
	for (unsigned i = 0; cache_record_fits(n, record) && i < TRIES; i++) {
		enum cache_claim c = begin(n, record, total);
		if (c != ROOM)
			return c == CACHE_CLAIMED;
		cache_make_room(cache_shard_of(n), CACHE_CHUNK << i);
	}
	return false;
}

/* ---- The body ---- */

/* Units of the next block: as much as is to come, or, where nobody knows, as
 * much as there is. */
static unsigned next_order(const struct entry *e, uint64_t at, size_t bytes)
{
	uint64_t units, total = e->total;
	unsigned order = 0;

	if (total != CACHE_UNKNOWN) {
		units = cache_units_for(total - at);
	} else {
		units = cache_units_for(at > bytes ? at : bytes);
		units = units < GROW_LEAST ? GROW_LEAST : units;
	}
	while (order < CACHE_ORDERS - 1 && (UINT64_C(2) << order) <= units)
		order++;
	return order;
}

static uint32_t add_block(struct cache_shard *sh, uint32_t n, uint32_t last,
    unsigned order)
{
	struct entry *e = cache_entry(n);
	uint32_t block = 0;

	sh->promised -= cache_promise(e);
	if (e->total != CACHE_UNKNOWN
	    || may_promise(sh, e->units + (1u << order)))
		block = cache_block_take_some(sh, order);
	if (block) {
		FAULT(cache_grown);
		atomic_store_explicit(last ? &cache.unit[last].next : &e->body,
		    block, memory_order_release);
		cache_reckon(sh, n, e->units + cache_block_units(block));
	}
	sh->promised += cache_promise(e);
	return block;
}

/* The block behind `last` (0: the first). 0: there is no room. */
static uint32_t grow(uint32_t n, uint32_t last, uint64_t at, size_t bytes)
{
	unsigned order = next_order(cache_entry(n), at, bytes);
	uint32_t block = 0;

	for (unsigned i = 0; block == 0 && i < TRIES; i++) {
		if (i)
			cache_make_room(cache_shard_of(n), CACHE_CHUNK);
		struct cache_shard *sh = lock_of(n);
		block = add_block(sh, n, last, order);
		cache_unlock(sh);
	}
	return block;
}

static bool step_to_block(uint32_t n, struct cache_place *p, size_t bytes)
{
	cache_seek(p, n, p->at);
	uint64_t size = p->block
	    ? (uint64_t)cache_block_units(p->block) * CACHE_UNIT : 0;

	if (p->block && p->at - p->base < size)
		return true;
	uint32_t block = grow(n, p->block, p->at, bytes);
	if (block == 0)
		return false;
	p->base += size;
	p->block = block;
	return true;
}

/* A block that is full is summed up at once, while it is warm. */
static void sum_up(uint32_t block, uint64_t bytes)
{
	if (cache.head->has_file)
		cache.unit[block].check = cache_check_block(
		    cache_block(block), bytes);
}

bool cache_fill_write(uint32_t n, struct cache_place *p, const char *from,
    size_t bytes)
{
	const struct entry *e = cache_entry(n);

	if (e->total != CACHE_UNKNOWN && (p->at > e->total
	    || bytes > e->total - p->at))
		return false;
	while (bytes) {
		if (!step_to_block(n, p, bytes))
			return false;
		uint64_t size = (uint64_t)cache_block_units(p->block)
		    * CACHE_UNIT;
		size_t some = p->base + size - p->at;
		if (some > bytes)
			some = bytes;
		memcpy(cache_block(p->block) + (p->at - p->base), from, some);
		from += some;
		bytes -= some;
		p->at += some;
		if (p->at == p->base + size)
			sum_up(p->block, size);
	}
	return true;
}

void cache_fill_show(uint32_t n, uint64_t length)
{
	struct entry *e = cache_entry(n);

	if (length <= atomic_load_explicit(&e->length, memory_order_relaxed))
		return;
	atomic_store(&e->length, length);
	if (atomic_load(&e->awaited))
		cache_wake(n, WAKE_FEW);
}
