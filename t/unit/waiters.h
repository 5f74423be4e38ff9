/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients that wait for a place at one of two backends. */
#ifndef T_WAITERS_H
#define T_WAITERS_H

#include "farm.h"

#define QUEUE 24 /* its length */

/* Two backends with a place each, of which the second can be taken out. */
static inline void open_places(void)
{
	farm_plan(1, 2);
	farm[0].max_connections = farm[1].max_connections = 1;
	farm_pool[0].limited = true;
	farm_pool[0].queue.length = QUEUE;
	farm_open(MASTER);
	farm_open_door();
}

static inline void only_the_first(void)
{
	atomic_store(&board_of(&farm[1])->order, ORDER_DOWN);
	farm_refresh();
}

static inline enum pick_result pick_wanting(struct conn *c,
    const struct conf_backend *wanted, const struct conf_backend **b)
{
	struct pick p = {.pool = &farm_pool[0], .wanted = wanted,
	    .may_wait = true};
	struct conn *peer;

	return seat_pick(c, &p, b, &peer);
}

static inline enum pick_result pick(struct conn *c)
{
	const struct conf_backend *b;

	return pick_wanting(c, NULL, &b);
}

static inline bool park(struct conn *c)
{
	struct flow f = *conn_flow(c);

	f.wait = WAIT_TURN;
	return lobby_park(c, &f);
}

/* A client that waits, parked. */
static inline struct conn *wait_for(const struct conf_backend *wanted)
{
	struct conn *c = farm_row(CONN_CLIENT);
	const struct conf_backend *b;

	ck_assert_int_eq(pick_wanting(c, wanted, &b), PICK_QUEUED);
	ck_assert(park(c));
	return c;
}

static inline struct conn *take(void)
{
	struct conn *c = farm_row(CONN_CLIENT);

	ck_assert_int_eq(pick(c), PICK_TAKEN);
	return c;
}

static inline void let_go(struct conn *c)
{
	seat_give(c, NULL, 0, 0);
	lobby_close(c);
}

/* It has been rung, and has its place; nobody else was. */
static inline void check_turn_of(struct conn *c, unsigned backend)
{
	ck_assert_ptr_eq(lobby_accept(), c);
	ck_assert_ptr_eq(seat_granted(c, &farm_pool[0]), &farm[backend]);
	ck_assert_uint_eq(c->holds, backend + 1);
	ck_assert_uint_eq(c->queued, 0);
	ck_assert_ptr_null(seat_granted(c, &farm_pool[0]));
}

static inline unsigned length(void)
{
	return atomic_load(&seats.pool[0].length);
}

#endif
