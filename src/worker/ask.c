/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections to backends that were made before, and the head for them. */
#include "shm/board.h"
#include "shm/call.h"
#include "worker/attempt.h"
#include "worker/compose.h"

/* On which it has said nothing since, too: bytes that lie there would be taken
 * for the answer. But on a new one of TLS they are tickets, as a rule. It goes
 * to where the backend's name is now. */
static bool is_sound(const struct stride *s, const struct conn *peer)
{
	bool new = s->r->backend->tls && peer->number == 0;
	enum io io = stream_peek((int)lobby_row(peer));

	return peer->version == board_address_version(s->r->backend)
	    && (io == IO_WAIT || (io == IO_OK && new));
}

bool attempt_reuse(struct stride *s, struct conn *peer)
{
	while (peer && !is_sound(s, peer)) {
		lobby_close(peer);
		peer = seat_idle(s->c);
	}
	if (peer == NULL)
		return false;
	s->f.flags |= FLOW_REUSED;
	call_use_peer(&s->f, peer);
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
