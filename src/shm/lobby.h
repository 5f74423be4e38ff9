/* SPDX-License-Identifier: BSD-2-Clause */
/* The lobby: where connections wait and workers accept them. */
#ifndef SHM_LOBBY_H
#define SHM_LOBBY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shm/area.h"
#include "shm/arrival.h"
#include "shm/conn.h"
#include "shm/lock.h"

#define LOBBY_LISTENERS 256 /* bound addresses of a generation */

#define LOBBY_FIRST 3 /* rows from here on may be connections */

/* What the family is told; the master and its steward write it. */
enum lobby_order { LOBBY_RUN, LOBBY_DRAIN, LOBBY_HURRY };

/* What a family has too little of, as lobby_may_tell asks. */
enum lobby_word { LOBBY_NO_ROOM, LOBBY_NO_PAGES, LOBBY_NO_BUDGET,
	LOBBY_WORDS };

struct lobby_head {
	_Atomic uint64_t wakes_at; /* steward: clock_ms of its next look */
	_Atomic uint64_t told_at[LOBBY_WORDS]; /* any: clock_ms of the last */
	_Atomic uint32_t order;    /* enum lobby_order: the master */
	_Atomic uint32_t top;      /* any: one above the highest row used */
	_Atomic uint32_t clients;  /* any: rows of kind client; steward mends */
	_Atomic uint32_t full;     /* any: listeners are out of the set */
	_Atomic uint32_t open;     /* steward: the family's table is made */
	_Atomic uint32_t ready;    /* steward: its family takes requests */
	_Atomic uint32_t ended;    /* steward: no connection is left */
	_Atomic uint32_t over;     /* master: no process is left */
	_Atomic uint32_t shut;     /* steward: no new client is let in */
	_Atomic uint32_t calls;    /* master: wakes the heir (a futex) */
	_Atomic uint32_t gates_died; /* master: calls to them may be lost */
	_Atomic uint32_t gates;    /* master: those that may bring clients */
	_Atomic uint32_t wanted;   /* steward: workers; the master bounds it */
	/* steward: 1, one worker may leave, or 0; a worker between two
	 * strides: 0, and leaves */
	_Atomic uint32_t leave;
	_Atomic uint32_t waiting;  /* any: a row waits for an entry, perhaps;
				    * the steward clears it, and looks */
	struct lock revival; /* worker: clones a steward (a system call) */
};

struct lobby_listener {
	int fd;
	unsigned index;  /* of the configuration's listener */
	bool is_unix;
	struct addr at;  /* as it is bound */
};

/* Made by the master before the family is forked, but for the descriptors,
 * which the steward makes; then the same in every process of the family. */
struct lobby {
	struct area area;
	struct lobby_head *head;
	struct conn *rows;
	_Atomic uint64_t *due;  /* dense: clock_ms, 0: none; the row's owner */
	_Atomic uint32_t *pins; /* dense: cache entries; the row's owner */
	/* dense: entries that rows wait for, 0: none; the row's owner */
	_Atomic uint32_t *waits;
	struct session *sessions; /* dense: session.h */
	struct arrival *hands;  /* by slot: what it received under its note */
	unsigned nrows;
	unsigned connections;   /* clients at most */
	int door;               /* epoll set */
	int sleep;              /* epoll set of the steward's: sleep.h */
	int wake;               /* eventfd: the steward looks earlier */
	int bell;               /* eventfd in the door: orders to a worker */
	int order;              /* eventfd: master to steward */
	int report;             /* eventfd: family to master */
	struct lobby_listener listeners[LOBBY_LISTENERS];
	unsigned nlisteners;
	/* Those with TLS: gates accept on them. The family has `at` alone. */
	struct lobby_listener gated[LOBBY_LISTENERS];
	unsigned ngated;
	/* arrival.h; -1 without gates. [0]: the end that is read. The family
	 * has arrivals[0], calls[1] and, for its steward, checked[0]. */
	int arrivals[2], calls[2], checked[2];
};

extern struct lobby lobby;

