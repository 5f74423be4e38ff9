/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of a pool: who waits for a place, in the order they came. */
#include "shm/queue.h"

#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "shm/balance.h"
#include "shm/board.h"
#include "shm/lobby.h"
#include "shm/scan.h"
#include "shm/seat.h"

#define LOOKS 64 /* at those that want none of what there is */

static uint32_t length_of(const struct pool_seat *s)
{
	return atomic_load_explicit(&s->length, memory_order_relaxed);
}

static void set_length(struct pool_seat *s, uint32_t n)
{
	atomic_store_explicit(&s->length, n, memory_order_relaxed);
}

static struct line *line_of(struct pool_seat *s, const struct conn *c)
{
	return c->wanted ? &seats.at[c->wanted - 1].line : &s->line;
}

static void append(struct pool_seat *s, struct conn *c)
{
	struct line *line = line_of(s, c);
	uint32_t row = lobby_row(c);

	c->queue_next = 0;
	c->queue_prev = line->last;
	if (line->last)
		lobby_get(line->last)->queue_next = row;
	else
		line->first = row;
	line->last = row;
	s->particular += c->wanted != 0;
	set_length(s, length_of(s) + 1);
}

static void cut_out(struct pool_seat *s, struct conn *c)
{
	struct line *line = line_of(s, c);

	if (c->queue_prev)
		lobby_get(c->queue_prev)->queue_next = c->queue_next;
	else
		line->first = c->queue_next;
	if (c->queue_next)
		lobby_get(c->queue_next)->queue_prev = c->queue_prev;
	else
		line->last = c->queue_prev;
	s->particular -= c->wanted != 0;
	set_length(s, length_of(s) - 1);
}

static void note_passed(struct conn *c, const struct pick *p)
{
	unsigned from = p->ntried > CONN_PASSED ? p->ntried - CONN_PASSED : 0;

	c->npassed = 0;
	for (unsigned i = from; i < p->ntried; i++)
		c->passed[c->npassed++] = p->tried[i];
}

/* From the store of `queued` on it stands there, whoever dies. */
void queue_join(const struct pick *p, struct conn *c,
    const struct conf_backend *wanted)
{
	const struct conf_pool *pool = p->pool;
	struct pool_seat *s = pool_of(pool);

	note_passed(c, p);
	c->wanted = wanted ? wanted->index + 1 : 0;
	c->ticket = ++s->tickets;
	atomic_store_explicit(&c->granted, 0, memory_order_relaxed);
	atomic_store_explicit(&c->queued, pool->index + 1,
	    memory_order_release);
	FAULT(queue_joined);
	append(s, c);
}

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

static void relink(struct line *line, uint32_t rows)
{
	line->first = rows;
	for (line->last = 0; rows; rows = lobby_get(rows)->queue_next) {
		lobby_get(rows)->queue_prev = line->last;
		line->last = rows;
	}
}

static bool has_gone(const struct conf_backend *b, uint64_t now)
{
	enum board_state state = board_state(b, now);

	return state != BOARD_UP && state != BOARD_DRAINING;
}

/* Who waits for a backend that has gone is content with another one. */
static void free_wishes(const struct conf_pool *pool)
{
	struct pool_seat *s = pool_of(pool);
	uint64_t now = clock_ms();

	for (unsigned i = 0; i < pool->nbackends; i++) {
		struct line *line = &seats.at[pool->backends[i].index].line;
		if (line->first == 0 || !has_gone(&pool->backends[i], now))
			continue;
		uint32_t rows = line->first;
		for (uint32_t row = rows; row; s->particular--) {
			lobby_get(row)->wanted = 0;
			row = lobby_get(row)->queue_next;
		}
		*line = (struct line){0};
		relink(&s->line, merge(s->line.first, rows));
	}
}

/* `granted` first, so that no later death leaves it asleep: whoever looks
 * takes the lock, and finds out whether it has a place. */
static void grant(const struct conf_pool *pool, struct conn *c,
    unsigned backend, struct calls *calls)
{
	atomic_store(&c->granted, 1);
	FAULT(queue_granted);
	cut_out(pool_of(pool), c);
	seat_hold(backend, c, false, slice_make("", 0));
	FAULT(queue_held);
	atomic_store_explicit(&c->queued, 0, memory_order_release);
	calls->at[calls->n].c = c;
	calls->at[calls->n++].serial = conn_serial(c);
}

