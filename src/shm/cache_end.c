/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends: entries that are whole, renewed, given up, or not to be used. */
#include "base/fault.h"
#include "base/log.h"
#include "shm/cache_layout.h"

#define WAKE_FEW 3
#define TRIES 4

static struct cache_shard *lock_of(uint32_t n)
{
	return cache_lock(cache_shard_of(n));
}

static uint32_t next_in_bucket(uint32_t n)
{
	return atomic_load_explicit(&cache_entry(n)->next,
	    memory_order_relaxed);
}

/* The next one of the same key behind n; 0: none. */
static uint32_t next_of_key(uint32_t n)
{
	const struct entry *e = cache_entry(n);
	uint32_t i = next_in_bucket(n);

	while (i && (cache_entry(i)->hash != e->hash
	    || !cache_key_is(i, cache_key(n))))
		i = next_in_bucket(i);
	return i;
}

static uint32_t first_of_key(struct slice key, uint64_t hash)
{
	uint32_t i = atomic_load_explicit(cache_bucket(hash),
	    memory_order_relaxed);

	while (i && (cache_entry(i)->hash != hash || !cache_key_is(i, key)))
		i = next_in_bucket(i);
	return i;
}

/* ---- Whole ---- */

/* What the last block has and does not use is given back. */
static void cut_body(struct cache_shard *sh, uint32_t n, uint64_t length)
{
	struct entry *e = cache_entry(n);
	struct cache_place p = {0};

	if (length == 0) {
		uint32_t body = e->body;
		atomic_store_explicit(&e->body, 0, memory_order_relaxed);
		cache_blocks_free(sh, body);
		return;
	}
	cache_seek(&p, n, length - 1);
	uint32_t units = cache_block_units(p.block);
	uint32_t behind = atomic_load_explicit(&cache.unit[p.block].next,
	    memory_order_relaxed);
	atomic_store_explicit(&cache.unit[p.block].next, 0,
	    memory_order_relaxed);
	cache_blocks_free(sh, behind);
	unsigned order = cache_order_for(length - p.base);
	if (units > 1u << order)
		cache_block_cut(sh, p.block, order);
	if (cache.head->has_file)
		cache.unit[p.block].check = cache_check_block(
		    cache_block(p.block), length - p.base);
}

static void become_live(struct cache_shard *sh, uint32_t n)
{
	struct entry *e = cache_entry(n);

	if (cache.head->has_file)
		e->check = cache_check_head(n);
	FAULT(cache_whole);
	cache_set_state(n, ENTRY_LIVE);
	cache_let_go(sh, n);
	cache_queue_remove(sh, n);
	e->units = cache_blocks_units(e->first) + cache_blocks_units(e->body);
	cache_queue_live(sh, n);
}

/* Others that would answer what it answers, and the oldest of too many. */
static void condemn_others(struct cache_shard *sh, uint32_t n, cache_fits *fits,
    const void *arg)
{
	unsigned variants = 0;
	uint32_t next, oldest = 0;

	for (uint32_t i = first_of_key(cache_key(n), cache_entry(n)->hash); i;
	    i = next) {
		next = next_of_key(i);
		if (i == n || cache_state_now(cache_entry(i)) != ENTRY_LIVE)
			continue;
		if (fits && fits(cache_record(i), arg)) {
			cache_condemn_locked(sh, i);
			continue;
		}
		variants++;
		oldest = i;
	}
	if (variants >= CACHE_VARIANTS)
		cache_condemn_locked(sh, oldest);
}

bool cache_fill_end(uint32_t n, cache_fits *fits, const void *arg)
{
	struct entry *e = cache_entry(n);
	struct cache_shard *sh = lock_of(n);
	uint64_t length = e->length;
	bool whole = cache_state_now(e) == ENTRY_FILLING
	    && (e->total == length || e->total == CACHE_UNKNOWN);

	if (whole) {
		sh->promised -= cache_promise(e);
		cut_body(sh, n, length);
		atomic_store_explicit(&e->total, length,
		    memory_order_relaxed);
		sh->promised += cache_promise(e);
		/* the one that it replaces may have gone, and come again */
		atomic_store_explicit(&e->instead, 0, memory_order_relaxed);
		become_live(sh, n);
		condemn_others(sh, n, fits, arg);
	}
	cache_unlock(sh);
	if (!whole)
		cache_abandon(n);
	else if (atomic_load(&e->awaited))
		cache_wake(n, WAKE_FEW);
	return whole;
}

void cache_abandon_locked(struct cache_shard *sh, uint32_t n)
{
	struct entry *e = cache_entry(n);
	enum entry_state s = cache_state_now(e);

	if (s == ENTRY_BUSY || s == ENTRY_FILLING) {
		cache_condemn_locked(sh, n);
		s = ENTRY_CONDEMNED;
	}
	if (s == ENTRY_CONDEMNED && e->row) {
		atomic_store_explicit(&e->instead, 0, memory_order_relaxed);
		cache_let_go(sh, n);
	}
}

void cache_abandon(uint32_t n)
{
	struct cache_shard *sh = lock_of(n);

	cache_abandon_locked(sh, n);
	cache_unlock(sh);
	if (atomic_load(&cache_entry(n)->awaited))
		cache_wake(n, WAKE_FEW);
}

/* ---- Records alone ---- */

/* Behind all that share it already: after a death that may be more than one
 * that is live. */
