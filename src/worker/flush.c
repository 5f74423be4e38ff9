/* SPDX-License-Identifier: BSD-2-Clause */
/* flush: what the client has not taken yet. */
#include "base/fault.h"
#include "worker/attempt.h"
#include "worker/request.h"
#include "worker/secure.h"

#define VECTORS 16

bool flush_is_due(const struct stride *s)
{
	return s->f.out.length || (!(s->f.flags & FLOW_MUTE)
	    && secure_left(s, SIDE_CLIENT));
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
	size_t n;

	while (s->f.out.length > 0) {
		int k = chain_vectors(&s->f.out, 0, v, VECTORS);
		stride_io(s->c);
		enum io io = stream_send((int)lobby_row(s->c), v, k, &n);
		FAULT(client_sent);
		s->f.tx += n;
		chain_consume(&s->f.out, n, &s->drop);
		stride_io_done(s, s->c);
		if (io != IO_OK)
			return io == IO_WAIT ? IO_WAIT : IO_BROKEN;
	}
	return IO_OK;
}

/* The last answer of the connection, whole: its end goes with it. */
static bool is_last(const struct stride *s)
{
	return s->f.step == STEP_FLUSH && s->f.out.length == 0
	    && (s->f.flags & (FLOW_CLOSE | FLOW_CUT)) == FLOW_CLOSE;
}

/* What is sealed leaves the chain with the publication that has its records,
 * whatever the client takes of them. */
static enum io send_sealed(struct stride *s)
{
	struct iovec v[VECTORS];

	while (flush_is_due(s)) {
		if (secure_left(s, SIDE_CLIENT) == 0) {
			int k = chain_vectors(&s->f.out, 0, v, VECTORS);
			size_t n = secure_seal(s, SIDE_CLIENT, v, k);
			if (n == 0)
				return s->starved ? IO_WAIT : IO_BROKEN;
			s->f.tx += n;
			s->f.patience = 0;
			chain_consume(&s->f.out, n, &s->drop);
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
