/* SPDX-License-Identifier: BSD-2-Clause */
/* The board: what is the case of a backend, by all that is written there. */
#include "base/clock.h"
#include "base/log.h"
#include "shm/board.h"
#include "shm/seats.h"

static const char *const state_names[] = {
	[BOARD_UP] = "up",
	[BOARD_DRAINING] = "draining",
	[BOARD_DOWN] = "down",
	[BOARD_EJECTED] = "ejected",
	[BOARD_NO_ADDRESS] = "without address",
};

/* What was ordered, else what the file says. */
static enum conf_state wanted_state(const struct conf_backend *b,
    const struct board_row *row)
{
	switch (atomic_load_explicit(&row->order, memory_order_relaxed)) {
	case ORDER_UP:
		return CONF_UP;
	case ORDER_DRAIN:
		return CONF_DRAIN;
	case ORDER_DOWN:
		return CONF_DOWN;
	default:
		return b->state;
	}
}

enum board_state board_state(const struct conf_backend *b, uint64_t now)
{
	const struct board_row *row = board_of(b);
	enum conf_state wanted = wanted_state(b, row);
	uint32_t health = atomic_load_explicit(&row->health,
	    memory_order_relaxed);

	if (wanted == CONF_DOWN)
		return BOARD_DOWN;
	if (b->lookup.n && !atomic_load(&row->has_address))
		return BOARD_NO_ADDRESS;
	if (health == HEALTH_DOWN)
		return BOARD_DOWN;
	if (atomic_load_explicit(&row->ejected_until, memory_order_relaxed)
	    > now)
		return BOARD_EJECTED;
	if (wanted == CONF_DRAIN || health == HEALTH_DRAIN)
		return BOARD_DRAINING;
	return BOARD_UP;
}

bool board_may_try(const struct conf_backend *b)
{
	const struct board_row *row = board_of(b);

	return wanted_state(b, row) == CONF_UP
	    && (b->lookup.n == 0 || atomic_load(&row->has_address));
}

const char *board_state_name(enum board_state state)
{
	MUST(state <= BOARD_NO_ADDRESS);
	return state_names[state];
}

unsigned board_weight(const struct conf_backend *b)
{
	const struct board_row *row = board_of(b);
	uint32_t ordered = atomic_load_explicit(&row->weight,
	    memory_order_relaxed);
	uint32_t srv = atomic_load_explicit(&row->srv_weight,
	    memory_order_relaxed);

	if (ordered)
		return ordered - 1 < 256 ? ordered - 1 : 256;
	if (b->srv && srv && b->weight)
		return srv < 256 ? srv : 256;
	return b->weight;
}

unsigned board_left(const struct conf_pool *pool, uint64_t now)
{
	unsigned left = 0;

	for (unsigned i = 0; i < pool->nbackends; i++)
		left += board_state(&pool->backends[i], now) == BOARD_UP
		    && board_weight(&pool->backends[i]) > 0;
	return left;
}

/* Backends, without the members that a name has no address for. */
static unsigned present(const struct conf_pool *pool)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pool->nbackends; i++)
		n += pool->backends[i].lookup.n == 0
		    || atomic_load(&board_of(&pool->backends[i])->has_address);
	return n;
}

void board_tell(const struct conf_backend *b, enum log_level level,
    const char *what)
{
	static void (*const say[])(const char *, ...) = {log_err, log_warn,
		log_info, log_debug};
	const struct conf_pool *pool = &seats.conf->pools[b->pool];
	uint64_t now = clock_ms();

	say[level]("%s/%s is %s; %u of %u are left", b->pool_name, b->name,
	    what, board_left(pool, now), present(pool));
}
