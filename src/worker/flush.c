/* SPDX-License-Identifier: BSD-2-Clause */
/* flush: what the client has not taken yet. */
#include "base/fault.h"
#include "worker/attempt.h"
#include "worker/request.h"
#include "worker/secure.h"
#include "worker/serve.h"

#define VECTORS 16
#define STRIDE_MOST (2u << 20) /* bytes: then it is others' turn */

/* Behind the chain, of an answer that is sent from where it lies in the
 * cache: as much of it as is there. */
static uint64_t cached_left(const struct flow *f)
{
	if (!(f->flags & FLOW_CACHED))
		return 0;
	uint64_t end = serve_there(f);
	return end > f->from.at ? end - f->from.at : 0;
}

static bool has_left(const struct flow *f)
{
	return f->out.length || cached_left(f);
}

bool flush_is_due(const struct stride *s)
{
	return has_left(&s->f) || (!(s->f.flags & FLOW_MUTE)
	    && secure_left(s, SIDE_CLIENT));
}

static int gather(const struct flow *f, struct iovec v[VECTORS])
{
	int k = chain_vectors(&f->out, 0, v, VECTORS);

	if (k < VECTORS && cached_left(f))
		k += cache_vectors(&f->from, f->entry, serve_there(f), v + k,
		    VECTORS - k);
	return k;
}

static void consume(struct stride *s, uint64_t n)
{
	struct flow *f = &s->f;
	uint64_t out = n < f->out.length ? n : f->out.length;

	f->tx += n;
	chain_consume(&f->out, out, &s->drop);
	if (n > out)
		cache_seek(&f->from, f->entry, f->from.at + (n - out));
}

/* There is nobody to send it to. */
static enum io send_nowhere(struct stride *s)
{
	s->f.tx += s->f.out.length;
	chain_clear(&s->f.out, &s->drop);
	return IO_OK;
}

/* The chain has been published: only what the row names is ever sent. */
static enum io send_plain(struct stride *s)
{
	struct iovec v[VECTORS];
	uint64_t most = s->f.tx + STRIDE_MOST;
	size_t n;

	while (has_left(&s->f)) {
		if (s->f.tx >= most)
			return IO_WAIT;
		int k = gather(&s->f, v);
		stride_io(s->c);
		enum io io = stream_send((int)lobby_row(s->c), v, k, &n);
		FAULT(client_sent);
		consume(s, n);
		stride_io_done(s, s->c);
		if (io != IO_OK)
			return io == IO_WAIT ? IO_WAIT : IO_BROKEN;
	}
	return IO_OK;
}

/* The last answer of the connection, whole: its end goes with it. */
static bool is_last(const struct stride *s)
{
	const struct flow *f = &s->f;
	bool all = f->step == STEP_FLUSH || (f->step == STEP_SERVE
	    && f->from.at == f->from_end);

	return all && f->out.length == 0
	    && (f->flags & (FLOW_CLOSE | FLOW_CUT)) == FLOW_CLOSE;
}

/* What is sealed leaves the chain with the publication that has its records,
 * whatever the client takes of them. */
static enum io send_sealed(struct stride *s)
{
	struct iovec v[VECTORS];
	uint64_t most = s->f.tx + STRIDE_MOST;

	while (flush_is_due(s)) {
		if (s->f.tx >= most)
			return IO_WAIT;
		if (secure_left(s, SIDE_CLIENT) == 0) {
			int k = gather(&s->f, v);
			size_t n = secure_seal(s, SIDE_CLIENT, v, k);
			if (n == 0)
				return s->starved ? IO_WAIT : IO_BROKEN;
			s->f.patience = 0;
			consume(s, n);
			if (is_last(s))
				secure_shut(s, SIDE_CLIENT);
		}
		enum io io = secure_flush(s, SIDE_CLIENT);
		if (io != IO_OK)
			return io;
	}
	return IO_OK;
}

static enum io send_out(struct stride *s)
{
	enum io io = s->f.flags & FLOW_MUTE ? send_nowhere(s)
	    : secure_is_on(s, SIDE_CLIENT) ? send_sealed(s) : send_plain(s);

	if (io == IO_OK)
		s->f.slow_since = 0;
	return io;
}

enum io flush_some(struct stride *s)
{
	stride_publish(s);
	return send_out(s);
}

next_step flush_run(struct stride *s)
{
	uint64_t before = stride_client_tx(s);

	if (s->late)
		return stride_cut(s, CAUSE_WRITE_TIMEOUT);
	if (!s->fresh)
		stride_publish(s);
	switch (send_out(s)) {
	case IO_OK:
		return NEXT(STEP_ACCOUNT);
	case IO_WAIT:
		if (stride_client_tx(s) == before
		    && s->f.wait == WAIT_CLIENT_ROOM)
			return BECOME(STEP_FLUSH, WAIT_CLIENT_ROOM);
		return stride_wait_for_client(s, STEP_FLUSH);
	default:
		return stride_cut(s, CAUSE_CLIENT_GONE);
	}
}
