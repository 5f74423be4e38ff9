/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections to backends that were made before, and the head for them. */
#include "shm/board.h"
#include "shm/call.h"
#include "worker/attempt.h"
#include "worker/compose.h"
#include "worker/inbound.h"
#include "worker/secure.h"

/* On which it has said nothing since, too: bytes that lie there would be taken
 * for the answer. It goes to where the backend's name is now. It is s->f.peer
 * then: tickets that lie there are read over. */
static bool use_sound(struct stride *s, struct conn *peer)
{
	if (peer->version != board_address_version(s->r->backend))
		return false;
	call_use_peer(&s->f, peer);
	if (inbound_peek(s) == IO_WAIT && !s->starved)
		return true;
	if (secure_is_on(s, SIDE_BACKEND))
		secure_drop(s, SIDE_BACKEND);
	s->f.secure &= ~(uint32_t)SECURE_BACKEND;
	s->f.peer = -1;
	s->starved = false;
	return false;
}

struct slice attempt_host(const struct stride *s)
{
	return compose_host_for(s->r, s->r->pool);
}

bool attempt_reuse(struct stride *s, struct conn *peer)
{
	while (peer && !use_sound(s, peer)) {
		lobby_close(peer);
		peer = seat_idle(s->c, attempt_host(s));
	}
	if (peer == NULL)
		return false;
	s->f.flags |= FLOW_REUSED;
	return true;
}

next_step attempt_ask(struct stride *s)
{
	switch (compose_request_head(s)) {
	case COMPOSE_NO_PAGE:
		attempt_end(s);
		s->f.step = STEP_PICK;
		s->f.attempts--;
		s->r->ntried = s->r->ntried ? s->r->ntried - 1 : 0;
		return stride_wait_for_pages(s);
	case COMPOSE_REGEX:
		return stride_refuse(s, 500, CAUSE_REGEX, NULL);
	case COMPOSE_DOTS:
		return stride_refuse(s, 400, CAUSE_REFUSED,
		    "rewrite makes a path with dots of it");
	case COMPOSE_TOO_LARGE:
		return stride_refuse(s, 431, CAUSE_ARENA, NULL);
	default:
		break;
	}
	s->f.step = STEP_FORWARD;
	stride_publish(s);
	return NEXT(STEP_FORWARD);
}
