/* SPDX-License-Identifier: BSD-2-Clause */
/* Sums of what is stored, so that a file that was damaged is noticed. */
#include <string.h>

#include "shm/cache_layout.h"

#define LANES 4
#define ODD UINT64_C(0x9e3779b97f4a7c15)

static uint64_t turn(uint64_t x)
{
	return x << 29 | x >> 35;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
	return turn(h ^ word) * ODD;
}

/* No stranger chooses the sum: it is not a secret's, but quick. */
static uint64_t sum(const char *p, size_t n, uint64_t from)
{
	uint64_t h[LANES] = {from, ODD, ~from, n};
	uint64_t word[LANES];

	for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
		memcpy(word, p, sizeof word);
		for (unsigned i = 0; i < LANES; i++)
			h[i] = mix(h[i], word[i]);
	}
	memset(word, 0, sizeof word);
	memcpy(word, p, n);
	for (unsigned i = 0; i < LANES; i++)
		h[i] = mix(h[i], word[i]);
	uint64_t all = mix(mix(mix(h[0], h[1]), h[2]), h[3]);
	return all ^ all >> 32;
}

/* Of the sums of its blocks, in their order: after a power cut a block may be
 * whole that is one of before. */
static uint64_t sum_of_sums(uint32_t block)
{
	uint64_t h = 0;

	for (; block; block = atomic_load(&cache.unit[block].next))
		h = mix(h, cache.unit[block].check);
	return h;
}

uint64_t cache_check_head(uint32_t n)
{
	const struct entry *e = cache_entry(n);
	const uint64_t facts[] = {atomic_load(&e->hash), e->nkey, e->nrecord,
		e->flags, atomic_load(&e->total), sum_of_sums(e->body)};

	return sum(cache_block(e->first), (size_t)e->nkey + e->nrecord,
	    sum((const char *)facts, sizeof facts, 0));
}

uint32_t cache_check_block(const char *p, size_t n)
{
	return (uint32_t)sum(p, n, 0);
}

static bool body_is_sound(uint32_t n)
{
	const struct entry *e = cache_entry(n);
	uint64_t left = atomic_load(&e->total);
	uint32_t block = e->body;

	while (left && block) {
		uint64_t bytes = (uint64_t)cache_block_units(block)
		    * CACHE_UNIT;
		bytes = bytes < left ? bytes : left;
		if (cache.unit[block].check
		    != cache_check_block(cache_block(block), bytes))
			return false;
		left -= bytes;
		block = atomic_load(&cache.unit[block].next);
	}
	return left == 0;
}

bool cache_is_sound(uint32_t n)
{
	struct entry *e = cache_entry(n);
	uint32_t epoch = atomic_load_explicit(&cache.head->epoch,
	    memory_order_relaxed);

	if (atomic_load_explicit(&e->checked, memory_order_relaxed) == epoch)
		return true;
	if (e->check == cache_check_head(n) && body_is_sound(n)) {
		atomic_store_explicit(&e->checked, epoch,
		    memory_order_relaxed);
		return true;
	}
	atomic_fetch_add(&cache.head->damaged, 1);
	cache_condemn(n);
	return false;
}
