/* SPDX-License-Identifier: BSD-2-Clause */
/* A seat: its lock, its count, its stack. For shm alone. */
#ifndef SHM_SEAT_H
#define SHM_SEAT_H

#include <stdbool.h>

#include "shm/seats.h"

/* Takes the seat's lock; count and stack are whole then. */
struct seat *seat_lock(unsigned backend);
void seat_unlock(unsigned backend);

/* Counts client row c as in flight at the backend; if `idle`, an idle
 * connection, bound to c, or NULL. c held nothing before. */
struct conn *seat_hold(unsigned backend, struct conn *c, bool idle,
    struct slice host);

/* The same in older families, as far as they are not over. */
uint32_t seat_older(unsigned backend);

static inline bool seat_has_room(unsigned backend)
{
	return seat_inflight(backend) < atomic_load_explicit(
	    &seats.limit[backend], memory_order_relaxed);
}

#endif
