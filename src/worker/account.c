/* SPDX-License-Identifier: BSD-2-Clause */
/* account: log line, then the next request. */
#include "worker/account.h"

#include "base/clock.h"
#include "base/fault.h"
#include "shm/slot.h"
#include "worker/attempt.h"
#include "worker/worker.h"

#define REQUESTS 64 /* of one client in one stride */

static void write_line(struct stride *s)
{
	char line[RING_LINE_MAX];
	struct ring_header h = {.kind = RING_ACCESS,
	    .row = lobby_row(s->c), .serial = conn_serial(s->c),
	    .number = s->c->number, .when = clock_us()};

	h.length = (uint16_t)account_line(s, line, sizeof line);
	ring_write(&slot_self->ring, &h, line);
	FAULT(line_written);
	s->f.flags |= FLOW_LOGGED;
}

/* Pages of the request that is over; what came behind it stays. */
static void let_go(struct stride *s)
{
	struct flow *f = &s->f;

	s->c->deaths = 0;
	if (f->head != f->in)
		page_drop(&s->drop, f->head);
	f->head = 0;
	if (f->in_start == f->in_end) {
		page_drop(&s->drop, f->in);
		f->in = 0;
		f->in_start = f->in_end = 0;
		f->receive = RECEIVE_NOWHERE;
	}
	page_drop(&s->drop, f->req);
	f->req = 0;
	s->r = NULL;
	chain_clear(&f->body, &s->drop);
	chain_clear(&f->out, &s->drop);
}

next_step account_run(struct stride *s)
{
	uint32_t flags = s->f.flags;

	worker_requests++;
	if (s->f.peer >= 0 || s->c->holds)
		attempt_end(s);
	if (worker_conf->naccess_logs
	    && !(flags & FLOW_LOGGED))
		write_line(s);
	uint64_t keepalive = s->r->listener->timeouts.keepalive;
	let_go(s);
	if (flags & FLOW_CLOSE) {
		bool linger = (flags & FLOW_LINGER) && !(flags & FLOW_CUT);
		return NEXT(linger ? STEP_LINGER : STEP_CLOSE);
	}
	s->f.flags = 0;
	if (s->f.in) /* pipelined; now and then it is others' turn */
		return ++s->requests < REQUESTS ? NEXT(STEP_RECEIVE)
		    : BECOME(STEP_RECEIVE, WAIT_CLIENT_ROOM);
	if (lobby_order() >= LOBBY_HURRY)
		return NEXT(STEP_CLOSE);
	s->f.deadline = s->now + keepalive;
	return BECOME(STEP_RECEIVE, WAIT_CLIENT);
}
