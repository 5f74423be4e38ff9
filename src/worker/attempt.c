/* SPDX-License-Identifier: BSD-2-Clause */
/* Attempts: one try at one backend, and what follows when it fails. */
#include "worker/attempt.h"

#include "base/log.h"
#include "http/method.h"
#include "worker/pipe.h"

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

static struct conn *let_go(struct stride *s)
{
	struct conn *peer = s->f.peer >= 0
	    ? lobby_get((unsigned)s->f.peer) : NULL;

	let_go_of_pipe(s);
	if (peer) {
		peer->rx = s->f.brx;
		peer->tx = s->f.btx + s->f.sent;
	}
	s->f.peer = -1;
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
	if (peer)
		lobby_close(peer);
}

void attempt_keep(struct stride *s)
{
	const struct conf_pool *pool = s->r->pool;
	struct conn *peer = let_go(s);
	bool worn = pool->max_reuse && peer
	    && peer->number >= pool->max_reuse;

	if (!seat_give(s->c, peer, worn ? 0 : pool->idle_connections,
	    s->now + pool->timeouts.idle) && peer)
		lobby_close(peer);
}

static bool may_repeat(const struct stride *s, unsigned retry_bit)
{
	const struct conf_pool *pool = s->r->pool;

	if (s->f.flags & (FLOW_ANSWERED | FLOW_STREAMED))
		return false;
	/* an idle connection that was closed is nobody's failure: once more */
	if (retry_bit == RETRY_RESET && (s->f.flags & FLOW_REUSED)
	    && !(s->f.flags & FLOW_FRESH))
		return s->f.sent == 0
		    || method_is_idempotent(s->r->head.method_id);
	if (!(pool->retry.on & retry_bit)
	    || s->f.attempts >= pool->retry.attempts)
		return false;
	return s->f.sent == 0 || method_is_idempotent(s->r->head.method_id);
}

bool attempt_may_repeat(const struct stride *s)
{
	return may_repeat(s, RETRY_RESET);
}

bool attempt_again_on(const struct stride *s, unsigned status)
{
	static const struct { unsigned status, bit; } on[] = {
		{502, RETRY_502}, {503, RETRY_503}, {504, RETRY_504}};

	for (unsigned i = 0; i < sizeof on / sizeof on[0]; i++)
		if (on[i].status == status)
			return may_repeat(s, on[i].bit);
	return false;
}

next_step attempt_failed(struct stride *s, unsigned retry_bit,
    unsigned status, enum cause cause, const char *why)
{
	const struct conf_backend *b = s->r->backend;
	bool stale = (s->f.flags & FLOW_REUSED) && retry_bit == RETRY_RESET;

	/* nothing of it can have arrived on a connection that never was */
	if (retry_bit == RETRY_CONNECT)
		s->f.sent = 0;
	bool again = may_repeat(s, retry_bit);
	if (stale && again && !(s->f.flags & FLOW_FRESH)) {
		/* the same backend, on a new connection: not a failure of it */
		s->r->ntried = s->r->ntried ? s->r->ntried - 1 : 0;
		s->f.attempts--;
		s->f.flags |= FLOW_FRESH;
	} else if (again) {
		s->r->retries++;
		log_warn("%s/%s: %s%s%s: trying again", b->pool_name, b->name,
		    cause_text[cause], why ? ": " : "", why ? why : "");
	}
	attempt_end(s);
	s->f.flags &= ~(uint32_t)FLOW_REUSED;
	if (again)
		return NEXT(STEP_PICK);
	return stride_refuse(s, status, cause, why);
}
