/* SPDX-License-Identifier: BSD-2-Clause */
/* Scans: the loops over a pool's backends, which vectorise. For shm alone. */
#ifndef SHM_SCAN_H
#define SHM_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

#define SCAN_MOST 4096 /* backends of a configuration */

/* Tables of the process that scans; by place in the pool. */
struct scan {
	const struct conf_pool *pool;
	unsigned first; /* index of the pool's first backend */
	unsigned n;
	bool up;   /* some are up, were they not full */
	bool full; /* some that are up are full */
	bool open; /* some may be picked */
	uint32_t rank; /* that is left */
	uint32_t share[SCAN_MOST]; /* 0: it is not up, or was tried */
	uint32_t load[SCAN_MOST];  /* in flight, older families too */
	uint32_t open_share[SCAN_MOST]; /* 0: it is not to be picked */
	union score {
		float f;
		int32_t i; /* orders floats that are not below 0 */
	} score[SCAN_MOST];
	int32_t key[SCAN_MOST];
};

/* Reads what there is of the pool, of whose backends `tried` (indices) are
 * passed over. The caller has the pool's lock. The result is this thread's,
 * good until its next scan. */
struct scan *scan_pool(const struct conf_pool *pool, const uint16_t *tried,
    unsigned ntried);

/* The same of those that are not up, but that nobody has taken out. */
struct scan *scan_down(const struct conf_pool *pool, const uint16_t *tried,
    unsigned ntried);

/* Leaves only the best rank in which some are up. False: none is. */
bool scan_rank(struct scan *s);

/* The next rank instead, of those that `tried` does not name. */
bool scan_worse(struct scan *s, const uint16_t *tried, unsigned ntried);

/* Of the open ones, by smooth weighted round-robin over all workers. */
unsigned scan_turn(struct scan *s);

/* score = factor x (load + 1) / share of the open ones, the others' is
 * endless; factor (NULL: 1) is not 0 for them. Then only those with the least
 * score stay open. */
void scan_least(struct scan *s, const uint32_t *factor);

/* Sums over the open ones. */
uint64_t scan_shares(const struct scan *s);
uint64_t scan_loads(const struct scan *s);

#endif
