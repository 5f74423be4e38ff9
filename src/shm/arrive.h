/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrivals: connections that gates have made, received into rows. */
#ifndef SHM_ARRIVE_H
#define SHM_ARRIVE_H

#include "shm/lobby.h"

/* Receives one message of a gate, if there is one. The row that it makes or
 * moves, owned by the caller, to be carried; NULL: there is none. */
struct conn *arrive(void);

/* Hangs what the client of *a brought beside its keys on its row, which the
 * caller owns; once more does no harm. False: there is no page for it. */
bool arrive_hang_facts(struct conn *c, const struct arrival *a);

/* What slot n had received when it died, if fd is the socket of it, a client
 * that has no row yet: hung, owned by the caller; else NULL. */
struct conn *arrive_adopt(unsigned n, int fd);

/* Hangs on the row, which the caller owns, what a dead process had received
 * with it, whether that made the row or who was settling it. False: there is
 * no page for it. */
bool arrive_complete(struct conn *c);

#endif
