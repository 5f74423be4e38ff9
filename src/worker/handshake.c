/* SPDX-License-Identifier: BSD-2-Clause */
/* handshake: a connection over TLS, which a gate is asked to make. */
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "shm/board.h"
#include "shm/call.h"
#include "worker/attempt.h"
#include "worker/compose.h"
#include "worker/proxied.h"
#include "worker/request.h"

_Static_assert(CALL_FIRST >= PROXYPROTO_ROOM, "a PROXY header has room");

#define RETRY_MS 10 /* until a full socket is tried again */

/* TCP and handshake together have timeouts.connect. */
static uint64_t due_at(const struct stride *s)
{
	return s->r->asked_at / 1000 + s->r->pool->timeouts.connect;
}

static next_step wait_until(struct stride *s, uint64_t when)
{
	s->f.deadline = when;
	return BECOME(STEP_HANDSHAKE, WAIT_TURN);
}

static void fill(struct stride *s, struct call *call)
{
	const struct conf_backend *b = s->r->backend;

	call->kind = CALL_CONNECT;
	call->row = lobby_row(s->c);
	call->serial = conn_serial(s->c);
	call->number = call_number(s->c);
	call->backend = b->index;
	call->timeout = (uint32_t)(due_at(s) - s->now);
	call->nfirst = (uint32_t)proxied_put(s, call->first);
	call->nrequest = 0;
	call_name(call, s->r->pool, b, attempt_host(s));
}

/* What is sent from here and not published, and what is published and not
 * sent, ends with the worker: its row gives back the place, and begins anew. */
static next_step call_gate(struct stride *s)
{
	static struct call call;
	const struct conf_backend *b = s->r->backend;

	call.version = board_address_version(b);
	if (!board_address(b, &call.to))
		return attempt_failed(s, RETRY_CONNECT, 502,
		    CAUSE_CONNECT_FAILED, "its name has no address");
	fill(s, &call);
	s->f.called = 0;
	s->f.gates_died = atomic_load(&lobby.head->gates_died);
	if (!call_send(&call)) {
		uint64_t due = due_at(s), soon = s->now + RETRY_MS;
		return wait_until(s, soon < due ? soon : due);
	}
	FAULT(call_sent);
	s->f.called = call.number;
	return wait_until(s, due_at(s));
}

/* A worker died that had it in hand: it holds no place any more. */
static next_step begin_anew(struct stride *s)
{
	s->f.called = 0;
	s->f.attempts--;
	s->r->ntried = s->r->ntried ? s->r->ntried - 1 : 0;
	return NEXT(STEP_PICK);
}

/* The log line may be another worker's; without room it lacks the reason. */
static void keep_why(struct request *r)
{
	bool full = r->arena.full;
	struct slice kept = arena_copy(&r->arena, slice_make(r->why,
	    strlen(r->why) + 1));

	r->why = kept.n ? kept.p : NULL;
	r->arena.full = full;
}

static next_step has_failed(struct stride *s)
{
	static char text[ARRIVAL_WHY];
	bool unreached = false;
	const char *why = arrive_find_why(s->c, &s->f, text, &unreached)
	    ? text : NULL;
	next_step next = attempt_failed(s, RETRY_CONNECT, 502, unreached
	    ? CAUSE_CONNECT_FAILED : CAUSE_TLS_FAILED, why);

	if (s->r->why == text)
		keep_why(s->r);
	return next;
}

static next_step use(struct stride *s)
{
	FAULT(request_picked);
	return attempt_ask(s);
}

next_step handshake_run(struct stride *s)
{
	enum conn_verdict verdict = call_verdict(s->c, &s->f);

	if (s->f.peer >= 0)
		return use(s);
	if (s->c->holds == 0)
		return begin_anew(s);
	if (verdict == VERDICT_FAILED)
		return has_failed(s);
	/* it came while the row was in a hand, and may be another's now */
	if (verdict == VERDICT_COME && attempt_reuse(s, seat_idle(s->c,
	    attempt_host(s)))) {
		s->f.called = 0;
		return use(s);
	}
	if (s->now >= due_at(s))
		return attempt_failed(s, RETRY_CONNECT, 504,
		    CAUSE_CONNECT_TIMEOUT, NULL);
	if (s->f.called && verdict == VERDICT_NONE)
		return wait_until(s, due_at(s));
	return call_gate(s);
}
