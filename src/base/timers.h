/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers: which of many numbers is due first, without looking at them all. */
#ifndef BASE_TIMERS_H
#define BASE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#define TIMERS_NEVER UINT64_MAX

/* A heap. Numbers are below `room`, each has one time or none. */
struct timers {
	uint32_t *heap;  /* numbers; the first is due first */
	uint32_t *place; /* of a number in the heap, + 1; 0: it has no time */
	uint64_t *when;  /* by number */
	unsigned n, room;
};

/* False if there is no memory. */
bool timers_init(struct timers *t, unsigned room);
void timers_fini(struct timers *t);

/* Gives a number its time, instead of the one it had. */
void timers_set(struct timers *t, unsigned number, uint64_t when);

/* It has no time any more, if it had one. */
void timers_clear(struct timers *t, unsigned number);

/* The time of a number, or of whoever is first; TIMERS_NEVER if none is. */
uint64_t timers_of(const struct timers *t, unsigned number);
uint64_t timers_first(const struct timers *t);

/* Who is first, if its time is not after `now`; it has none any more. */
bool timers_take(struct timers *t, uint64_t now, unsigned *number);

#endif
