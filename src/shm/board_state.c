/* SPDX-License-Identifier: BSD-2-Clause */
/* The board: what is the case of a backend, by all that is written there. */
#include <stdio.h>

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

/* Those of one kind that there are, without the members that a name has no
 * address for, and of them those that get requests. */
struct count {
	unsigned all, left;
};

static struct count count(const struct conf_pool *pool, bool backup,
    uint64_t now)
{
	struct count n = {0, 0};

	for (unsigned i = 0; i < pool->nbackends; i++) {
		const struct conf_backend *b = &pool->backends[i];

		if (b->backup != backup)
			continue;
		n.all += b->lookup.n == 0
		    || atomic_load(&board_of(b)->has_address);
		n.left += board_state(b, now) == BOARD_UP
		    && board_weight(b) > 0;
	}
	return n;
}

/* What becomes of the requests of a pool that has nobody left. */
static void say_instead(char *to, size_t room, const struct conf_pool *pool,
    uint64_t now)
{
	bool tries = false;

	for (; pool; pool = pool->fallback) {
		if (board_left(pool, now)) {
			snprintf(to, room, ": requests go to the pool %s",
			    pool->name);
			return;
		}
		tries = tries || pool->try_when_down;
	}
	snprintf(to, room, tries ? ": any is tried" : ": requests get 503");
}

static void say_left(char *to, size_t room, const struct conf_pool *pool,
    uint64_t now)
{
	struct count first = count(pool, false, now);
	struct count backups = count(pool, true, now);
	int n = snprintf(to, room, "%u of %u are left", first.left, first.all);

	if (backups.all && n > 0 && (size_t)n < room)
		n += snprintf(to + n, room - (size_t)n,
		    ", and %u of %u backups", backups.left, backups.all);
	if (first.left || n < 0 || (size_t)n >= room)
		return;
	if (backups.left)
		snprintf(to + n, room - (size_t)n, ": they get the requests");
	else
		say_instead(to + n, room - (size_t)n, pool, now);
}

void board_tell(const struct conf_backend *b, enum log_level level,
    const char *what)
{
	static void (*const say[])(const char *, ...) = {log_err, log_warn,
		log_info, log_debug};
	char left[192];

	say_left(left, sizeof left, &seats.conf->pools[b->pool], clock_ms());
	say[level]("%s/%s is %s; %s", b->pool_name, b->name, what, left);
}
