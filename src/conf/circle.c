/* SPDX-License-Identifier: BSD-2-Clause */
/* The circle of a consistent hash: points of backends, as their weights. */
#include "conf/circle.h"

#include <stdlib.h>

#include "base/hash.h"
#include "conf/conf.h"
#include "conf/heap.h"

#define NAME_TEXT 192 /* a name, its member, and a number */

/* Points of a backend of mean weight: from this to twice as many. They go up
 * and down by doubling only, so that a backend that comes or goes hardly ever
 * changes how many the others have. With half of them shares would be off by
 * more than a tenth. */
#define MEAN_LEAST 320

static uint64_t key[2]; /* the same on every machine */

/* Points of a weight: at 2^shift / 256 each, and one at least. */
static uint64_t points_of(unsigned weight, unsigned shift)
{
	uint64_t n = ((uint64_t)weight << shift) / 256;

	return weight && n == 0 ? 1 : n;
}

static uint64_t count(const struct conf_pool *pool, unsigned shift)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < pool->nbackends; i++)
		n += points_of(pool->backends[i].weight, shift);
	return n;
}

static unsigned pick_shift(const struct conf_pool *pool)
{
	uint64_t sum = 0, weighted = 0;
	unsigned shift = 0;

	for (unsigned i = 0; i < pool->nbackends; i++) {
		sum += pool->backends[i].weight;
		weighted += pool->backends[i].weight > 0;
	}
	while (sum && (sum << shift) / 256 < MEAN_LEAST * weighted)
		shift++;
	while (shift && count(pool, shift) > CIRCLE_MOST)
		shift--;
	return shift;
}

static int by_place(const void *a, const void *b)
{
	const struct conf_point *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->backend < y->backend ? -1 : x->backend > y->backend;
}

static uint32_t place(const char *name, unsigned k)
{
	char text[NAME_TEXT];
	int n = snprintf(text, sizeof text, "%s-%u", name, k);

	MUST(n > 0 && n < NAME_TEXT);
	return (uint32_t)hash_slice(key, slice_make(text, (size_t)n));
}

void circle_build(struct conf *conf, struct conf_pool *pool)
{
	unsigned shift = pick_shift(pool);

	pool->npoints = 0;
	pool->points = heap_alloc(conf, count(pool, shift),
	    sizeof *pool->points);
	for (unsigned i = 0; i < pool->nbackends; i++) {
		const struct conf_backend *b = &pool->backends[i];
		uint64_t n = b->name ? points_of(b->weight, shift) : 0;
		for (unsigned k = 0; k < n; k++)
			pool->points[pool->npoints++] = (struct conf_point){
				place(b->name, k), i};
	}
	if (pool->npoints)
		qsort(pool->points, pool->npoints, sizeof *pool->points,
		    by_place);
}

unsigned circle_find(const struct conf_pool *pool, uint32_t at)
{
	unsigned low = 0, high = pool->npoints;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;
		if (pool->points[mid].at < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low < pool->npoints ? low : 0;
}
