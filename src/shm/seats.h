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

/* Locks in the order pool, backend. */

/* Client rows that wait, in the order of their tickets. */
struct line {
	uint32_t first, last; /* rows; 0: nobody */
};

/* All fields under the lock. Who takes it from a dead owner rebuilds them
 * from the rows: seats.inflight is the number of client rows that hold the
 * backend, the stack is its parked backend rows. */
struct seat {
	struct lock lock;
	uint32_t nidle;
	_Atomic uint32_t idle; /* row on top of the stack, 0: none */
	struct line line; /* who waits for this backend: the pool's lock */
	char pad[44];
};

/* Per pool: round-robin weights (seats.current) and the queue, which is a line
 * for any backend and one for each backend, under the lock. After a death
 * under it the weights begin anew and the queue is made from the rows:
 * conn.queued says who stands in it, conn.ticket where. */
struct pool_seat {
	struct lock lock;
	struct line line;        /* who waits for any backend */
	_Atomic uint32_t length; /* read without the lock too */
	uint32_t particular;     /* of them wait in the lines of backends */
	uint32_t turn;           /* the place behind the last picked */
	uint64_t tickets;        /* handed out */
	_Atomic uint32_t budget; /* retries that may be made, in hundredths:
				  * any worker; off by one after a death */
	char pad[24];
};

struct seats_head {
	_Atomic uint32_t over; /* the family is gone: its steward, the master */
};

/* What is scanned for a pick lies dense, by conf_backend.index: */
struct seats {
	struct area area;
	struct seats_head *head;
	struct seat *at;           /* by conf_backend.index */
	struct pool_seat *pool;    /* by conf_pool.index */
	int32_t *current;          /* round-robin: the pool's lock */
	_Atomic uint32_t *inflight; /* the seat's lock; read without */
	/* of new requests it gets so many parts, 256 a unit of weight; 0: it
	 * is not to be picked. In flight at most; UINT32_MAX: any number.
	 * Both follow from board and configuration: seats_refresh. */
	_Atomic uint32_t *share, *limit;
	_Atomic uint32_t *rank;    /* less is asked first; seats_refresh */
	_Atomic uint32_t *latency; /* us, average; workers; 0: none yet */
	unsigned n, npools;
	/* of this process's memory, made before the family is forked: */
	const struct conf *conf;
	const struct conf_backend **backend;
	uint16_t *row;     /* on the board */
	uint64_t *sticky;  /* values of cookies */
	struct seats_older {
		const struct seats_head *head;
		const _Atomic uint32_t *inflight;
		const uint16_t *index; /* of our backend there, or BOARD_NONE */
	} older[8];
	unsigned nolder;
};

extern struct seats seats;

/* Area and tables for a configuration, whose backends have their rows on the
 * board already: row[], from malloc, is the seats' from now on; the caller's
 * if it fails. Nobody is to be picked before seats_refresh. */
bool seats_create(struct seats *s, const struct conf *conf, uint16_t *row);
void seats_free(struct seats *s);

/* The same of the area that the program before made for that configuration;
 * if all is well the descriptor is the seats' as well. */
bool seats_attach(struct seats *s, const struct conf *conf, uint16_t *row,
    int fd);

/* In the steward, before it clones: an older family, whose area stays mapped,
 * read-only. */
void seats_add_older(struct seats *s, const struct seats *older);

/* Forgets, in this process, older families that are over. */
void seats_forget_over(void);

/* Works out share and limit from board and configuration at clock_ms now:
 * state, weight, slow_start; one that goes on failing while too many others
 * are ejected gets the least share. Any process of the family; who changed the
 * board wakes the steward, which does it once more, so that no stale value
 * stays. True if a step of slow_start or an ejection makes it change again
 * soon. */
bool seats_refresh(const struct conf_backend *b, uint64_t now);

/* How far slow_start of the backend has come at clock_ms now, in percent: 100
 * for one that gets its whole part. */
unsigned seats_started(const struct conf_backend *b, uint64_t now);

/* ---- Picking ---- */

