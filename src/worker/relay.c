/* SPDX-License-Identifier: BSD-2-Clause */
/* relay: the backend's response, head and body, to the client. */
#include <string.h>

#include "base/log.h"
#include "worker/answer.h"
#include "worker/attempt.h"
#include "worker/downstream.h"
#include "worker/fill.h"
#include "worker/inbound.h"
#include "worker/interim.h"
#include "worker/response.h"
#include "worker/secure.h"
#include "worker/splice.h"
#include "worker/tally.h"
#include "worker/upload.h"

#define ROUNDS 64    /* of receiving in one stride: then others' turn */
#define OUT_BATCH 4  /* pages that are gathered before they are sent */
#define OUT_PAGES 10 /* pages that may wait for a slow client */

next_step relay_refuse(struct stride *s, const char *why)
{
	return attempt_failed(s, RETRY_RESET, 502, CAUSE_BAD_RESPONSE, why);
}

/* All of the response has been read: the backend is free. */
static next_step done(struct stride *s)
{
	bool clean = s->f.bin_start == s->f.bin_end
	    && (s->f.flags & FLOW_BODY_WHOLE)
	    && (s->f.flags & FLOW_KEEP_BACKEND);

	/* what is published from here on needs no more of the backend */
	s->f.flags |= FLOW_BACKEND_DONE;
	if (s->f.flags & FLOW_CUT)
		fill_abandon(s);
	else
		fill_end(s);
	if (!(s->f.flags & FLOW_CUT)
	    && !attempt_is_failure(s->r->pool, s->r->status))
		tally_success(s);
	if (s->f.flags & FLOW_BEHIND) {
		s->f.cause = CAUSE_FETCH_LOST;
		s->f.flags |= FLOW_CUT | FLOW_CLOSE;
	}
	s->f.step = s->f.flags & FLOW_CACHED ? STEP_SERVE : STEP_FLUSH;
	chain_clear(&s->f.body, &s->drop);
	if (clean)
		attempt_keep(s);
	else
		attempt_end(s);
	return NEXT(s->f.step);
}

/* The client sees that it is not whole: the connection ends early. */
static next_step cut(struct stride *s, enum cause cause)
{
	/* of a request with a body nothing is left to be sent again */
	if (s->f.tx == s->f.answer_at && s->r->framing.kind == BODY_NONE)
		return attempt_take_back(s, cause);
	s->f.cause = cause;
	tally_failure(s, cause, NULL);
	answer_log(s, LOG_LEVEL_WARN, "cut");
	s->f.flags |= FLOW_CUT | FLOW_CLOSE;
	s->f.flags &= ~(uint32_t)(FLOW_KEEP_BACKEND | FLOW_LINGER);
	return done(s);
}

/* Never within a page: who goes on after a death has its old places. */
static void move_bin(struct stride *s, uint32_t page)
{
	uint16_t n = (uint16_t)(s->f.bin_end - s->f.bin_start);

	if (n)
		memcpy(page_at(page), page_at(s->f.bin) + s->f.bin_start, n);
	page_drop(&s->drop, s->f.bin);
	s->f.bin = page;
	s->f.bin_start = 0;
	s->f.bin_end = n;
}

/* A page to receive into, with the row saying so. What is too large for one
 * is no head, and no trailer section. */
static bool have_room(struct stride *s)
{
	if (s->f.bin && s->f.bin_start == s->f.bin_end) {
		s->f.bin_start = s->f.bin_end = 0;
		stride_publish(s);
		return true;
	}
	if (s->f.bin && s->f.bin_end < page_bytes(s->f.bin))
		return true;
	if (s->f.bin && s->f.bin_start == 0)
		return false;
	uint32_t page = stride_page(s, PAGE_IS_LARGE);
	if (page == 0)
		return false;
	move_bin(s, page);
	stride_publish(s);
	return true;
}

/* Some of a record is progress, too; but before the answer it may be one of a
 * ticket. */
static bool has_moved(const struct stride *s, uint64_t before)
{
	return (s->f.flags & FLOW_ANSWERED) && secure_is_on(s, SIDE_BACKEND)
	    && s->f.side[SIDE_BACKEND].wire_rx != before;
}

static enum io receive_more(struct stride *s)
{
	uint64_t before = s->f.side[SIDE_BACKEND].wire_rx;
	enum io io = inbound_backend(s);

	if (io == IO_OK || has_moved(s, before))
		s->f.deadline = s->now + s->r->pool->timeouts.read;
	return io;
}

