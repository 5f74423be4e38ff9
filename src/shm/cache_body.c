/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies in the cache: places in them, and vectors of their bytes. */
#include "shm/cache_layout.h"

static uint64_t block_bytes(uint32_t block)
{
	return (uint64_t)cache_block_units(block) * CACHE_UNIT;
}

static uint32_t next_block(uint32_t block)
{
	return atomic_load_explicit(&cache.unit[block].next,
	    memory_order_acquire);
}

void cache_seek(struct cache_place *p, uint32_t n, uint64_t at)
{
	if (p->block == 0 || at < p->base) {
		p->block = atomic_load_explicit(&cache_entry(n)->body,
		    memory_order_acquire);
		p->base = 0;
	}
	p->at = at;
	while (p->block && at - p->base >= block_bytes(p->block)) {
		uint32_t next = next_block(p->block);
		if (next == 0)
			return;
		p->base += block_bytes(p->block);
		p->block = next;
	}
}

int cache_vectors(const struct cache_place *p, uint32_t n, uint64_t end,
    struct iovec *v, int max)
{
	struct cache_place here = *p;
	int count = 0;

	cache_seek(&here, n, here.at);
	while (here.at < end && here.block && count < max) {
		uint64_t bytes = here.base + block_bytes(here.block) - here.at;
		if (bytes == 0)
			break;
		if (bytes > end - here.at)
			bytes = end - here.at;
		v[count].iov_base = cache_block(here.block)
		    + (here.at - here.base);
		v[count++].iov_len = bytes;
		cache_seek(&here, n, here.at + bytes);
	}
	return count;
}
