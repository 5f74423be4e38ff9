/* SPDX-License-Identifier: BSD-2-Clause */
/* Attempts: one try at one backend, and what follows when it fails. */
#include "worker/attempt.h"

#include "base/log.h"
#include "http/method.h"
#include "http/status.h"
#include "shm/board.h"
#include "worker/fill.h"
#include "worker/inbound.h"
#include "worker/pipe.h"
#include "worker/secure.h"
#include "worker/tally.h"

#define ATTEMPT_NO_BUDGET "the retry budget is used up"

/* A pipe that still holds bytes is of no use to anybody else. */
static void let_go_of_pipe(struct stride *s)
{
	int32_t in = s->f.pipe_in, out = s->f.pipe_out;

	if (in < 0)
		return;
	s->f.pipe_in = s->f.pipe_out = -1;
	stride_publish(s);
	pipe_give(s, in, out, false);
}

/* Where they stand goes with the connection. */
static void give_records(struct stride *s, struct conn *peer)
{
	if (!secure_is_on(s, SIDE_BACKEND))
		return;
	peer->flow[0].side[0] = s->f.side[SIDE_BACKEND];
	secure_drop(s, SIDE_BACKEND);
	s->f.secure &= ~(uint32_t)SECURE_BACKEND;
}

static struct conn *let_go(struct stride *s)
{
	struct conn *peer = s->f.peer >= 0
	    ? lobby_get((unsigned)s->f.peer) : NULL;

	let_go_of_pipe(s);
	if (peer) {
		peer->rx = s->f.brx;
		peer->tx = s->f.btx + s->f.sent;
		give_records(s, peer);
	}
	s->f.peer = -1;
	s->f.called = 0; /* what comes of it still is nobody's */
	page_drop(&s->drop, s->f.bin);
	s->f.bin = 0;
	s->f.bin_start = s->f.bin_end = 0;
	if (s->f.bhead != s->f.req)
		page_drop(&s->drop, s->f.bhead);
	s->f.bhead = 0;
	stride_publish(s);
	return peer;
}

void attempt_end(struct stride *s)
{
	struct conn *peer = let_go(s);

	seat_give(s->c, NULL, 0, 0);
	if (peer) {
		secure_leave(peer);
		lobby_close(peer);
	}
}

/* In a seat it has no page, so no byte of a record either; but tickets that
 * came behind the answer may be read over. */
static bool is_quiet(struct stride *s)
{
	const struct secure *x = &s->f.side[SIDE_BACKEND];

	if (s->f.peer < 0 || !secure_is_on(s, SIDE_BACKEND))
		return true;
	if (x->raw_end > x->raw_start && inbound_peek(s) != IO_WAIT)
		return false;
	secure_tidy(s);
	return x->raw == 0 && x->plain == 0 && x->sealed.length == 0
	    && (x->flags & ~SECURE_UPDATE) == 0;
}

/* The stack is full: perhaps of connections that clients have had made for
 * names of their own, which shall not keep out those that are used. */
static bool keep_instead(struct conn *peer, unsigned most, uint64_t deadline)
{
	struct conn *other = most && peer->mark > 1
	    ? seat_remove_other(peer) : NULL;

	if (other == NULL)
		return false;
	lobby_close(other);
	return seat_keep(peer, most, deadline);
}

void attempt_keep(struct stride *s)
{
	const struct conf_pool *pool = s->r->pool;
	bool quiet = is_quiet(s);
	struct conn *peer = let_go(s);
	bool worn = peer && (pool->proxy_protocol || (pool->max_reuse
	    && peer->number >= pool->max_reuse)
	    || peer->version != board_address_version(s->r->backend));

	unsigned most = worn || !quiet ? 0 : pool->idle_connections;
	uint64_t deadline = s->now + pool->timeouts.idle;

	if (!seat_give(s->c, peer, most, deadline) && peer
	    && !keep_instead(peer, most, deadline)) {
		secure_leave(peer);
		lobby_close(peer);
	}
}

void stride_leave(struct stride *s)
{
	if (s->f.peer >= 0 || s->f.pipe_in >= 0 || s->c->holds)
		attempt_end(s);
	if (s->c->queued || s->c->granted)
		queue_leave(s->c);
}

/* An idle connection that was closed is nobody's failure. */
static bool is_stale(const struct stride *s, enum cause cause)
{
	return cause == CAUSE_BACKEND_RESET && (s->f.flags & FLOW_REUSED)
	    && s->f.interims == 0 && s->f.bin_start == s->f.bin_end;
}

/* As far as the request itself is concerned. */
static bool is_repeatable(const struct stride *s)
{
	return !(s->f.flags & (FLOW_ANSWERED | FLOW_STREAMED))
	    && (s->f.sent == 0
	    || method_is_idempotent(s->r->head.method_id));
}

