/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a client's connection: lingering, and giving all back. */
#include <sys/socket.h>

#include "base/fault.h"
#include "net/stream.h"
#include "worker/attempt.h"
#include "worker/fill.h"
#include "worker/request.h"
#include "worker/secure.h"
#include "worker/serve.h"

#define LINGER_IDLE 5000  /* ms without a byte */
#define LINGER_TIME 30000 /* ms in all */
#define LINGER_MOST (1u << 20) /* bytes thrown away in one stride */

/* A body that only its end delimits must not seem to have ended. */
static bool must_show_cut(const struct stride *s)
{
	bool unmarked = (s->f.flags & FLOW_CUT)
	    && s->f.res_kind != BODY_LENGTH
	    && !(s->f.flags & FLOW_CHUNKED_DOWN);

	/* nor should the kernel keep megabytes for a client that reads none */
	return unmarked || s->f.cause == CAUSE_WRITE_TIMEOUT;
}

static void end_stream(struct stride *s)
{
	static const struct linger now = {1, 0};

	if (must_show_cut(s))
		setsockopt((int)lobby_row(s->c), SOL_SOCKET, SO_LINGER, &now,
		    sizeof now);
	else if (secure_is_on(s, SIDE_CLIENT) && !(s->f.flags & FLOW_CUT))
		secure_end(s, SIDE_CLIENT);
	if (secure_is_on(s, SIDE_CLIENT))
		secure_drop(s, SIDE_CLIENT);
}

next_step close_run(struct stride *s)
{
	struct flow *f = &s->f;

	stride_leave(s);
	serve_let_go(s);
	fill_leave(s);
	if (s->c->kind == CONN_CLIENT)
		end_stream(s);
	page_drop(&s->drop, f->in);
	if (f->head != f->in)
		page_drop(&s->drop, f->head);
	if (f->bhead != f->req)
		page_drop(&s->drop, f->bhead);
	page_drop(&s->drop, f->req);
	page_drop(&s->drop, f->bin);
	page_drop(&s->drop, f->facts);
	f->in = f->head = f->req = f->bhead = f->bin = f->facts = 0;
	chain_clear(&f->body, &s->drop);
	chain_clear(&f->out, &s->drop);
	f->step = STEP_CLOSE;
	stride_publish(s);
	lobby_close(s->c);
	return NEXT(STEP_GONE);
}

/* Not for having been rung: then it would last as long as we are in a hurry. */
static void linger_on(struct stride *s)
{
	uint64_t until = s->f.slow_since + LINGER_TIME;

	s->f.deadline = s->now + LINGER_IDLE < until ? s->now + LINGER_IDLE
	    : until;
}

/* A close with unread bytes would reset the connection, and the client would
 * lose the answer that says why (RFC 9112, 9.6). */
next_step linger_run(struct stride *s)
{
	int fd = (int)lobby_row(s->c);
	size_t n, sum = 0;

	if (s->late)
		return NEXT(STEP_CLOSE);
	if (!(s->f.flags & FLOW_SHUT)) {
		if (secure_is_on(s, SIDE_CLIENT))
			secure_end(s, SIDE_CLIENT);
		shutdown(fd, SHUT_WR);
		s->f.flags |= FLOW_SHUT;
		s->f.slow_since = s->now;
		linger_on(s);
		/* a worker's death in here loses no byte that anybody wants */
		s->f.step = STEP_LINGER;
		stride_publish(s);
	}
	for (;;) {
		switch (stream_discard(fd, &n)) {
		case IO_OK:
			FAULT(lingered);
			linger_on(s);
			if ((sum += n) < LINGER_MOST)
				continue;
			return BECOME(STEP_LINGER, WAIT_CLIENT);
		case IO_WAIT:
			return BECOME(STEP_LINGER, WAIT_CLIENT);
		default:
			return NEXT(STEP_CLOSE);
		}
	}
}