static bool passes(const struct conn *c, unsigned backend)
{
	for (unsigned i = 0; i < c->npassed; i++)
		if (c->passed[i] == backend)
			return true;
	return false;
}

static struct conn *next_of(uint32_t row)
{
	return row ? lobby_get(row) : NULL;
}

/* Of those that want any: one that this backend has failed is passed over. */
static struct conn *first_of_any(const struct pool_seat *s, unsigned backend)
{
	struct conn *c = next_of(s->line.first);

	for (unsigned i = 0; c && i < LOOKS; i++) {
		if (!passes(c, backend))
			return c;
		c = next_of(c->queue_next);
	}
	return NULL;
}

static struct conn *earlier(struct conn *a, struct conn *b)
{
	return a == NULL || (b && b->ticket < a->ticket) ? b : a;
}

static bool passes_the_same(const struct conn *a, const struct conn *b)
{
	return a->npassed == b->npassed && memcmp(a->passed, b->passed,
	    a->npassed * sizeof a->passed[0]) == 0;
}

/* What is open for c: if nobody else is up, who has failed it, too. */
static struct scan *scan_for(const struct conf_pool *pool, struct conn *c)
{
	struct scan *scan = scan_pool(pool, c->passed, c->npassed);

	if (scan->up || c->npassed == 0)
		return scan;
	c->npassed = 0;
	return scan_pool(pool, NULL, 0);
}

/* To those that want any, or come before these where they get it. */
static void give_any(const struct conf_pool *pool, struct calls *calls)
{
	struct conn *in_vain = NULL, *c = next_of(pool_of(pool)->line.first);

	for (unsigned i = 0; c && i < LOOKS && calls->n < CALLS_MOST; i++) {
		if (in_vain && passes_the_same(c, in_vain)) {
			c = next_of(c->queue_next);
			continue;
		}
		struct scan *scan = scan_for(pool, c);
		if (!scan->open) {
			if (c->npassed == 0)
				return;
			in_vain = c;
			c = next_of(c->queue_next);
			continue;
		}
		unsigned backend = scan->first + balance_choose(scan, NULL);
		struct conn *first = earlier(c, next_of(
		    seats.at[backend].line.first));
		if (first == c)
			c = next_of(c->queue_next);
		grant(pool, first, backend, calls);
	}
}

static void give_wanted(const struct conf_pool *pool, struct calls *calls)
{
	for (unsigned i = 0; i < pool->nbackends; i++) {
		unsigned backend = pool->backends[i].index;
		const struct line *line = &seats.at[backend].line;
		while (line->first && calls->n < CALLS_MOST
		    && seat_has_room(backend))
			grant(pool, lobby_get(line->first), backend, calls);
	}
}

void queue_give(const struct conf_pool *pool, struct calls *calls)
{
	if (pool_of(pool)->particular) {
		free_wishes(pool);
		give_any(pool, calls);
		give_wanted(pool, calls);
	} else {
		give_any(pool, calls);
	}
}

void queue_pass(const struct conf_pool *pool, unsigned backend,
    struct calls *calls)
{
	struct pool_seat *s = pool_of(pool);

	if (!seat_has_room(backend))
		return;
	/* who was ejected just now gives back what failed */
	if (seats.at[backend].line.first
	    && has_gone(seats.backend[backend], clock_ms())) {
		queue_give(pool, calls);
		return;
	}
	/* who wants any does not get a backup while better ones are up */
	struct conn *c = next_of(seats.at[backend].line.first);
	if (s->line.first && scan_is_up(pool, backend))
		c = earlier(c, first_of_any(s, backend));
	if (c)
		grant(pool, c, backend, calls);
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
	return conn_has_requests(c) && word_state(conn_word(c)) != CONN_FREE
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
	s->line = (struct line){0};
	for (unsigned i = 0; i < pool->nbackends; i++)
		seats.at[pool->backends[i].index].line = (struct line){0};
	s->particular = 0;
	set_length(s, 0);
	for (rows = sort(rows); rows; ) {
		struct conn *c = lobby_get(rows);
		rows = c->queue_next;
		append(s, c);
	}
}
