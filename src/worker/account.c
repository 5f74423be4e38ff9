/* SPDX-License-Identifier: BSD-2-Clause */
/* account: log line, then the next request. */
#include "worker/account.h"

#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "shm/slot.h"
#include "worker/attempt.h"
#include "worker/cached.h"
#include "worker/fill.h"
#include "worker/line.h"
#include "worker/random.h"
#include "worker/secure.h"
#include "worker/serve.h"
#include "worker/worker.h"

#define REQUESTS 64 /* of one client in one stride */
#define MILLION 1000000u

static bool asks_for_times(const struct conf_access_log *log)
{
	for (unsigned i = 0; i < log->custom.n; i++)
		if (log->custom.at[i].kind >= LOG_FIELD_T_ROUTE
		    && log->custom.at[i].kind <= LOG_FIELD_T_TOTAL)
			return true;
	return log->format == FORMAT_JSON;
}

void account_mark(struct stride *s, enum request_time time)
{
	static const struct conf *of;
	static bool wanted;

	if (of != worker_conf) {
		of = worker_conf;
		wanted = false;
		for (unsigned i = 0; i < of->naccess_logs; i++)
			wanted = wanted || asks_for_times(
			    &of->access_logs[i]);
	}
	if (wanted)
		s->r->at[time] = clock_us();
}

/* By the id and nothing else, so that all logs agree on a request. */
static bool is_sampled(const struct request *r, uint32_t sample)
{
	uint64_t hash = 0, part;

	if (sample >= MILLION)
		return true;
	for (size_t i = 0; i < REQUEST_ID; i += sizeof part) {
		memcpy(&part, r->id + i, sizeof part);
		hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return (hash >> 32) * MILLION >> 32 < sample;
}

static bool belongs(const struct stride *s, const struct conf_access_log *log)
{
	unsigned status = s->r->status;

	if (log->errors_only && status != 0 && status < 400
	    && s->f.cause == CAUSE_NONE && !(s->f.flags & FLOW_CUT))
		return false;
	return is_sampled(s->r, log->sample);
}

static void add_line(struct stride *s, struct ring_batch *batch,
    const struct conf_access_log *log, uint64_t now)
{
	char line[RING_LINE_MAX];
	struct ring_header h = {
	    .kind = (uint16_t)(RING_ACCESS + log->log.output),
	    .row = lobby_row(s->c), .serial = conn_serial(s->c),
	    .number = s->c->number, .when = now};

	h.length = (uint16_t)line_format(s, log, now, line,
	    log->log.kind == CONF_LOG_SYSLOG ? LINE_SYSLOG : sizeof line);
	ring_add(batch, &h, line);
}

static void write_lines(struct stride *s)
{
	struct ring_batch batch = ring_begin(&slot_self->ring);
	uint64_t now = clock_us();

	if (s->r->id[0] == '\0') /* refused before it got one */
		random_id(s->r->id);
	for (unsigned i = 0; i < worker_conf->naccess_logs; i++)
		if (belongs(s, &worker_conf->access_logs[i]))
			add_line(s, &batch, &worker_conf->access_logs[i],
			    now);
	if (ring_publish(&batch))
		ring_wake(&slots.at[0].ring);
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
	stride_leave(s);
	serve_let_go(s);
	fill_leave(s);
	cached_count(s);
	if (worker_conf->naccess_logs && s->c->kind == CONN_CLIENT
	    && !(flags & FLOW_LOGGED))
		write_lines(s);
	uint64_t keepalive = s->r->listener->timeouts.keepalive;
	let_go(s);
	if (flags & FLOW_CLOSE) {
		bool linger = (flags & FLOW_LINGER)
		    && !(flags & (FLOW_CUT | FLOW_MUTE));
		return NEXT(linger ? STEP_LINGER : STEP_CLOSE);
	}
	s->f.flags = 0;
	/* pipelined; now and then it is others' turn */
	if (s->f.in || secure_is_pending(s, SIDE_CLIENT))
		return ++s->requests < REQUESTS ? NEXT(STEP_RECEIVE)
		    : BECOME(STEP_RECEIVE, WAIT_CLIENT_ROOM);
	if (lobby_order() >= LOBBY_HURRY)
		return NEXT(STEP_CLOSE);
	s->f.deadline = s->now + keepalive;
	return BECOME(STEP_RECEIVE, WAIT_CLIENT);
}
