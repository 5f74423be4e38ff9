/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache's index: entries by their keys; looking takes no lock. */
#include <string.h>

#include "base/fault.h"
#include "base/hash.h"
#include "base/log.h"
#include "shm/cache_layout.h"
#include "shm/slot.h"

#define LOOKS 100
#define SEEN_MOST 64
#define BUSY_MOST CACHE_VARIANTS

/* What the last look of this process saw under a hash: who claims an entry
 * after it is told of what came meanwhile. */
static _Thread_local struct sight {
	uint64_t hash;
	unsigned n;
	uint64_t word[SEEN_MOST]; /* serial (32) and number */
} sight;

/* ---- Under the lock ---- */

struct cache_shard *cache_lock(unsigned shard)
{
	struct cache_shard *sh = &cache.shard[shard];

	if (lock_take(&sh->lock) && atomic_load(&sh->dirty))
		cache_repair(sh, true);
	atomic_store_explicit(&sh->dirty, 1, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	FAULT(cache_locked);
	return sh;
}

void cache_unlock(struct cache_shard *sh)
{
	atomic_store_explicit(&sh->dirty, 0, memory_order_release);
	lock_release(&sh->lock);
}

_Atomic uint32_t *cache_bucket(uint64_t hash)
{
	return &cache.bucket[(size_t)cache_shard_of_hash(hash)
	    * cache.shape.buckets + ((uint32_t)hash
	    & (cache.shape.buckets - 1))];
}

void cache_index_add(uint32_t n)
{
	struct entry *e = cache_entry(n);
	_Atomic uint32_t *b = cache_bucket(atomic_load_explicit(&e->hash,
	    memory_order_relaxed));

	atomic_store_explicit(&e->next, atomic_load_explicit(b,
	    memory_order_relaxed), memory_order_release);
	atomic_store_explicit(b, n, memory_order_release);
}

/* Its own `next` stays, for those that stand on it; once it is another
 * entry's they may be led astray, and the version tells them. */
void cache_index_remove(struct cache_shard *sh, uint32_t n)
{
	struct entry *e = cache_entry(n);
	_Atomic uint32_t *at = cache_bucket(atomic_load_explicit(&e->hash,
	    memory_order_relaxed));
	uint32_t version = atomic_load_explicit(&sh->version,
	    memory_order_relaxed);
	uint32_t here;

	atomic_store(&sh->version, version + 1);
	while ((here = atomic_load_explicit(at, memory_order_relaxed)) != n) {
		MUST(here != 0);
		at = &cache_entry(here)->next;
	}
	atomic_store_explicit(at, atomic_load_explicit(&e->next,
	    memory_order_relaxed), memory_order_release);
	FAULT(cache_unlinked);
	atomic_store(&sh->version, version + 2);
}

void cache_set_state(uint32_t n, enum entry_state state)
{
	struct entry *e = cache_entry(n);
	uint64_t w = atomic_load_explicit(&e->word, memory_order_relaxed);

	atomic_store(&e->word, (w & ~UINT64_C(7)) | state);
}

/* ---- Looking ---- */

uint64_t cache_hash(struct slice key)
{
	return hash_slice(cache.head->secret, key);
}

bool cache_key_is(uint32_t n, struct slice key)
{
	return slice_eq(cache_key(n), key);
}

static void see(uint32_t n, uint64_t word)
{
	if (sight.n < SEEN_MOST)
		sight.word[sight.n] = (uint64_t)word_of_serial(word) << 32 | n;
	sight.n++;
}

/* Too many to remember: then nothing is new. */
bool cache_was_seen(uint64_t hash, uint32_t n, bool *known)
{
	uint64_t w = atomic_load(&cache_entry(n)->word);

	*known = sight.hash == hash && sight.n <= SEEN_MOST;
	for (unsigned i = 0; *known && i < sight.n; i++)
		if (sight.word[i] == ((uint64_t)word_of_serial(w) << 32 | n))
			return true;
	return false;
}

static bool is_in_index(uint64_t w)
{
	enum entry_state s = word_of_state(w);

	return s == ENTRY_BUSY || s == ENTRY_FILLING || s == ENTRY_LIVE;
}

/* The pin, then the word once more: who condemns it stores the word, and then
 * reads the pins (all of them in one order). 0: it is too late. */
static uint64_t pin(uint32_t n, uint64_t word)
{
	atomic_store(&slot_self->pin, n);
	FAULT(cache_pinned);
	uint64_t now = atomic_load(&cache_entry(n)->word);
	return word_of_serial(now) == word_of_serial(word)
	    && is_in_index(now) ? now : 0;
}

bool cache_pin(uint32_t n, uint64_t word)
{
	if (n == 0 || n > cache.nentries)
		return false;
	if (is_in_index(word) && pin(n, word))
		return true;
	cache_unpin();
	return false;
}

void cache_unpin(void)
{
	atomic_store_explicit(&slot_self->pin, 0, memory_order_release);
}

/* One look: what is asked for, and what has been found so far. */
struct look {
	struct slice key;
	uint64_t hash;
	cache_fits *fits;
	const void *arg;
	struct cache_found *to;
	unsigned nbusy;
	struct {
		uint64_t word;
		uint32_t n, instead;
	} busy[BUSY_MOST]; /* without a record yet */
};

static void find_busy(struct look *l, uint32_t n, uint64_t w)
{
	if (l->nbusy == BUSY_MOST)
		return;
	l->busy[l->nbusy].word = w;
	l->busy[l->nbusy].n = n;
	l->busy[l->nbusy++].instead = atomic_load_explicit(
	    &cache_entry(n)->instead, memory_order_relaxed);
}

/* An entry of that hash. */
static void look_at(struct look *l, uint32_t n)
{
	uint64_t w = atomic_load_explicit(&cache_entry(n)->word,
	    memory_order_acquire);

	if (!is_in_index(w) || (w = pin(n, w)) == 0
	    || !cache_key_is(n, l->key))
		return;
	if (word_of_state(w) == ENTRY_BUSY) {
		find_busy(l, n, w);
		return;
	}
	see(n, w);
	if (!l->fits(cache_record(n), l->arg))
		l->to->others = true;
	else if (word_of_state(w) == ENTRY_LIVE)
		l->to->live = n;
	else if (l->to->busy == 0) {
		l->to->busy = n;
		l->to->busy_word = w;
	}
}

/* False: led astray. */
static bool walk(struct look *l)
{
	uint32_t n = atomic_load_explicit(cache_bucket(l->hash),
	    memory_order_acquire);
	uint32_t steps = 0;

	*l->to = (struct cache_found){0};
	l->nbusy = 0;
	sight.hash = l->hash;
	sight.n = 0;
	while (n && l->to->live == 0) {
		if (n > cache.nentries || steps++ > cache.shape.entries)
			return false;
		const struct entry *e = cache_entry(n);
		uint32_t next = atomic_load_explicit(&e->next,
		    memory_order_acquire);
		if (atomic_load_explicit(&e->hash, memory_order_relaxed)
		    == l->hash)
			look_at(l, n);
		n = next;
	}
	return true;
}

/* Of those that nobody knows the record of: the newest that is to replace the
 * live one; without one, the newest. */
static void choose_busy(struct look *l)
{
	for (unsigned i = 0; i < l->nbusy && l->to->busy == 0; i++)
		if (l->to->live == 0 || l->busy[i].instead == l->to->live) {
			l->to->busy = l->busy[i].n;
			l->to->busy_word = l->busy[i].word;
		}
}

/* A hit is one however the index changes; a miss only if it does not. */
static bool look(struct look *l, const struct cache_shard *sh)
{
	uint32_t version = atomic_load_explicit(&sh->version,
	    memory_order_acquire);

	if ((version & 1) == 0 && walk(l)) {
		if (l->to->live)
			return true;
		if (atomic_load(&sh->version) == version)
			return true;
	}
	return false;
}

void cache_count_use(uint32_t n)
{
	struct entry *e = cache_entry(n);
	uint8_t used = atomic_load_explicit(&e->used, memory_order_relaxed);

	if (used < 3)
		atomic_store_explicit(&e->used, (uint8_t)(used + 1),
		    memory_order_relaxed);
}

void cache_find(struct slice key, uint64_t hash, cache_fits *fits,
    const void *arg, struct cache_found *to)
{
	unsigned shard = cache_shard_of_hash(hash), looks = 0;
	struct look l;

	l.key = key;
	l.hash = hash;
	l.fits = fits;
	l.arg = arg;
	l.to = to;
	while (looks < LOOKS && !look(&l, &cache.shard[shard]))
		looks++;
	if (looks == LOOKS) {
		struct cache_shard *sh = cache_lock(shard);
		MUST(walk(&l));
		cache_unlock(sh);
	}
	choose_busy(&l);
	if (to->live)
		cache_count_use(to->live);
	else
		cache_unpin();
}

/* ---- Of a pinned entry ---- */

/* Who fills one that was condemned goes on, for those that have it. */
enum entry_state cache_state(uint32_t n)
{
	const struct entry *e = cache_entry(n);
	enum entry_state s = word_of_state(atomic_load_explicit(&e->word,
	    memory_order_acquire));

	if (s == ENTRY_CONDEMNED && atomic_load_explicit(&e->row,
	    memory_order_acquire) && e->nrecord)
		return ENTRY_FILLING;
	return s;
}

struct slice cache_key(uint32_t n)
{
	const struct entry *e = cache_entry(n);
	uint32_t first = atomic_load_explicit(&e->first,
	    memory_order_acquire);

	return slice_make(cache_block(first), e->nkey);
}

struct slice cache_record(uint32_t n)
{
	const struct entry *e = cache_entry(n);
	uint32_t first = atomic_load_explicit(&e->first,
	    memory_order_acquire);

	if (cache_state(n) == ENTRY_BUSY)
		return slice_make(NULL, 0);
	return slice_make(cache_block(first) + e->nkey, e->nrecord);
}
