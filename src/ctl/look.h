/* SPDX-License-Identifier: BSD-2-Clause */
/* Two looks at a status, and what happened between them, a second. */
#ifndef CTL_LOOK_H
#define CTL_LOOK_H

#include "ctl/status.h"

struct look {
	struct answer answer;
	struct status status;
	uint64_t at; /* clock_us */
	const struct status_backend **sorted; /* by pool and name */
};

/* What is sorted by. Rates are of the time between two looks, or what the
 * master says if there was but one. */
struct figures {
	int64_t rate_x10;   /* attempts a second, in tenths */
	int64_t errors_x10; /* the same of failures */
	int64_t in_flight;
	int64_t p95_us;     /* of a pool: of its slowest backend */
};

/* Takes the answer, which is the look's from now on. For look_fini. */
void look_take(struct look *to, struct answer *answer);
void look_fini(struct look *l);

/* before may be NULL. */
struct figures look_backend(const struct look *now, const struct look *before,
    const struct status_backend *b);
struct figures look_pool(const struct look *now, const struct look *before,
    const struct status_pool *p);

#endif
