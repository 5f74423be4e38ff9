/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of a pool: who waits for a place, in the order they came. */
#include "shm/queue.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "shm/balance.h"
#include "shm/board.h"
#include "shm/lobby.h"
#include "shm/scan.h"
#include "shm/seat.h"

static uint32_t length_of(const struct pool_seat *s)
{
	return atomic_load_explicit(&s->length, memory_order_relaxed);
}

static void set_length(struct pool_seat *s, uint32_t n)
{
	atomic_store_explicit(&s->length, n, memory_order_relaxed);
}

static void append(struct pool_seat *s, struct conn *c)
{
	uint32_t row = lobby_row(c);

	c->queue_next = 0;
	c->queue_prev = s->last;
	if (s->last)
		lobby_get(s->last)->queue_next = row;
	else
		s->first = row;
	s->last = row;
	s->particular += c->wanted != 0;
	set_length(s, length_of(s) + 1);
}

static void cut_out(struct pool_seat *s, struct conn *c)
{
	if (c->queue_prev)
		lobby_get(c->queue_prev)->queue_next = c->queue_next;
	else
		s->first = c->queue_next;
	if (c->queue_next)
		lobby_get(c->queue_next)->queue_prev = c->queue_prev;
	else
		s->last = c->queue_prev;
	s->particular -= c->wanted != 0;
	set_length(s, length_of(s) - 1);
}

/* From the store of `queued` on it stands there, whoever dies. */
void queue_join(const struct conf_pool *pool, struct conn *c,
    const struct conf_backend *wanted)
{
	struct pool_seat *s = pool_of(pool);

	c->wanted = wanted ? wanted->index + 1 : 0;
	c->ticket = ++s->tickets;
	atomic_store_explicit(&c->granted, 0, memory_order_relaxed);
	atomic_store_explicit(&c->queued, pool->index + 1,
	    memory_order_release);
	FAULT(queue_joined);
	append(s, c);
}

/* `granted` first, so that no later death leaves it asleep: whoever looks
 * takes the lock, and finds out whether it has a place. */
static void grant(const struct conf_pool *pool, struct conn *c,
    unsigned backend, struct calls *calls)
{
	atomic_store(&c->granted, 1);
	FAULT(queue_granted);
	cut_out(pool_of(pool), c);
	seat_hold(backend, c, false);
	FAULT(queue_held);
	atomic_store_explicit(&c->queued, 0, memory_order_release);
	calls->at[calls->n].c = c;
	calls->at[calls->n++].serial = conn_serial(c);
}

static bool has_room(unsigned backend)
{
	return seat_inflight(backend) < atomic_load_explicit(
	    &seats.limit[backend], memory_order_relaxed);
}

/* Who waits for a backend that has gone is content with another one. */
static void free_wish(struct pool_seat *s, struct conn *c, uint64_t now)
{
	const struct conf_backend *b = seats.backend[c->wanted - 1];
	enum board_state state = board_state(b, now);

	if (state == BOARD_UP || state == BOARD_DRAINING)
		return;
	c->wanted = 0;
	s->particular--;
}

/* The first one that can be served, and where. */
static struct conn *next_served(const struct conf_pool *pool,
    struct pool_seat *s, unsigned *backend)
{
	struct scan *scan = scan_pool(pool, NULL, 0);
	uint64_t now = clock_ms();
	bool open = scan->open;

	for (uint32_t row = s->first; row; ) {
		struct conn *c = lobby_get(row);
		row = c->queue_next;
		if (c->wanted)
			free_wish(s, c, now);
		if (c->wanted) {
			*backend = c->wanted - 1;
			if (has_room(*backend))
				return c;
		} else if (open) {
			*backend = scan->first + balance_choose(scan, NULL);
			return c;
		}
		if (!open && s->particular == 0)
			break;
	}
	return NULL;
}

void queue_give(const struct conf_pool *pool, struct calls *calls)
{
	struct pool_seat *s = pool_of(pool);
	struct conn *c;
	unsigned backend;

	while (length_of(s) > 0 && calls->n < CALLS_MOST
	    && (c = next_served(pool, s, &backend)) != NULL)
		grant(pool, c, backend, calls);
}

void queue_pass(const struct conf_pool *pool, unsigned backend,
    struct calls *calls)
{
	struct pool_seat *s = pool_of(pool);