struct pick {
	const struct conf_pool *pool;
	const struct conf_backend *wanted; /* sticky: this one, or NULL */
	uint64_t hash;          /* BALANCE_HASH, if hashed */
	bool hashed;            /* else, without a key: round-robin */
	bool idle;              /* an idle connection will do ... */
	struct slice host;      /* ... that is for this Host; n 0: the
				 * backend's */
	bool any;               /* when_all_down "try": also who is down */
	bool may_wait;          /* in the queue */
	bool again;             /* an attempt has failed: also if it is full */
	const uint16_t *tried;  /* indices that are passed over */
	unsigned ntried;
};

enum pick_result {
	PICK_TAKEN,  /* c holds a place at the backend */
	PICK_QUEUED, /* c stands in the pool's queue: WAIT_TURN */
	PICK_FULL,   /* some could, were they not full (and the queue, too) */
	PICK_NONE,   /* none is up, or all were tried */
};

/* Picks a backend for client row c (the caller's, holding nothing) and takes a
 * place there, all at once: exact over all workers of the family. On TAKEN
 * *b is the backend and *peer an idle connection bound to c, or NULL. A row
 * that stands in the queue already keeps its ticket, and leaves the queue when
 * it is TAKEN. Who comes new does not pass those that wait. */
enum pick_result seat_pick(struct conn *c, const struct pick *p,
    const struct conf_backend **b, struct conn **peer);

/* c was given a place while it waited (conn.granted): its backend; NULL if
 * not. Clears the mark. */
const struct conf_backend *seat_granted(struct conn *c,
    const struct conf_pool *pool);

/* Leaves the queue, if c stands in it, or gives back the place that it was
 * given while it waited; who waits behind gets what is free. */
void queue_leave(struct conn *c);

/* Gives free places of a pool to those that wait for one. For the steward,
 * after it has refreshed: others may have ended, or died. */
void queue_serve(const struct conf_pool *pool);

/* Another idle connection of the backend that c holds, bound to c; over TLS
 * one for that Host, as in struct pick; NULL. */
struct conn *seat_idle(struct conn *c, struct slice host);

/* c holds nothing any more; the first that waits for the place gets it. peer
 * (may be NULL) is a connection bound to c: true if it is idle now; false if
 * it is still the caller's, to be closed. */
bool seat_give(struct conn *c, struct conn *peer, unsigned most_idle,
    uint64_t deadline);

/* A new connection that nobody waits for, owned by the caller: true if it is
 * idle now; false if it is still the caller's, to be closed. */
bool seat_keep(struct conn *peer, unsigned most_idle, uint64_t deadline);

/* In flight at a backend, older families included. No lock: a figure. */
unsigned seat_inflight(unsigned backend);

/* The backend of a pool that a sticky cookie names; NULL: none. And the value
 * for one: 16 hexadecimal digits and NUL. */
const struct conf_backend *sticky_find(const struct conf_pool *pool,
    struct slice value);
void sticky_value(const struct conf_backend *b, char to[17]);

/* A request more of the pool; a retry: false if there were too many of late
 * (retry.budget). */
void budget_earn(const struct conf_pool *pool);
bool budget_spend(const struct conf_pool *pool);

/* The steward, each second: a few retries may be made whatever was earned. */
void budget_lift(const struct conf_pool *pool);

/* ---- Idle connections and deaths ---- */

/* Takes an idle connection to the same backend that is for another name than
 * that one, and was used before others: owned by the caller, to be closed.
 * NULL: none is found. */
struct conn *seat_remove_other(const struct conn *than);

/* Takes an idle connection out of its stack: owned by the caller, to be
 * closed. False if it is not idle any more. */
bool seat_remove(struct conn *peer, uint32_t serial);

/* Takes any idle connection: rows run short. NULL if there is none. */
struct conn *seat_remove_any(void);

/* Locks that slot n holds are passed on, what they guard is rebuilt. */
void seats_settle_locks(unsigned slot);

/* Sums over all seats. */
void seats_sum(uint32_t *inflight, uint32_t *idle);

#endif