/* The rows of a family; false if there is no memory. */
bool lobby_create(struct lobby *l, unsigned nrows);

/* The listener with TLS that a gate means; NULL if there is none. */
const struct lobby_listener *lobby_gated(uint32_t index);

/* Steward, after it has closed what is not its family's: makes the epoll sets
 * and the rows of the fixed descriptors. bell, order and report are the
 * master's eventfds. False (errno) if the system is short of something. */
bool lobby_open(void);

/* Blocks until there is something to carry: a new connection or one whose
 * wait is over, now owned by the caller. NULL when the bell rang. */
struct conn *lobby_accept(void);

/* Puts the row, with *f as its flow and f->wait as its wait, back into the
 * lobby. True: it is another's now, touch nothing. False: something happened
 * meanwhile, it is still the caller's: carry on. */
bool lobby_park(struct conn *c, const struct flow *f);

/* Whether that wait is for bytes of the side: SIDE_CLIENT, SIDE_BACKEND. */
bool lobby_wait_reads(unsigned wait, unsigned side);

/* parked -> owned by the caller, if the serial is right. */
bool lobby_take(struct conn *c, uint32_t serial);

/* Whoever took a parked row makes its wait end: arms all it has and parks. */
void lobby_ring(struct conn *c, const struct flow *f);

/* Takes a parked row and puts it back: armed anew for its wait, or rung if
 * that is over. For who does not own it. */
void lobby_look_again(struct conn *c, uint32_t serial);

/* A row for a descriptor that the caller has just made (kind, owned). NULL
 * and fd closed if the number has no row. Panics on a row that is not free. */
struct conn *lobby_hang(int fd, enum conn_kind kind);

/* The same for a client that came to listener l from there. */
struct conn *lobby_hang_client(int fd, const struct lobby_listener *l,
    const struct sockaddr *from);

/* The same for one that a gate has sent. */
struct conn *lobby_hang_arrival(int fd, const struct lobby_listener *l,
    const struct arrival *a);

/* Binds a backend's or a pipe's row, which the caller owns, to client row c,
 * which it owns too; and takes it back. */
void lobby_bind(struct conn *bound, const struct conn *c);
void lobby_unbind(struct conn *bound);

/* Frees the row, then closes its descriptor. All that the row holds has been
 * given back. The caller owns it. */
void lobby_close(struct conn *c);

/* Closes a descriptor that has no row, under a note. */
void lobby_close_bare(int fd);

/* Listeners out of the door, or back into it. */
void lobby_listeners_out(void);
void lobby_listeners_in(void);

/* What gates send comes in, as long as there are descriptors for it. */
void lobby_arrivals_in(void);
void lobby_arrivals_out(void);

/* A family that drains lets go of its listeners for good. */
void lobby_listeners_close(void);

/* Whether the error log may be told of it: once in ten seconds. */
bool lobby_may_tell(enum lobby_word word);

/* Takes the listeners out when there are as many clients as there may be, and
 * says so, once in ten seconds at most; and puts them back when there are
 * not. */
void lobby_full(void);
void lobby_not_full(void);

/* The same, whatever `full` says: who set or cleared it may have died before
 * the listeners moved. For the steward, now and then. */
void lobby_mend_door(void);

/* Wakes every worker to look at head->order. */
void lobby_ring_bell(void);

static inline unsigned lobby_row(const struct conn *c)
{
	return (unsigned)(c - lobby.rows);
}

static inline struct conn *lobby_get(unsigned row)
{
	return &lobby.rows[row];
}

static inline enum lobby_order lobby_order(void)
{
	return (enum lobby_order)atomic_load_explicit(&lobby.head->order,
	    memory_order_acquire);
}

static inline unsigned lobby_top(void)
{
	unsigned top = atomic_load(&lobby.head->top);

	return top < lobby.nrows ? top : lobby.nrows;
}

static inline uint64_t binding_make(unsigned row, uint32_t serial)
{
	return (uint64_t)serial << 32 | row;
}

#endif
