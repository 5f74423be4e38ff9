/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools: their lock, and what it guards after a death. For shm alone. */
#ifndef SHM_POOL_H
#define SHM_POOL_H

#include "conf/conf.h"
#include "shm/conn.h"
#include "shm/seats.h"

/* Takes the pool's lock; weights and queue are whole then. */
struct pool_seat *pool_lock(const struct conf_pool *pool);
void pool_unlock(const struct conf_pool *pool);

static inline struct pool_seat *pool_of(const struct conf_pool *pool)
{
	return &seats.pool[pool->index];
}

#endif
