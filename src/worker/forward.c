/* SPDX-License-Identifier: BSD-2-Clause */
/* forward: send head and body to the backend. */
#include <errno.h>
#include <string.h>

#include "base/fault.h"
#include "worker/account.h"
#include "worker/attempt.h"
#include "worker/inbound.h"
#include "worker/request.h"
#include "worker/secure.h"

#define VECTORS 12

/* Bytes of this attempt are counted from the head's first one on; the body's
 * pages begin behind the head, or where the last let go one ended. */
static uint64_t body_begins(const struct flow *f)
{
	return f->gone > f->bhead_len ? f->gone : f->bhead_len;
}

bool forward_is_complete(const struct flow *f)
{
	bool sealed = (f->secure & SECURE_BACKEND)
	    && f->side[SIDE_BACKEND].sealed.length;

	return (f->flags & FLOW_BODY_WHOLE) && !sealed
	    && f->sent == body_begins(f) + f->body.length;
}

static int unsent(const struct flow *f, struct iovec *v)
{
	uint64_t begins = body_begins(f);
	int n = 0;

	if (f->sent < f->bhead_len) {
		v[0].iov_base = page_at(f->bhead) + f->bhead_off + f->sent;
		v[0].iov_len = f->bhead_len - f->sent;
		n = 1;
	}
	uint64_t skip = f->sent > begins ? f->sent - begins : 0;
	return n + chain_vectors(&f->body, skip, v + n, VECTORS - n);
}

/* It takes no more for now; its answer may be there all the same, or its end,
 * which would go on firing. */
static next_step wait_for_room(struct stride *s)
{
	s->f.slow_since = 0; /* the client is not to blame */
	if (s->f.sent == 0 && !(s->f.flags & FLOW_REUSED))
		return BECOME(STEP_FORWARD, WAIT_CONNECT);
	if (inbound_peek(s) != IO_WAIT)
		return NEXT(STEP_RELAY);
	s->f.deadline = s->now + s->r->pool->timeouts.response;
	return BECOME(STEP_FORWARD, WAIT_BACKEND_ROOM);
}

static next_step broken(struct stride *s, int error)
{
	if (s->f.sent > 0 && inbound_peek(s) == IO_OK)
		return NEXT(STEP_RELAY);
	if (s->f.sent == 0 && !(s->f.flags & FLOW_REUSED))
		return attempt_failed(s, RETRY_CONNECT, 502,
		    CAUSE_CONNECT_FAILED, strerrordesc_np(error));
	return attempt_failed(s, RETRY_RESET, 502, CAUSE_BACKEND_RESET, NULL);
}

/* What is sealed is sent first: it is taken out of head and body already. */
static enum io send_sealed(struct stride *s)
{
	struct iovec v[VECTORS];
	enum io io;

	for (;;) {
		if (secure_left(s, SIDE_BACKEND) == 0) {
			int k = unsent(&s->f, v);
			if (k == 0)
				return IO_OK;
			size_t n = secure_seal(s, SIDE_BACKEND, v, k);
			if (n == 0)
				return s->starved ? IO_WAIT : IO_BROKEN;
			if (s->f.sent == 0)
				account_mark(s, TIME_CONNECT);
			s->f.sent += n;
		}
		io = secure_flush(s, SIDE_BACKEND);
		if (io != IO_OK)
			return io;
	}
}

static enum io send_plain(struct stride *s)
{
	const struct conn *peer = lobby_get((unsigned)s->f.peer);
	struct iovec v[VECTORS];
	size_t n;

	for (;;) {
		int k = unsent(&s->f, v);
		if (k == 0)
			return IO_OK;
		stride_io(peer);
		enum io io = stream_send(s->f.peer, v, k, &n);
		FAULT(backend_sent);
		int error = errno;
		if (s->f.sent == 0 && n > 0)
			account_mark(s, TIME_CONNECT);
		s->f.sent += n;
		stride_io_done(s, peer);
		errno = error;
		if (io != IO_OK)
			return io == IO_WAIT ? IO_WAIT : IO_BROKEN;
	}
}

enum io forward_send(struct stride *s)
{
	return secure_is_on(s, SIDE_BACKEND) ? send_sealed(s) : send_plain(s);
}

/* From here on the body cannot be sent again. */
void forward_let_go(struct stride *s)
{
	s->f.flags |= FLOW_STREAMED;
	chain_consume(&s->f.body, s->f.sent - body_begins(&s->f), &s->drop);
	s->f.gone = s->f.sent;
	stride_publish(s);
}

static next_step all_is_sent(struct stride *s)
{
	s->f.deadline = s->now + s->r->pool->timeouts.response;
	if (s->f.flags & FLOW_BODY_WHOLE)
		return BECOME(STEP_RELAY, WAIT_BACKEND);
	s->f.deadline = 0;
	forward_let_go(s);
	return NEXT(STEP_BODY);
}

static next_step is_late(struct stride *s)
{
	bool connected = s->f.sent > 0 || (s->f.flags & FLOW_REUSED);

	return attempt_failed(s, connected ? RETRY_TIMEOUT : RETRY_CONNECT,
	    504, connected ? CAUSE_RESPONSE_TIMEOUT : CAUSE_CONNECT_TIMEOUT,
	    NULL);
}

next_step forward_run(struct stride *s)
{
	if (s->f.peer < 0) /* it was lost with a worker */
		return attempt_lost(s);
	if (s->late)
		return is_late(s);
	if (!s->fresh)
		stride_publish(s);
	switch (forward_send(s)) {
	case IO_OK:
		return all_is_sent(s);
	case IO_WAIT:
		return wait_for_room(s);
	default:
		return broken(s, errno);
	}
}
