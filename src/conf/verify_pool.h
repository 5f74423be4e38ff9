/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools as a whole, and beside each other. */
#ifndef CONF_VERIFY_POOL_H
#define CONF_VERIFY_POOL_H

struct load;

/* Works out what follows from the backends of each pool; reports names that
 * are there twice, circles of fallbacks, and what can have no effect. */
void verify_pools(struct load *l);

#endif
