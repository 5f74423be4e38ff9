/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that die young: how long their successors wait. */
#ifndef MASTER_YOUNG_H
#define MASTER_YOUNG_H

#include <stdbool.h>
#include <stdint.h>

/* Of processes that share a fate: a family's, or the logger. Zero: all is
 * well. */
struct young {
	unsigned deaths; /* in a row; a second one within a wait is none */
	uint64_t until;  /* clock_ms: nobody is made before; 0: no wait */
	uint64_t last;   /* clock_ms of the end of the last wait */
};

/* True if who was born (clock_ms) then and ended with that wait status died
 * within a second, and not because somebody killed it. */
bool young_is(uint64_t born, uint64_t now, int status);

/* One of them died young: the next wait begins, of 1 s, 2, 4 ... 60. Returns
 * its milliseconds; 0 if one was going on. */
unsigned young_wait(struct young *y, uint64_t now);

/* True while nobody is to be made. A minute after a wait without another, all
 * is well again. */
bool young_waits(struct young *y, uint64_t now);

#endif
