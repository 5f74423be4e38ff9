/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines that come in masses when much fails: a few a second, then a number. */
#ifndef WORKER_TERSE_H
#define WORKER_TERSE_H

#include <stdbool.h>
#include <stdint.h>

#define TERSE_LINES 10 /* of a worker, a second */

/* One for each kind of line; zero at first; this process's own. */
struct terse {
	uint64_t second;
	unsigned lines, left_out;
};

/* Whether another line may be written at clock_ms now. What was left out in an
 * earlier second is told of first: "N more lines of WHAT". */
bool terse_may_say(struct terse *t, uint64_t now, const char *what);

#endif
