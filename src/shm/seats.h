/* SPDX-License-Identifier: BSD-2-Clause */
/* Seats: per backend what is in flight and which connections are idle. */
#ifndef SHM_SEATS_H
#define SHM_SEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "shm/area.h"
#include "shm/conn.h"
#include "shm/lock.h"

/* All fields under the lock. Who takes it from a dead owner rebuilds them
 * from the rows: `inflight` is the number of client rows that hold the
 * backend, the stack is its parked backend rows. */
struct seat {
	struct lock lock;
	uint32_t inflight;
	uint32_t nidle;
	_Atomic uint32_t idle; /* row on top of the stack, 0: none */
	char pad[48];
};

/* Per pool: smooth weighted round-robin. After a death under the lock the
 * weights begin anew. */
struct pool_seat {
	struct lock lock;
	uint32_t torn; /* its owner died, who settled it did not mend it */
	char pad[56];
};

struct seats {
	struct area area;
	struct seat *at;        /* by conf_backend.index */
	struct pool_seat *pool; /* by conf_pool.index */
	int32_t *current;       /* by conf_backend.index; the pool's lock */
	unsigned n, npools;
};

extern struct seats seats;

bool seats_create(struct seats *s, unsigned nbackends, unsigned npools);

/* Counts client row c (the caller's) as in flight at the backend; if `idle`
 * is wanted and there is one, binds an idle connection to c and returns its
 * row, else NULL. c held nothing before. */
struct conn *seat_take(unsigned backend, struct conn *c, bool idle);

/* c holds nothing any more. peer (may be NULL) is a connection bound to c:
 * true if it is idle now; false if it is still the caller's, to be closed. */
bool seat_give(struct conn *c, struct conn *peer, unsigned most_idle,
    uint64_t deadline);

/* Takes an idle connection out of its stack: owned by the caller, to be
 * closed. False if it is not idle any more. */
bool seat_remove(struct conn *peer, uint32_t serial);

/* Takes any idle connection: rows run short. NULL if there is none. */
struct conn *seat_remove_any(void);

/* Locks that slot n holds are passed on, what they guard is rebuilt. */
void seats_settle_locks(unsigned slot);

/* Sums over all seats. */
void seats_sum(uint32_t *inflight, uint32_t *idle);

/* The next backend of a pool by smooth weighted round-robin, of those that
 * `may` accepts; NULL if it accepts none. Backups only when no other may. */
const struct conf_backend *balance_round_robin(const struct conf_pool *pool,
    bool (*may)(const struct conf_backend *b, const void *arg),
    const void *arg);

#endif
