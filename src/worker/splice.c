/* SPDX-License-Identifier: BSD-2-Clause */
/* Large bodies go from backend to client without being read. */
#include "worker/splice.h"

#include "base/fault.h"
#include "worker/attempt.h"
#include "worker/pipe.h"
#include "worker/upload.h"

#define WORTH_IT 65536 /* bytes still to come */
#define AT_ONCE 262144
#define ROUNDS 64 /* in one stride: then it is others' turn */

static bool is_worth_it(const struct stride *s)
{
	return s->f.secure == 0 && s->f.fill == 0
	    && (s->f.flags & (FLOW_ANSWERED | FLOW_MUTE)) == FLOW_ANSWERED
	    && !upload_is_open(s)
	    && s->f.res_kind == BODY_LENGTH
	    && s->f.res_left >= WORTH_IT && s->f.bin_start == s->f.bin_end
	    && !s->c->is_unix && !lobby_get((unsigned)s->f.peer)->is_unix;
}

/* What is in pages goes first; the pipe is hung on the row before a byte is
 * in it. */
static enum splice begin(struct stride *s)
{
	enum io io = flush_some(s);

	if (io != IO_OK)
		return io == IO_WAIT ? SPLICE_CLIENT_ROOM
		    : SPLICE_CLIENT_GONE;
	if (!pipe_take(s))
		return SPLICE_NOT;
	page_drop(&s->drop, s->f.bin);
	s->f.bin = 0;
	s->f.bin_start = s->f.bin_end = 0;
	stride_publish(s);
	return SPLICE_DONE;
}

static enum splice end(struct stride *s)
{
	int32_t in = s->f.pipe_in, out = s->f.pipe_out;

	s->f.pipe_in = s->f.pipe_out = -1;
	stride_publish(s);
	pipe_give(s, in, out, true);
	return SPLICE_DONE;
}

static enum io fill(struct stride *s)
{
	size_t n, most = s->f.res_left < AT_ONCE ? (size_t)s->f.res_left
	    : AT_ONCE;
	enum io io = stream_splice_in(s->f.peer, s->f.pipe_out, most, &n);

	FAULT(splice_filled);
	s->f.brx += n;
	s->f.res_left -= n;
	s->f.piped += n;
	if (n)
		s->f.deadline = s->now + s->r->pool->timeouts.read;
	return io;
}

static enum io empty(struct stride *s)
{
	size_t n;

	while (s->f.piped > 0) {
		enum io io = stream_splice_out(s->f.pipe_in,
		    (int)lobby_row(s->c), (size_t)s->f.piped, false, &n);
		FAULT(splice_emptied);
		if (io != IO_OK)
			return io == IO_WAIT ? IO_WAIT : IO_BROKEN;
		s->f.tx += n;
		s->f.piped -= n;
	}
	s->f.slow_since = 0;
	return IO_OK;
}

enum splice splice_move(struct stride *s)
{
	if (s->f.pipe_in < 0) {
		if (!is_worth_it(s))
			return SPLICE_NOT;
		enum splice begun = begin(s);
		if (begun != SPLICE_DONE)
			return begun;
	}
	for (int rounds = 0;; rounds++) {
		switch (empty(s)) {
		case IO_WAIT:
			return SPLICE_CLIENT_ROOM;
		case IO_BROKEN:
			return SPLICE_CLIENT_GONE;
		default:
			break;
		}
		if (s->f.res_left == 0)
			return end(s);
		if (rounds == ROUNDS)
			return SPLICE_BACKEND;
		switch (fill(s)) {
		case IO_OK:
			continue;
		case IO_WAIT:
			if (stream_peek(s->f.peer) != IO_OK)
				return SPLICE_BACKEND;
			/* splice stops before urgent bytes, recv does not */
			end(s);
			return SPLICE_NOT;
		default:
			return SPLICE_BACKEND_GONE;
		}
	}
}
