/* SPDX-License-Identifier: BSD-2-Clause */
/* Staff: how many workers there are to be, and which of them spins. */
#ifndef STEWARD_STAFF_H
#define STEWARD_STAFF_H

#include <stdint.h>

/* Once per steward, before the other: it knows nobody yet. The family has min
 * to max workers. */
void staff_init(unsigned min, unsigned max);

/* Looks at the workers of this family. A worker is held when it sleeps, or is
 * stopped, in one stride for more than 10 ms; one that only waits for a CPU is
 * not. Says in head->wanted how many there are to be so that `min` are not
 * held; when there have been more for 10 s, head->leave and the bell send one
 * away each second. One that spins gets its verdict in its slot. Returns
 * clock_ms of the next look, a second away at most. Does not block. */
uint64_t staff_look(uint64_t now);

#endif
