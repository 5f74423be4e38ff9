/* SPDX-License-Identifier: BSD-2-Clause */
/* The rest of a request's body, while its answer is under way. */
#include "worker/upload.h"

#include "worker/attempt.h"
#include "worker/body.h"
#include "worker/secure.h"

#define ROUNDS 32 /* in one stride: then it is others' turn */

bool upload_is_open(const struct stride *s)
{
	return (s->f.flags & FLOW_ANSWERED) && s->f.peer >= 0
	    && !(s->f.flags & FLOW_NO_UPLOAD)
	    && !forward_is_complete(&s->f);
}

void upload_abandon(struct stride *s)
{
	chain_clear(&s->f.body, &s->drop);
	s->f.flags |= FLOW_NO_UPLOAD;
}

/* A backend may answer while it reads, and not end before it has read all
 * (RFC 9112, 9.3). False: wait for what *arms says. */
static bool move_once(struct stride *s, unsigned *arms, enum cause *cause)
{
	*arms = 0;
	/* what was in chunks stands in pages that the row knows nothing of */
	if (s->f.flags & FLOW_CHUNKED_IN)
		stride_publish(s);
	switch (forward_send(s)) {
	case IO_OK:
		break;
	case IO_WAIT:
		*arms = WAIT_BACKEND_OUT;
		return false;
	default:
		upload_abandon(s); /* its answer may still come */
		return false;
	}
	forward_let_go(s);
	if (s->f.flags & FLOW_BODY_WHOLE)
		return false;
	switch (body_receive(s, cause)) {
	case IO_OK:
		return true;
	case IO_WAIT:
		*arms = WAIT_CLIENT_IN;
		return false;
	default:
		return false;
	}
}

/* Bytes of both sockets, whether a record of them is whole or not. */
static uint64_t moved(const struct stride *s)
{
	return stride_client_rx(s) + (secure_is_on(s, SIDE_BACKEND)
	    ? s->f.side[SIDE_BACKEND].wire_tx : s->f.sent);
}

enum cause upload_move(struct stride *s, unsigned *arms)
{
	enum cause cause = CAUSE_NONE;
	uint64_t before = moved(s);
	int rounds = 0;

	while (rounds < ROUNDS && move_once(s, arms, &cause))
		rounds++;
	/* the client may have sent all: what came last is to go on */
	if (rounds == ROUNDS)
		*arms = WAIT_BACKEND_OUT;
	if (moved(s) != before) {
		s->f.deadline = s->now + s->r->pool->timeouts.read;
		s->f.patience = 0;
	}
	return cause;
}
