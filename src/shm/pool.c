/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools: their lock, and what it guards after a death. */
#include "shm/pool.h"

#include "base/fault.h"
#include "base/log.h"
#include "shm/queue.h"
#include "shm/seat.h"

/* Who died with this lock may have had one of its seats, too. */
static void mend_seats(const struct conf_pool *pool)
{
	for (unsigned i = 0; i < pool->nbackends; i++) {
		unsigned backend = pool->backends[i].index;
		if (atomic_load(&seats.at[backend].lock.word) == 0)
			continue;
		seat_lock(backend);
		seat_unlock(backend);
	}
}

static void rebuild(const struct conf_pool *pool)
{
	for (unsigned i = 0; i < pool->nbackends; i++)
		seats.current[pool->backends[i].index] = 0;
	pool_of(pool)->turn = 0;
	mend_seats(pool);
	queue_rebuild(pool);
}

struct pool_seat *pool_lock(const struct conf_pool *pool)
{
	struct pool_seat *s = pool_of(pool);

	MUST(pool->index < seats.npools);
	if (lock_take(&s->lock))
		rebuild(pool);
	FAULT(pool_locked);
	return s;
}

void pool_unlock(const struct conf_pool *pool)
{
	lock_release(&pool_of(pool)->lock);
}
