/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools of backends that no file has named, with their board and seats. */
#ifndef T_FARM_H
#define T_FARM_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/board.h"
#include "shm/lobby.h"
#include "shm/seats.h"
#include "shm/slot.h"

#define FARM_MOST 1024 /* backends */
#define FARM_POOLS 4
#define FARM_ROWS 512

static struct conf_backend farm[FARM_MOST];
static struct conf_pool farm_pool[FARM_POOLS];
static struct conf farm_conf;
static char farm_name[FARM_MOST][16];

/* Pools of n backends of weight 1 each. Nothing is made of them yet. */
static inline void farm_plan(unsigned npools, unsigned n)
{
	memset(farm, 0, sizeof farm);
	memset(farm_pool, 0, sizeof farm_pool);
	for (unsigned i = 0; i < npools * n; i++) {
		snprintf(farm_name[i], sizeof farm_name[i], "b%u", i);
		farm[i] = (struct conf_backend){.index = i, .weight = 1,
		    .name = farm_name[i], .pool_name = "app", .pool = i / n,
		    .members = 1};
	}
	for (unsigned i = 0; i < npools; i++)
		farm_pool[i] = (struct conf_pool){.name = "app", .index = i,
		    .backends = &farm[i * n], .nbackends = n};
	farm_conf = (struct conf){.pools = farm_pool, .npools = npools,
	    .nbackends = npools * n};
}

static inline void farm_refresh(void)
{
	for (unsigned i = 0; i < farm_conf.nbackends; i++)
		seats_refresh(&farm[i], clock_ms());
}

static inline uint16_t *farm_rows(void)
{
	uint16_t *row = malloc(sizeof *row * farm_conf.nbackends);
	char name[32];
	bool fresh;

	ck_assert_ptr_nonnull(row);
	for (unsigned i = 0; i < farm_conf.nbackends; i++) {
		snprintf(name, sizeof name, "app/%s", farm_name[i]);
		row[i] = (uint16_t)board_claim(name, &fresh);
		ck_assert_uint_ne(row[i], BOARD_NONE);
	}
	return row;
}

/* Makes what was planned; the caller plays the process of that slot. */
static inline void farm_open(unsigned slot)
{
	ck_assert(slots_create());
	ck_assert(board_create());
	ck_assert(lobby_create(&lobby, FARM_ROWS));
	ck_assert(seats_create(&seats, &farm_conf, farm_rows()));
	farm_refresh();
	slot_enter(slot);
	lobby.connections = FARM_ROWS;
}

/* As the steward does: rows can be parked and rung. */
static inline void farm_open_door(void)
{
	lobby.bell = eventfd(0, EFD_NONBLOCK);
	lobby.order = eventfd(0, EFD_NONBLOCK);
	lobby.report = eventfd(0, EFD_NONBLOCK);
	lobby.nlisteners = 0;
	ck_assert(lobby_open());
}

static inline void farm_close(void)
{
	seats_free(&seats);
	area_close(&lobby.area);
	area_close(&board.area);
	area_close(&slots.area);
}

static inline void farm_weigh(unsigned backend, unsigned weight)
{
	farm[backend].weight = weight;
	seats_refresh(&farm[backend], clock_ms());
}

static inline struct conn *farm_row(enum conn_kind kind)
{
	struct conn *c = lobby_hang(eventfd(0, 0), kind);

	ck_assert_ptr_nonnull(c);
	return c;
}

/* As a worker makes a connection for its client. */
static inline struct conn *farm_peer(const struct conn *c, unsigned backend)
{
	struct conn *peer = farm_row(CONN_BACKEND);

	peer->backend = backend;
	lobby_bind(peer, c);
	return peer;
}

/* A place at just that backend; an idle connection, if one is wanted and
 * there is one. */
static inline struct conn *farm_take(unsigned backend, struct conn *c,
    bool idle)
{
	struct pick p = {.pool = &farm_pool[farm[backend].pool],
	    .wanted = &farm[backend], .idle = idle};
	const struct conf_backend *b;
	struct conn *peer;

	ck_assert_int_eq(seat_pick(c, &p, &b, &peer), PICK_TAKEN);
	ck_assert_ptr_eq(b, &farm[backend]);
	return peer;
}

/* By the pool's own choice; NULL if there is none to be had. */
static inline const struct conf_backend *farm_pick(struct conn *c)
{
	struct pick p = {.pool = &farm_pool[0]};
	const struct conf_backend *b;
	struct conn *peer;

	return seat_pick(c, &p, &b, &peer) == PICK_TAKEN ? b : NULL;
}

static inline bool farm_is_mine(const struct conn *peer, const struct conn *c,
    unsigned backend)
{
	return word_state(conn_word(peer)) == CONN_BOUND
	    && atomic_load(&peer->binding) == binding_make(lobby_row(c),
	    conn_serial(c)) && peer->backend == backend;
}

static inline void farm_check_sums(uint32_t inflight, uint32_t idle)
{
	uint32_t i, n;

	seats_sum(&i, &n);
	ck_assert_uint_eq(i, inflight);
	ck_assert_uint_eq(n, idle);
}

#endif
