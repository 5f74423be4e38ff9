/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether all sums of the cache are right: for tests. */
#include "shm/cache_layout.h"

#define CHECK(cond, what) do { if (!(cond)) return (what); } while (0)

struct sums {
	uint32_t units, indexed, promised;
	uint32_t n[CACHE_QUEUES], queued[CACHE_QUEUES];
};

static const char *audit_queue(const struct cache_shard *sh, unsigned q,
    struct sums *s)
{
	uint32_t before = 0;

	for (uint32_t n = sh->queue[q].first; n; n = cache_entry(n)->after) {
		const struct entry *e = cache_entry(n);
		CHECK(e->queue == q, "an entry in a queue that is not its");
		CHECK(e->before == before, "links of a queue");
		CHECK(s->n[q]++ <= cache.shape.entries, "a queue in a ring");
		s->queued[q] += e->units;
		before = n;
	}
	CHECK(sh->queue[q].last == before, "end of a queue");
	CHECK(sh->queue[q].n == s->n[q], "length of a queue");
	CHECK(sh->queue[q].units == s->queued[q], "units of a queue");
	return NULL;
}

static const char *take_blocks(uint32_t block, struct sums *s)
{
	for (; block; block = cache.unit[block].next) {
		uint32_t mark = cache.unit[block].mark;
		CHECK((mark & ~(uint32_t)UNIT_ORDER) == UNIT_USED,
		    "a block with two owners, or none");
		cache.unit[block].mark = mark | UNIT_SEEN;
		s->units += 1u << (mark & UNIT_ORDER);
	}
	return NULL;
}

static bool queue_is_right(const struct entry *e)
{
	switch (cache_state_now(e)) {
	case ENTRY_BUSY:
	case ENTRY_FILLING:
		return e->queue == QUEUE_BUSY && e->row;
	case ENTRY_LIVE:
		return (e->queue == QUEUE_SMALL || e->queue == QUEUE_MAIN)
		    && e->row == 0 && e->length == e->total;
	default:
		return e->queue == QUEUE_CONDEMNED;
	}
}

static const char *audit_entry(uint32_t n, struct sums *s)
{
	const struct entry *e = cache_entry(n);
	const char *why = take_blocks(e->first, s);
	uint32_t units = cache_blocks_units(e->first);

	CHECK(why == NULL, why);
	CHECK(queue_is_right(e), "an entry in no queue of its state");
	if (e->heir == 0) {
		CHECK((why = take_blocks(e->body, s)) == NULL, why);
		units += cache_blocks_units(e->body);
	} else {
		CHECK(cache_entry(e->heir)->instead == n
		    && cache_entry(e->heir)->body == e->body,
		    "a body whose heir does not know");
	}
	CHECK(units == e->units, "units of an entry");
	CHECK(e->row == 0 || e->heir == 0, "a body that is filled and lent");
	s->promised += e->row ? cache_promise(e) : 0;
	return NULL;
}

static const char *audit_entries(const struct cache_shard *sh, struct sums *s)
{
	unsigned i = cache_number(sh);
	uint32_t used = 0, listed = 0;

	for (uint32_t n = cache_first_entry(i); n < sh->fresh_entry; n++) {
		const char *why;
		if (cache_state_now(cache_entry(n)) == ENTRY_FREE)
			continue;
		used++;
		CHECK((why = audit_entry(n, s)) == NULL, why);
	}
	for (uint32_t n = sh->free_entry; n; n = cache_entry(n)->after) {
		CHECK(cache_state_now(cache_entry(n)) == ENTRY_FREE,
		    "a free entry that is none");
		CHECK(listed++ <= cache.shape.entries, "a ring of entries");
	}
	CHECK(used + listed == sh->fresh_entry - cache_first_entry(i),
	    "an entry is lost");
	for (unsigned q = 1; q < CACHE_QUEUES; q++)
		used -= s->n[q];
	CHECK(used == 0, "an entry without a queue");
	return NULL;
}

static const char *audit_free(const struct cache_shard *sh, struct sums *s)
{
	uint32_t free = cache_first_unit(cache_number(sh)) + cache.shape.units
	    - sh->fresh_unit;

	for (unsigned order = 0; order < CACHE_ORDERS; order++)
		for (uint32_t u = sh->free[order]; u; u = cache.unit[u].next) {
			CHECK(cache.unit[u].mark == (UNIT_FREE | order),
			    "a free block that is none");
			free += 1u << order;
			CHECK(free <= cache.shape.units, "a ring of blocks");
		}
	CHECK(free == sh->free_units, "the count of free units");
	CHECK(free + s->units == cache.shape.units, "a block is lost");
	return NULL;
}

static const char *audit_index(const struct cache_shard *sh, struct sums *s)
{
	_Atomic uint32_t *bucket = &cache.bucket[(size_t)cache_number(sh)
	    * cache.shape.buckets];

	for (uint32_t i = 0; i < cache.shape.buckets; i++)
		for (uint32_t n = bucket[i]; n; n = cache_entry(n)->next) {
			const struct entry *e = cache_entry(n);
			CHECK(cache_bucket(e->hash) == &bucket[i],
			    "an entry in another's bucket");
			CHECK(e->queue >= QUEUE_BUSY && e->queue
			    <= QUEUE_MAIN, "an entry that is not to be found");
			CHECK(s->indexed++ <= cache.shape.entries,
			    "a ring of keys");
		}
	CHECK(s->indexed == s->n[QUEUE_BUSY] + s->n[QUEUE_SMALL]
	    + s->n[QUEUE_MAIN], "an entry that is not found");
	return NULL;
}

static const char *audit(const struct cache_shard *sh)
{
	struct sums s = {0};
	const char *why = NULL;

	for (unsigned q = 1; q < CACHE_QUEUES && why == NULL; q++)
		why = audit_queue(sh, q, &s);
	if (why == NULL)
		why = audit_entries(sh, &s);
	if (why == NULL)
		why = audit_free(sh, &s);
	if (why == NULL)
		why = audit_index(sh, &s);
	CHECK(why == NULL, why);
	CHECK(s.promised == sh->promised, "what is promised");
	CHECK((sh->version & 1) == 0, "a change of the index without end");
	return NULL;
}

static void forget_seen(const struct cache_shard *sh)
{
	for (uint32_t u = cache_first_unit(cache_number(sh));
	    u < sh->fresh_unit; u++)
		cache.unit[u].mark = cache.unit[u].mark & ~UNIT_SEEN;
}

bool cache_audit(const char **why)
{
	*why = NULL;
	for (unsigned i = 0; i < cache.shape.shards && *why == NULL; i++) {
		struct cache_shard *sh = cache_lock(i);
		*why = audit(sh);
		forget_seen(sh);
		cache_unlock(sh);
	}
	return *why == NULL;
}