/* The backend has closed: with its last byte, or by a reset. */
static next_step ended(struct stride *s, bool reset)
{
	if (!(s->f.flags & FLOW_ANSWERED))
		return attempt_failed(s, RETRY_RESET, 502,
		    CAUSE_BACKEND_RESET, s->f.bin_end > s->f.bin_start
		    ? "in the middle of its response" : NULL);
	if (s->f.res_kind != BODY_UNTIL_CLOSE || reset)
		return cut(s, CAUSE_BACKEND_CUT);
	if (!downstream_end(s))
		return stride_wait_for_pages(s);
	return done(s);
}

/* To read, and not for the backend to send. */
static bool waited_for_client(const struct stride *s)
{
	return s->f.wait == WAIT_CLIENT_ROOM || (s->f.wait >= WAIT_BITS
	    && !(s->f.wait & WAIT_BACKEND_IN));
}

/* Others may want what comes. */
static next_step client_gone(struct stride *s, enum cause cause)
{
	if (!fill_goes_on_alone(s))
		return stride_cut(s, cause);
	s->late = false;
	s->f.deadline = s->now + s->r->pool->timeouts.read;
	return NEXT(STEP_RELAY);
}

static next_step is_late(struct stride *s)
{
	if (waited_for_client(s))
		return client_gone(s, CAUSE_WRITE_TIMEOUT);
	if (s->f.flags & FLOW_ANSWERED)
		return cut(s, CAUSE_RESPONSE_TIMEOUT);
	return attempt_failed(s, RETRY_TIMEOUT, 504, CAUSE_RESPONSE_TIMEOUT,
	    NULL);
}

/* After a wait for something else the backend has its whole time again. */
static void allow_time(struct stride *s)
{
	const struct conf_pool *pool = s->r->pool;

	if (waited_for_client(s) || s->f.wait == WAIT_TURN)
		s->f.deadline = s->now + (s->f.flags & FLOW_ANSWERED
		    ? pool->timeouts.read : pool->timeouts.response);
}

/* The wait, and with it, where the request's body is not through yet, the wait
 * for more of that. */
static next_step wait_with_upload(struct stride *s, enum wait wait)
{
	static const uint8_t same[WAIT_COUNT] = {
		[WAIT_BACKEND] = WAIT_BACKEND_IN,
		[WAIT_RELAY] = WAIT_CLIENT_OUT | WAIT_BACKEND_IN,
		[WAIT_CLIENT_ROOM] = WAIT_CLIENT_OUT,
	};
	unsigned arms;

	if (!upload_is_open(s))
		return BECOME(STEP_RELAY, wait);
	enum cause cause = upload_move(s, &arms);
	if (cause != CAUSE_NONE)
		return stride_cut(s, cause);
	/* it has no page: one comes once the client reads, or others do */
	if (arms == 0 && wait == WAIT_BACKEND && upload_is_open(s))
		return stride_wait_for_pages(s);
	if (wait == WAIT_CLIENT_ROOM)
		s->f.deadline = stride_client_due(s, stride_client_tx(s)
		    + stride_client_rx(s), s->r->listener->timeouts.write);
	return BECOME(STEP_RELAY, WAIT_BITS | same[wait] | arms);
}

static next_step wait_for_client(struct stride *s)
{
	fill_stands_still(s);
	return upload_is_open(s) ? wait_with_upload(s, WAIT_CLIENT_ROOM)
	    : stride_wait_for_client(s, STEP_RELAY);
}

/* Also, for a client that was behind, what the cache has for it. */
static enum io flush_all(struct stride *s)
{
	enum io io = IO_OK;

	if (!flush_is_due(s))
		fill_catches_up(s);
	for (int rounds = 0; io == IO_OK && flush_is_due(s)
	    && rounds < ROUNDS; rounds++) {
		io = flush_some(s);
		if (io == IO_OK)
			fill_catches_up(s);
	}
	return flush_is_due(s) && io == IO_OK ? IO_WAIT : io;
}

/* Nothing more comes now: the client gets what there is. */
static next_step wait_for_more(struct stride *s)
{
	allow_time(s);
	response_hold(s);
	if (!flush_is_due(s) && !(s->f.flags & FLOW_BEHIND))
		return wait_with_upload(s, WAIT_BACKEND);
	switch (flush_all(s)) {
	case IO_OK:
		return wait_with_upload(s, WAIT_BACKEND);
	case IO_WAIT:
		return wait_with_upload(s, WAIT_RELAY);
	default:
		return client_gone(s, CAUSE_CLIENT_GONE);
	}
}

