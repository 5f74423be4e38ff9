/* SPDX-License-Identifier: BSD-2-Clause */
/* Scans: the loops over a pool's backends, which vectorise. For shm alone. */
#ifndef SHM_SCAN_H
#define SHM_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

#define SCAN_MOST 4096 /* backends of a configuration */
#define SCAN_BLOCK 32u

/* Tables of the process that scans; by place in the pool. */
struct scan {
	const struct conf_pool *pool;
	unsigned first; /* index of the pool's first backend */
	unsigned n;
	bool up;   /* some are up, were they not full */
	bool open; /* some may be picked */
	uint32_t rank;             /* that is left, in a ranked pool */
	uint32_t share[SCAN_MOST]; /* 0: it is not to be picked */
	uint32_t load[SCAN_MOST];  /* in flight, older families too */
	union {
		float f[SCAN_MOST]; /* above 0: as integers in the same order */
		int32_t i[SCAN_MOST];
	} score;
	uint32_t best[SCAN_MOST / SCAN_BLOCK]; /* of each block */
};

/* Reads what there is of the pool, of whose backends `tried` (indices) are
 * passed over; in a ranked pool those of the best rank in which some are up.
 * The caller has the pool's lock. The result is this thread's, good until its
 * next scan. */
struct scan *scan_pool(const struct conf_pool *pool, const uint16_t *tried,
    unsigned ntried);

/* The next rank. False: there is none. */
bool scan_worse(struct scan *s, const uint16_t *tried, unsigned ntried);

/* Those that are not up, but that nobody has taken out. */
struct scan *scan_down(const struct conf_pool *pool, const uint16_t *tried,
    unsigned ntried);

/* Whether a backend of the pool is up, in the best rank. The same rules. */
bool scan_is_up(const struct conf_pool *pool, unsigned backend);

/* Of the open ones, by smooth weighted round-robin over all workers. */
unsigned scan_turn(struct scan *s);

/* Of the open ones, that with the least latency x (load + 1) / share; equal
 * ones in turn. latency: by index, 0 is `unknown`; or NULL: it is 1. */
unsigned scan_least(struct scan *s, const _Atomic uint32_t *latency,
    uint32_t unknown);

/* The average of those of the open ones that are not 0; at least 1. */
uint32_t scan_average(const struct scan *s, const _Atomic uint32_t *latency);

/* Sums over the open ones. */
void scan_sums(const struct scan *s, uint32_t *shares, uint32_t *loads);

/* Where the sum of shares passes `at`, which is less than all of it. */
unsigned scan_find(struct scan *s, uint32_t at);

#endif
