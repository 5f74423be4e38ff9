/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of a pool, under its lock. For shm alone. */
#ifndef SHM_QUEUE_H
#define SHM_QUEUE_H

#include "shm/pool.h"

#define CALLS_MOST 32

/* Who was given a place, and is to be rung once the lock is free: a ring is a
 * system call. */
struct calls {
	unsigned n;
	struct {
		struct conn *c;
		uint32_t serial;
	} at[CALLS_MOST];
};

/* c, which is the caller's and in no queue, stands at the end now; wanted:
 * one backend only, or NULL: any but those that p->tried names last, while
 * others are up. The caller has the pool's lock. */
void queue_join(const struct pick *p, struct conn *c,
    const struct conf_backend *wanted);

/* Gives free places to those that wait, in their order: all there are, as far
 * as there is room in *calls; or one at that backend. */
void queue_give(const struct conf_pool *pool, struct calls *calls);
void queue_pass(const struct conf_pool *pool, unsigned backend,
    struct calls *calls);

/* Rings them, but for c, which is the caller's (or NULL). No lock is held. */
void queue_ring(const struct conf_pool *pool, const struct calls *calls,
    const struct conn *c);

/* The queue is made from the rows. */
void queue_rebuild(const struct conf_pool *pool);

#endif
