/* SPDX-License-Identifier: BSD-2-Clause */
/* The steward's part in the cache: room, waiters, families that ended. */
#ifndef STEWARD_TIDY_H
#define STEWARD_TIDY_H

#include <stdint.h>

/* Once per steward, before the others. */
void tidy_init(void);

/* Does what is due; a short while at most. Returns clock_ms of the next. */
uint64_t tidy_look(uint64_t now);

/* Rows wait for what others fetch: those rows whose turn has come are rung.
 * Returns clock_ms of the next look. */
uint64_t tidy_ring(uint64_t now);

#endif
