/* SPDX-License-Identifier: BSD-2-Clause */
/* Which backend a request gets: of its pool, or of those behind it. */
#include "worker/choose.h"

#include "base/clock.h"
#include "shm/board.h"
#include "worker/compose.h"
#include "worker/spread.h"
#include "worker/stick.h"

void choose_waited(struct stride *s)
{
	struct request *r = s->r;
	uint64_t since = r->queued_at;

	if (since == 0)
		return;
	r->queued_at = 0;
	r->queued_for += clock_us() - since;
}

static void begin_to_wait(struct stride *s)
{
	struct request *r = s->r;

	if (r->queued_at == 0)
		r->queued_at = clock_us();
	s->f.slow_since = 0; /* the client is not to blame */
	s->f.deadline = r->queued_at / 1000 + r->pool->queue.timeout;
}

static void remember(struct request *r, const struct conf_backend *b)
{
	if (r->ntried < REQUEST_TRIED)
		r->tried[r->ntried++] = (uint16_t)b->index;
}

/* Whose queue it stands in, or gave it its place; NULL if none. The row knows:
 * r->pool begins anew where a worker died before it had published a step. */
static const struct conf_pool *queue_of(const struct conn *c)
{
	uint32_t queued = atomic_load(&c->queued);
	uint32_t holds = atomic_load(&c->holds);

	if (queued)
		return &seats.conf->pools[queued - 1];
	if (holds && atomic_load(&c->granted))
		return &seats.conf->pools[seats.backend[holds - 1]->pool];
	return NULL;
}

const struct conf_backend *choose_granted(struct stride *s)
{
	const struct conf_pool *pool = s->c->granted ? queue_of(s->c) : NULL;
	const struct conf_backend *b = pool ? seat_granted(s->c, pool) : NULL;

	if (b) {
		s->r->pool = pool;
		choose_waited(s);
		remember(s->r, b);
	}
	return b;
}

static void leave(struct stride *s)
{
	if (s->c->queued || s->c->granted)
		queue_leave(s->c);
	choose_waited(s);
}

bool choose_is_late(struct stride *s)
{
	/* in vain also where all have gone down since it came */
	s->r->impatient = s->c->wanted != 0
	    || board_left(s->r->pool, s->now) == 0;
	leave(s);
	return s->r->impatient;
}

/* It waits for a place where nobody is up any more, and others may be. */
static bool waits_in_vain(const struct stride *s, const struct conf_pool *pool)
{
	return s->c->queued && (pool->fallback || pool->try_when_down)
	    && board_left(pool, s->now) == 0;
}

static enum pick_result choose_in(struct stride *s,
    const struct conf_pool *pool, bool any, const struct conf_backend **b,
    struct conn **peer)
{
	struct request *r = s->r;
	struct pick p = {.pool = pool, .host = compose_host_for(r, pool),
	    .idle = !(s->f.flags & FLOW_FRESH),
	    .any = any, .may_wait = !any && !r->impatient,
	    .again = s->f.attempts > 0 || (s->f.flags & FLOW_FRESH),
	    .tried = r->tried, .ntried = r->ntried};

	p.hashed = spread_hash(r, pool, &p.hash);
	if (pool->sticky.cookie.n && !r->impatient)
		p.wanted = stick_wanted(r, pool, s->now);
	r->pool = pool;
	if (waits_in_vain(s, pool))
		leave(s);
	enum pick_result result = seat_pick(s->c, &p, b, peer);
	if (p.wanted == NULL || result == PICK_TAKEN || result == PICK_QUEUED)
		return result;
	leave(s);
	p.wanted = NULL;
	return seat_pick(s->c, &p, b, peer);
}

/* Who stands in a queue has its turn there; who does not begins anew: what was
 * full or down a moment ago need not be so now. */
static enum pick_result choose_along(struct stride *s, bool any,
    const struct conf_backend **b, struct conn **peer)
{
	const struct conf_pool *pool = queue_of(s->c);
	bool full = false;

	if (pool == NULL)
		pool = s->r->queued_at ? s->r->pool : s->r->home;
	for (; pool != NULL; pool = pool->fallback) {
		if (any && !pool->try_when_down)
			continue;
		enum pick_result result = choose_in(s, pool, any, b, peer);
		if (result == PICK_QUEUED)
			begin_to_wait(s);
		else
			leave(s);
		if (result == PICK_QUEUED || result == PICK_TAKEN)
			return result;
		full = full || result == PICK_FULL;
	}
	return full ? PICK_FULL : PICK_NONE;
}

enum pick_result choose_backend(struct stride *s,
    const struct conf_backend **b, struct conn **peer)
{
	struct request *r = s->r;
	enum pick_result result = choose_along(s, false, b, peer);

	if (result >= PICK_FULL && r->ntried > 0) {
		r->ntried = 0;
		result = choose_along(s, false, b, peer);
	}
	if (result == PICK_NONE)
		result = choose_along(s, true, b, peer);
	if (result == PICK_TAKEN)
		remember(r, *b);
	return result;
}