static next_step make_way(struct stride *s)
{
	if (s->f.out.pages < OUT_BATCH || (s->f.flags & FLOW_BEHIND))
		return NEXT(STEP_RELAY);
	if (flush_some(s) == IO_BROKEN)
		return client_gone(s, CAUSE_CLIENT_GONE);
	if (s->f.out.pages < OUT_PAGES || fill_falls_behind(s))
		return NEXT(STEP_RELAY);
	return wait_for_client(s);
}

next_step relay_no_page(struct stride *s)
{
	if (!flush_is_due(s))
		return stride_wait_for_pages(s);
	switch (flush_some(s)) {
	case IO_OK:
		return NEXT(STEP_RELAY);
	case IO_WAIT:
		return wait_for_client(s);
	default:
		return client_gone(s, CAUSE_CLIENT_GONE);
	}
}

static next_step use_what_came(struct stride *s)
{
	if (!(s->f.flags & FLOW_ANSWERED)) {
		next_step next = response_read(s);
		if (next != NEXT(STEP_RELAY)
		    || !(s->f.flags & FLOW_ANSWERED))
			return next; /* also: an interim answer was read over */
	}
	switch (downstream_move(s)) {
	case DOWNSTREAM_DONE:
		return done(s);
	case DOWNSTREAM_BAD:
		return cut(s, CAUSE_BAD_RESPONSE);
	case DOWNSTREAM_NO_PAGE:
		return relay_no_page(s);
	case DOWNSTREAM_LOST:
		return stride_cut(s, CAUSE_FETCH_LOST);
	default:
		return BECOME(STEP_RELAY, WAIT_BACKEND);
	}
}

/* NEXT(STEP_RELAY): not through a pipe. */
static next_step move_through_pipe(struct stride *s)
{
	switch (splice_move(s)) {
	case SPLICE_DONE:
		return done(s);
	case SPLICE_CLIENT_ROOM:
		return stride_wait_for_client(s, STEP_RELAY);
	case SPLICE_BACKEND:
		allow_time(s);
		return BECOME(STEP_RELAY, WAIT_BACKEND);
	case SPLICE_CLIENT_GONE:
		return client_gone(s, CAUSE_CLIENT_GONE);
	case SPLICE_BACKEND_GONE:
		return cut(s, CAUSE_BACKEND_CUT);
	default:
		return NEXT(STEP_RELAY);
	}
}

static bool has_room(const struct stride *s)
{
	return s->f.bin && s->f.bin_end < page_bytes(s->f.bin);
}

/* Neither a client nor the cache wants what would come. */
static bool is_for_nobody(const struct stride *s)
{
	return (s->f.flags & FLOW_MUTE) && (s->f.flags & FLOW_ANSWERED)
	    && !fill_is_on(s);
}

/* Between two looks at what came: the way it takes, and room for it. */
static next_step prepare(struct stride *s)
{
	next_step next = move_through_pipe(s);

	if (next == NEXT(STEP_RELAY))
		next = make_way(s);
	if (next != NEXT(STEP_RELAY) || have_room(s))
		return next;
	return s->f.bin && s->f.bin_start == 0
	    ? relay_refuse(s, "its head is too large") : relay_no_page(s);
}

next_step relay_run(struct stride *s)
{
	if (s->f.flags & FLOW_BACKEND_DONE) /* a worker died behind that */
		return done(s);
	if (s->f.peer < 0)
		return s->f.flags & FLOW_ANSWERED
		    ? stride_cut(s, CAUSE_WORKER_DIED) : attempt_lost(s);
	if (s->late && !response_is_let_go(s))
		return is_late(s);
	for (int rounds = 0;;) {
		next_step next = use_what_came(s);
		if (next == NEXT(STEP_RELAY))
			continue;
		if (next != BECOME(STEP_RELAY, WAIT_BACKEND))
			return next;
		if (is_for_nobody(s))
			return stride_cut(s, CAUSE_NOT_STORED);
		next = prepare(s);
		if (next != NEXT(STEP_RELAY))
			return next;
		if (!has_room(s))
			continue; /* pages have been freed */
		/* what has come is used: nothing may ever come behind it */
		if (rounds++ == ROUNDS)
			return wait_for_more(s);
		enum io io = receive_more(s);
		if (io == IO_WAIT)
			return wait_for_more(s);
		if (io != IO_OK)
			return ended(s, io == IO_BROKEN);
	}
}
