/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets: how many retries a pool may make, for what it is asked. */
#include "shm/pool.h"
#include "shm/sticky.h"

#define TOKEN 100 /* a retry; a request earns its percentage of one */
#define MOST (1000 * TOKEN)
#define LIFT (3 * TOKEN)

void budget_fill(struct seats *s)
{
	for (unsigned i = 0; i < s->npools; i++)
		atomic_store(&s->pool[i].budget,
		    s->conf->pools[i].retry.budget ? MOST : 0);
}

/* Full it is only read, by all workers at once. */
static void raise(const struct conf_pool *pool, uint32_t by, uint32_t most)
{
	_Atomic uint32_t *budget = &pool_of(pool)->budget;
	uint32_t old = atomic_load_explicit(budget, memory_order_relaxed);

	while (old < most && !atomic_compare_exchange_weak_explicit(budget,
	    &old, old + by < most ? old + by : most, memory_order_relaxed,
	    memory_order_relaxed))
		;
}

void budget_earn(const struct conf_pool *pool)
{
	if (pool->retry.budget)
		raise(pool, pool->retry.budget, MOST);
}

void budget_lift(const struct conf_pool *pool)
{
	if (pool->retry.budget)
		raise(pool, LIFT, LIFT);
}

bool budget_spend(const struct conf_pool *pool)
{
	_Atomic uint32_t *budget = &pool_of(pool)->budget;
	uint32_t old = atomic_load_explicit(budget, memory_order_relaxed);

	while (old >= TOKEN)
		if (atomic_compare_exchange_weak_explicit(budget, &old,
		    old - TOKEN, memory_order_relaxed, memory_order_relaxed))
			return true;
	return false;
}