static void join(struct cache_shard *sh, uint32_t n, uint32_t old)
{
	while (cache_entry(old)->heir)
		old = cache_entry(old)->heir;
	atomic_store_explicit(&cache_entry(n)->instead, old,
	    memory_order_relaxed);
	cache_entry(old)->heir = n;
	cache_reckon(sh, old, cache_blocks_units(cache_entry(old)->first));
}

static void share_body(struct cache_shard *sh, uint32_t n, uint32_t old)
{
	struct entry *e = cache_entry(n), *o = cache_entry(old);
	uint64_t length = atomic_load(&o->length);

	atomic_store_explicit(&e->body, atomic_load(&o->body),
	    memory_order_relaxed);
	atomic_store_explicit(&e->length, length, memory_order_relaxed);
	atomic_store_explicit(&e->used, atomic_load(&o->used),
	    memory_order_relaxed);
	atomic_store_explicit(&e->checked, atomic_load(&o->checked),
	    memory_order_relaxed);
	join(sh, n, old);
}

static bool is_live(uint32_t n)
{
	return cache_state_now(cache_entry(n)) == ENTRY_LIVE;
}

/* 0: no; 1: done; 2: once more, with room. */
static unsigned renew(uint32_t n, uint32_t old, struct slice record)
{
	struct cache_shard *sh = lock_of(n);
	struct entry *e = cache_entry(n);
	unsigned done = 0;

	if (cache_state_now(e) == ENTRY_BUSY && is_live(old)
	    && cache_shard_of(old) == cache_shard_of(n)
	    && cache_key_is(old, cache_key(n))) {
		done = cache_put_record(sh, n, record, CACHE_UNKNOWN) ? 1 : 2;
		if (done == 1) {
			sh->promised -= cache_promise(e);
			share_body(sh, n, old);
			FAULT(cache_shared);
			atomic_store_explicit(&e->total, e->length,
			    memory_order_relaxed);
			sh->promised += cache_promise(e);
			become_live(sh, n);
			cache_condemn_locked(sh, old);
		}
	}
	cache_unlock(sh);
	return done;
}

bool cache_renew(uint32_t n, uint32_t old, struct slice record)
{
	unsigned done = 2;

	for (unsigned i = 0; done == 2 && i < TRIES
	    && cache_record_fits(n, record); i++) {
		if (i)
			cache_make_room(cache_shard_of(n), CACHE_CHUNK << i);
		done = renew(n, old, record);
	}
	if (done == 1 && atomic_load(&cache_entry(n)->awaited))
		cache_wake(n, WAKE_FEW);
	return done == 1;
}

/* Older marks of its key say the same. */
static void condemn_marks(struct cache_shard *sh, uint32_t n)
{
	uint32_t next;

	for (uint32_t i = next_of_key(n); i; i = next) {
		next = next_of_key(i);
		if (is_live(i) && (cache_entry(i)->flags & ENTRY_PASS))
			cache_condemn_locked(sh, i);
	}
}

static unsigned pass(uint32_t n, struct slice record)
{
	struct cache_shard *sh = lock_of(n);
	struct entry *e = cache_entry(n);
	unsigned done = 0;

	if (cache_state_now(e) == ENTRY_BUSY) {
		done = cache_put_record(sh, n, record, 0) ? 1 : 2;
		if (done == 1) {
			e->flags |= ENTRY_PASS;
			atomic_store_explicit(&e->instead, 0,
			    memory_order_relaxed);
			become_live(sh, n);
			condemn_marks(sh, n);
			condemn_others(sh, n, NULL, NULL);
		}
	}
	cache_unlock(sh);
	return done;
}

bool cache_fill_pass(uint32_t n, struct slice record)
{
	unsigned done = 2;

	for (unsigned i = 0; done == 2 && i < TRIES
	    && cache_record_fits(n, record); i++) {
		if (i)
			cache_make_room(cache_shard_of(n), CACHE_CHUNK << i);
		done = pass(n, record);
	}
	if (done == 1 && atomic_load(&cache_entry(n)->awaited))
		cache_wake(n, WAKE_FEW);
	return done == 1;
}

/* ---- Not to be used ---- */

static bool is_in_index(uint32_t n)
{
	enum entry_state s = cache_state_now(cache_entry(n));

	return s == ENTRY_BUSY || s == ENTRY_FILLING || s == ENTRY_LIVE;
}

uint64_t cache_purges(uint64_t hash)
{
	if (cache.head == NULL)
		return 0;
	return (uint64_t)atomic_load(&cache.bans->last) << 32
	    | atomic_load(&cache.head->purged[hash % CACHE_PURGED]);
}

unsigned cache_purge(struct slice key, uint64_t hash, bool soft)
{
	struct cache_shard *sh = cache_lock(cache_shard_of_hash(hash));
	unsigned count = 0;
	uint32_t next;

	atomic_fetch_add(&cache.head->purged[hash % CACHE_PURGED], 1);
	for (uint32_t i = first_of_key(key, hash); i; i = next) {
		next = next_of_key(i);
		count += (cache_entry(i)->flags & ENTRY_PASS) == 0;
		if (soft)
			cache_make_stale(i);
		else
			cache_condemn_locked(sh, i);
	}
	cache_unlock(sh);
	return count;
}

void cache_condemn(uint32_t n)
{
	struct cache_shard *sh = lock_of(n);

	if (is_in_index(n))
		cache_condemn_locked(sh, n);
	cache_unlock(sh);
}

void cache_make_stale(uint32_t n)
{
	atomic_store_explicit(&cache_entry(n)->invalid, 1,
	    memory_order_release);
}
