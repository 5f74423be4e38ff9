/* SPDX-License-Identifier: BSD-2-Clause */
/* Balancing: which of those that may be picked. For shm alone. */
#ifndef SHM_BALANCE_H
#define SHM_BALANCE_H

#include "shm/scan.h"
#include "shm/seats.h"

/* To be called before the pool is locked: may enter the kernel. */
void balance_prepare(const struct conf_pool *pool);

/* One of the open ones (there is one at least), by its place in the pool. p
 * has the hash, or is NULL. The caller has the pool's lock. */
unsigned balance_choose(struct scan *s, const struct pick *p);

#endif
