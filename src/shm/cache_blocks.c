/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of the cache's memory: a buddy system for each shard. */
#include "base/log.h"
#include "shm/cache_layout.h"

static uint32_t next_of(uint32_t u)
{
	return atomic_load_explicit(&cache.unit[u].next, memory_order_relaxed);
}

static void set_next(uint32_t u, uint32_t next)
{
	atomic_store_explicit(&cache.unit[u].next, next, memory_order_relaxed);
}

static void set_mark(uint32_t u, uint32_t mark)
{
	atomic_store_explicit(&cache.unit[u].mark, mark, memory_order_relaxed);
}

static uint32_t mark_of(uint32_t u)
{
	return atomic_load_explicit(&cache.unit[u].mark, memory_order_relaxed);
}

unsigned cache_order_for(size_t bytes)
{
	unsigned order = 0;

	while (((size_t)CACHE_UNIT << order) < bytes)
		order++;
	return order;
}

static void list_push(struct cache_shard *sh, uint32_t u, unsigned order)
{
	uint32_t first = sh->free[order];

	set_mark(u, UNIT_FREE | order);
	set_next(u, first);
	cache.unit[u].before = 0;
	if (first)
		cache.unit[first].before = u;
	sh->free[order] = u;
}

static void list_remove(struct cache_shard *sh, uint32_t u, unsigned order)
{
	uint32_t next = next_of(u), before = cache.unit[u].before;

	MUST(mark_of(u) == (UNIT_FREE | order));
	if (before)
		set_next(before, next);
	else
		sh->free[order] = next;
	if (next)
		cache.unit[next].before = before;
	set_mark(u, 0);
}

/* Memory that nobody has touched is taken last. */
static bool take_fresh(struct cache_shard *sh)
{
	uint32_t end = cache_first_unit(cache_number(sh)) + cache.shape.units;

	if (sh->fresh_unit >= end)
		return false;
	list_push(sh, sh->fresh_unit, CACHE_ORDERS - 1);
	sh->fresh_unit += CACHE_CHUNK;
	return true;
}

uint32_t cache_block_take(struct cache_shard *sh, unsigned order)
{
	unsigned from = order;

	while (from < CACHE_ORDERS && sh->free[from] == 0)
		from++;
	if (from == CACHE_ORDERS) {
		if (!take_fresh(sh))
			return 0;
		from--;
	}
	uint32_t u = sh->free[from];
	list_remove(sh, u, from);
	while (from > order) {
		from--;
		list_push(sh, u + (1u << from), from);
	}
	set_next(u, 0);
	set_mark(u, UNIT_USED | order);
	sh->free_units -= 1u << order;
	return u;
}

uint32_t cache_block_take_some(struct cache_shard *sh, unsigned order)
{
	uint32_t u = cache_block_take(sh, order);

	while (u == 0 && order > 0)
		u = cache_block_take(sh, --order);
	return u;
}

/* Units of a chunk have numbers that begin at a multiple of its size, so a
 * block's other half is found by one bit. */
static void give(struct cache_shard *sh, uint32_t u, unsigned order)
{
	sh->free_units += 1u << order;
	while (order < CACHE_ORDERS - 1) {
		uint32_t other = u ^ (1u << order);
		if (mark_of(other) != (UNIT_FREE | order))
			break;
		list_remove(sh, other, order);
		u &= ~(1u << order);
		order++;
	}
	list_push(sh, u, order);
}

void cache_block_free(struct cache_shard *sh, uint32_t block)
{
	uint32_t mark = mark_of(block);

	MUST((mark & ~(uint32_t)UNIT_ORDER) == UNIT_USED);
	set_mark(block, 0);
	give(sh, block, mark & UNIT_ORDER);
}

void cache_blocks_free(struct cache_shard *sh, uint32_t block)
{
	while (block) {
		uint32_t next = next_of(block);
		cache_block_free(sh, block);
		block = next;
	}
}

void cache_block_cut(struct cache_shard *sh, uint32_t block, unsigned order)
{
	unsigned now = mark_of(block) & UNIT_ORDER;

	set_mark(block, UNIT_USED | (order < now ? order : now));
	while (now > order) {
		now--;
		give(sh, block + (1u << now), now);
	}
}

void cache_units_free(struct cache_shard *sh, uint32_t from, uint32_t to)
{
	while (from < to) {
		unsigned order = 0;
		while (order < CACHE_ORDERS - 1
		    && (from & (1u << order)) == 0
		    && from + (2u << order) <= to)
			order++;
		give(sh, from, order);
		from += 1u << order;
	}
}