static bool may_repeat(const struct stride *s, unsigned retry_bit)
{
	const struct conf_pool *pool = s->r->pool;

	return is_repeatable(s) && (pool->retry.on & retry_bit)
	    && s->f.attempts < pool->retry.attempts;
}

bool attempt_may_repeat(const struct stride *s)
{
	return may_repeat(s, RETRY_RESET);
}

/* What has cost no backend anything is free: when most of them fail, repeating
 * all that failed would bring down the others. */
static bool can_pay(const struct stride *s, unsigned retry_bit,
    enum cause cause)
{
	const struct conf_pool *pool = s->r->pool;

	if (retry_bit == RETRY_CONNECT || cause == CAUSE_ATTEMPT_LOST
	    || budget_spend(pool))
		return true;
	if (lobby_may_tell(LOBBY_NO_BUDGET))
		log_warn("pool %s: %s: requests that fail are not repeated",
		    pool->name, ATTEMPT_NO_BUDGET);
	return false;
}

static unsigned retry_bit_of(unsigned status)
{
	static const struct { unsigned status, bit; } on[] = {
		{502, RETRY_502}, {503, RETRY_503}, {504, RETRY_504}};

	for (unsigned i = 0; i < sizeof on / sizeof on[0]; i++)
		if (on[i].status == status)
			return on[i].bit;
	return 0;
}

bool attempt_is_failure(const struct conf_pool *pool, unsigned status)
{
	return pool->retry.on & retry_bit_of(status);
}

static void drop_attempt(struct stride *s)
{
	attempt_end(s);
	fill_again(s);
	s->f.flags &= ~(uint32_t)FLOW_REUSED;
}

static next_step repeat(struct stride *s, enum cause cause, const char *why)
{
	s->r->retries++;
	s->r->status = 0; /* what it was is not the answer */
	tally_again(s, cause, why);
	drop_attempt(s);
	return NEXT(STEP_PICK);
}

/* The same backend, on a new connection, and as if it were the first time. */
static next_step ask_afresh(struct stride *s)
{
	s->r->ntried = s->r->ntried ? s->r->ntried - 1 : 0;
	s->f.attempts--;
	s->f.flags |= FLOW_FRESH;
	drop_attempt(s);
	return NEXT(STEP_PICK);
}

bool attempt_again_on(struct stride *s, unsigned status, next_step *next)
{
	unsigned bit = retry_bit_of(status);

	if (!may_repeat(s, bit) || !can_pay(s, bit, CAUSE_BAD_STATUS))
		return false;
	tally_answer(s, status);
	tally_failure(s, CAUSE_BAD_STATUS, status_reason(status));
	*next = repeat(s, CAUSE_BAD_STATUS, status_reason(status));
	return true;
}

static bool others_are_up(const struct conf_pool *pool, uint64_t now)
{
	while (pool && board_left(pool, now) == 0)
		pool = pool->fallback;
	return pool != NULL;
}

bool attempt_leave(struct stride *s, next_step *next)
{
	const struct conf_pool *pool = s->r->pool;

	if (s->f.peer < 0 || s->f.bin_end > s->f.bin_start
	    || inbound_peek(s) != IO_WAIT
	    || !may_repeat(s, RETRY_TIMEOUT)
	    || !others_are_up(pool, s->now) || !budget_spend(pool))
		return false;
	*next = repeat(s, CAUSE_BACKEND_DOWN, NULL);
	return true;
}

next_step attempt_failed(struct stride *s, unsigned retry_bit,
    unsigned status, enum cause cause, const char *why)
{
	bool stale = is_stale(s, cause);
	next_step next;

	/* nothing of it can have arrived on a connection that never was */
	if (retry_bit == RETRY_CONNECT)
		s->f.sent = 0;
	if (stale && is_repeatable(s))
		return ask_afresh(s);
	if (!stale && cause != CAUSE_ATTEMPT_LOST)
		tally_failure(s, cause, why);
	if (may_repeat(s, retry_bit)) {
		if (can_pay(s, retry_bit, cause))
			return repeat(s, cause, why);
		why = ATTEMPT_NO_BUDGET;
	}
	drop_attempt(s);
	return fill_covers(s, status, cause, &next) ? next
	    : stride_refuse(s, status, cause, why);
}

next_step attempt_lost(struct stride *s)
{
	return attempt_failed(s, RETRY_RESET, 502, CAUSE_ATTEMPT_LOST, NULL);
}

next_step attempt_take_back(struct stride *s, enum cause cause)
{
	bool late = cause == CAUSE_RESPONSE_TIMEOUT;

	chain_clear(&s->f.out, &s->drop);
	s->f.flags &= ~(uint32_t)(FLOW_ANSWERED | ATTEMPT_FRAMING);
	s->r->status = 0;
	s->r->head_bytes = 0;
	return attempt_failed(s, late ? RETRY_TIMEOUT : RETRY_RESET,
	    late ? 504 : 502, cause, NULL);
}
