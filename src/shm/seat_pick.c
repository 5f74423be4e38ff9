/* SPDX-License-Identifier: BSD-2-Clause */
/* Picking: a backend for a request and a place there, in one. */
#include "base/fault.h"
#include "base/log.h"
#include "shm/balance.h"
#include "shm/board.h"
#include "shm/queue.h"
#include "shm/seat.h"

/* What a pick is about. */
struct turn {
	struct conn *c;
	const struct pick *p;
	const struct conf_backend *b; /* taken */
	struct conn *peer;
	struct calls calls;
};

static enum pick_result take(struct turn *t, unsigned backend)
{
	t->b = seats.backend[backend];
	t->peer = seat_hold(backend, t->c, t->p->idle,
	    t->p->host);
	return PICK_TAKEN;
}

static bool was_tried(const struct pick *p, unsigned backend)
{
	for (unsigned i = 0; i < p->ntried; i++)
		if (p->tried[i] == backend)
			return true;
	return false;
}

/* Into the queue, if it has room. */
static bool joins(struct turn *t, const struct conf_backend *wanted)
{
	const struct conf_pool *pool = t->p->pool;

	uint32_t length = atomic_load_explicit(&pool_of(pool)->length,
	    memory_order_relaxed);

	if (!t->p->may_wait || pool->queue.length == 0
	    || (length >= pool->queue.length && !t->p->again))
		return false;
	queue_join(t->p, t->c, wanted);
	return true;
}

/* A place that has come up by itself, because a limit has grown or an older
 * family has gone: those that wait are first. */
static bool wait_before(struct turn *t, uint32_t first)
{
	if (first)
		queue_give(t->p->pool, &t->calls);
	return first != 0;
}

static enum pick_result pick_wanted(struct turn *t)
{
	const struct conf_backend *b = t->p->wanted;

	if (was_tried(t->p, b->index))
		return PICK_NONE;
	if (seat_has_room(b->index)) {
		wait_before(t, seats.at[b->index].line.first
		    | pool_of(t->p->pool)->line.first);
		if (seat_has_room(b->index))
			return take(t, b->index);
	}
	return joins(t, b) ? PICK_QUEUED : PICK_FULL;
}

/* Of the best rank first; who waits for any place waits for one of that. */
static enum pick_result pick_any(struct turn *t)
{
	const struct pick *p = t->p;
	const struct line *line = &pool_of(p->pool)->line;
	struct scan *s = scan_pool(p->pool, p->tried, p->ntried);
	bool full = false;

	if (s->open && wait_before(t, line->first))
		s = scan_pool(p->pool, p->tried, p->ntried);
	/* what is open still is of no use to those that wait */
	bool behind = line->first != 0 && t->calls.n == CALLS_MOST;
	for (bool some = s->up; some;
	    some = scan_worse(s, p->tried, p->ntried), behind = false) {
		if (s->open && !behind)
			return take(t, s->first + balance_choose(s, p));
		full = true;
		if (joins(t, NULL))
			return PICK_QUEUED;
	}
	return full ? PICK_FULL : PICK_NONE;
}

/* when_all_down is "try": whoever has not been taken out by an operator. */
static enum pick_result pick_down(struct turn *t)
{
	const struct pick *p = t->p;
	struct scan *s = scan_down(p->pool, p->tried, p->ntried);

	if (s->open)
		return take(t, s->first + balance_choose(s, p));
	return s->up ? PICK_FULL : PICK_NONE;
}

static enum pick_result pick_new(struct turn *t)
{
	enum pick_result result = t->p->wanted ? pick_wanted(t) : pick_any(t);

	if (result == PICK_NONE && t->p->any)
		result = pick_down(t);
	return result;
}

/* It may have got its place while it came here, or gets it now. */
static enum pick_result pick_waiting(struct turn *t)
{
	if (t->c->holds == 0)
		queue_give(t->p->pool, &t->calls);
	uint32_t holds = atomic_load(&t->c->holds);
	if (!holds)
		return PICK_QUEUED;
	atomic_store(&t->c->granted, 0);
	t->b = seats.backend[holds - 1];
	t->peer = t->p->idle ? seat_idle(t->c, t->p->host) : NULL;
	return PICK_TAKEN;
}

static enum pick_result pick_locked(struct turn *t)
{
	enum pick_result result;
	uint32_t queued = t->c->queued;

	MUST(queued == 0 || queued == t->p->pool->index + 1);
	pool_lock(t->p->pool);
	if (t->c->queued || t->c->holds)
		result = pick_waiting(t);
	else
		result = pick_new(t);
	pool_unlock(t->p->pool);
	queue_ring(t->p->pool, &t->calls, t->c);
	return result;
}

/* Nothing to weigh, nobody to wait for: the seat's lock is enough. */
static enum pick_result pick_only(struct turn *t)
{
	const struct pick *p = t->p;
	const struct conf_backend *b = &p->pool->backends[0];
	uint32_t share = atomic_load_explicit(&seats.share[b->index],
	    memory_order_relaxed);

	if (was_tried(p, b->index))
		return PICK_NONE;
	if (p->wanted || share || (p->any && board_may_try(b)))
		return take(t, b->index);
	return PICK_NONE;
}

enum pick_result seat_pick(struct conn *c, const struct pick *p,
    const struct conf_backend **b, struct conn **peer)
{
	struct turn t = {.c = c, .p = p};
	enum pick_result result;

	if (p->pool->nbackends == 1 && !p->pool->limited) {
		result = pick_only(&t);
	} else {
		balance_prepare(p->pool);
		result = pick_locked(&t);
	}
	FAULT(seat_bound);
	*b = t.b;
	*peer = t.peer;
	return result;
}