	if (!has_room(backend))
		return;
	/* who wants any does not get a backup while better ones are up */
	bool all = scan_is_up(pool, backend);
	for (uint32_t row = s->first; row; ) {
		struct conn *c = lobby_get(row);
		row = c->queue_next;
		if (c->wanted == backend + 1 || (c->wanted == 0 && all)) {
			grant(pool, c, backend, calls);
			return;
		}
		if (!all && s->particular == 0)
			return;
	}
}

static void ring(const struct calls *calls, const struct conn *c)
{
	if (calls->n == 0)
		return;
	FAULT(seat_granted);
	for (unsigned i = 0; i < calls->n; i++)
		if (calls->at[i].c != c)
			lobby_look_again(calls->at[i].c, calls->at[i].serial);
}

void queue_ring(const struct conf_pool *pool, const struct calls *calls,
    const struct conn *c)
{
	ring(calls, c);
	if (calls->n == CALLS_MOST)
		queue_serve(pool);
}

void queue_serve(const struct conf_pool *pool)
{
	struct calls calls;

	do {
		calls.n = 0;
		pool_lock(pool);
		queue_give(pool, &calls);
		pool_unlock(pool);
		ring(&calls, NULL);
	} while (calls.n == CALLS_MOST);
}

const struct conf_backend *seat_granted(struct conn *c,
    const struct conf_pool *pool)
{
	const struct conf_backend *b = NULL;

	if (!atomic_load(&c->granted))
		return NULL;
	pool_lock(pool);
	uint32_t holds = atomic_load(&c->holds);
	if (atomic_load(&c->granted) && holds)
		b = seats.backend[holds - 1];
	atomic_store(&c->granted, 0);
	pool_unlock(pool);
	return b;
}

void queue_leave(struct conn *c)
{
	uint32_t queued = atomic_load(&c->queued);
	struct calls calls = {0};

	if (queued) {
		const struct conf_pool *pool = &seats.conf->pools[queued - 1];
		struct pool_seat *s = pool_lock(pool);
		FAULT(queue_locked);
		if (c->queued) {
			cut_out(s, c);
			atomic_store(&c->queued, 0);
			FAULT(queue_left);
			queue_give(pool, &calls);
		}
		pool_unlock(pool);
		queue_ring(pool, &calls, c);
	}
	if (atomic_load(&c->granted))
		seat_give(c, NULL, 0, 0);
}

/* ---- After a death ---- */

/* Two lists in the order of their tickets, linked by queue_next, become one. */
static uint32_t merge(uint32_t a, uint32_t b)
{
	uint32_t first = 0, *end = &first;

	while (a && b) {
		uint32_t *less = lobby_get(a)->ticket < lobby_get(b)->ticket
		    ? &a : &b;
		*end = *less;
		end = &lobby_get(*less)->queue_next;
		*less = *end;
	}
	*end = a ? a : b;
	return first;
}

/* Lists of 1, 2, 4 ... rows wait for another one as long. */
static uint32_t sort(uint32_t rows)
{
	uint32_t waiting[32] = {0};

	while (rows) {
		uint32_t list = rows, i = 0;
		rows = lobby_get(rows)->queue_next;
		lobby_get(list)->queue_next = 0;
		for (; waiting[i]; waiting[i++] = 0)
			list = merge(waiting[i], list);
		waiting[i] = list;
	}
	for (unsigned i = 0; i < 32; i++)
		rows = merge(waiting[i], rows);
	return rows;
}

static bool stands_in(const struct conn *c, const struct conf_pool *pool)
{
	return c->kind == CONN_CLIENT && word_state(conn_word(c)) != CONN_FREE
	    && atomic_load(&c->queued) == pool->index + 1;
}

/* Who had a place already has left; who was about to get one has not. */
static bool mend(struct conn *c)
{
	bool holds = atomic_load(&c->holds) != 0;

	atomic_store(&c->granted, holds);
	if (holds)
		atomic_store(&c->queued, 0);
	return !holds;
}

void queue_rebuild(const struct conf_pool *pool)
{
	struct pool_seat *s = pool_of(pool);
	uint32_t rows = 0, top = lobby_top();

	for (uint32_t row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		if (!stands_in(c, pool) || !mend(c))
			continue;
		c->queue_next = rows;
		rows = row;
	}
	s->first = s->last = s->particular = 0;
	set_length(s, 0);
	for (rows = sort(rows); rows; ) {
		struct conn *c = lobby_get(rows);
		rows = c->queue_next;
		append(s, c);
	}
}
