/* SPDX-License-Identifier: BSD-2-Clause */
/* Balancing: smooth weighted round-robin, exact over all workers. */
#include "base/fault.h"
#include "shm/seats.h"

struct turn {
	const struct conf_pool *pool;
	bool (*may)(const struct conf_backend *b, const void *arg);
	const void *arg;
};

static void forget_weights(const struct conf_pool *pool)
{
	for (unsigned i = 0; i < pool->nbackends; i++)
		seats.current[pool->backends[i].index] = 0;
}

/* Each round every candidate gains its weight; the richest one is picked and
 * pays what all gained together. So 5:1:1 gives a a b a c a a. */
static const struct conf_backend *next_of(const struct turn *t, bool backup)
{
	const struct conf_backend *best = NULL;
	int32_t sum = 0;

	for (unsigned i = 0; i < t->pool->nbackends; i++) {
		const struct conf_backend *b = &t->pool->backends[i];
		if (b->backup != backup || b->weight == 0
		    || !t->may(b, t->arg))
			continue;
		seats.current[b->index] += (int32_t)b->weight;
		sum += (int32_t)b->weight;
		if (best == NULL || seats.current[b->index]
		    > seats.current[best->index])
			best = b;
	}
	if (best)
		seats.current[best->index] -= sum;
	return best;
}

const struct conf_backend *balance_round_robin(const struct conf_pool *pool,
    bool (*may)(const struct conf_backend *b, const void *arg),
    const void *arg)
{
	struct turn t = {pool, may, arg};
	struct pool_seat *seat = &seats.pool[pool->index];

	if (pool->nbackends == 1)
		return pool->backends[0].weight
		    && may(&pool->backends[0], arg)
		    ? &pool->backends[0] : NULL;
	if (lock_take(&seat->lock) || seat->torn) {
		forget_weights(pool);
		seat->torn = 0;
	}
	FAULT(pool_locked);
	const struct conf_backend *b = next_of(&t, false);
	if (b == NULL)
		b = next_of(&t, true);
	lock_release(&seat->lock);
	return b;
}
