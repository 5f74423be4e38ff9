/* SPDX-License-Identifier: BSD-2-Clause */
/* Health: what check after check says of a backend, by rise and fall. */
#ifndef STEWARD_HEALTH_H
#define STEWARD_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "steward/check.h"

/* Of a backend, in the memory of the steward; zeroed it begins anew. */
struct health {
	unsigned good, bad;   /* in a row */
	uint64_t ejection;    /* ejected_until of the one that is looked at */
	unsigned after;       /* good ones in a row since it began */
	bool saw;             /* a bad one in it, or just before it */
};

/* One check has ended at clock_ms now with this result, not CHECK_MORE; why as
 * in struct check. Unknown health follows the first check. UP becomes DOWN
 * after `fall` bad ones, DOWN becomes UP after `rise` good ones; 404 with
 * drain_on_404 is a good one that drains. While a
 * backend is ejected that could not be connected, or that fails at checks too,
 * `rise` good HTTP checks end that. Writes health, why and the end of the
 * ejection on the board: true if there was something to write. */
bool health_note(struct health *h, const struct conf_pool *pool,
    const struct conf_backend *b, enum check_result result, const char *why,
    uint64_t now);

/* Milliseconds from the start of one check to the next: `interval`, or
 * interval_down when it is down. While something is changing (bad ones of a
 * backend that is up, good ones of one that is down, an ejection) half of
 * `interval`, but 100 ms at least. */
uint32_t health_interval(const struct health *h, const struct conf_pool *pool,
    const struct conf_backend *b, uint64_t now);

#endif
