/* SPDX-License-Identifier: BSD-2-Clause */
/* pick: which backend, and a connection to it. */
#include <errno.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "net/connect.h"
#include "worker/attempt.h"
#include "worker/compose.h"
#include "worker/request.h"

static enum pick_result choose_of(struct stride *s, struct conn **peer)
{
	struct request *r = s->r;
	struct pick p = {.pool = r->pool, .tried = r->tried,
	    .ntried = r->ntried, .idle = !(s->f.flags & FLOW_FRESH)};

	return seat_pick(s->c, &p, &r->backend, peer);
}

static enum pick_result choose(struct stride *s, struct conn **peer)
{
	struct request *r = s->r;
	enum pick_result result = choose_of(s, peer);

	if (result == PICK_NONE && r->ntried > 0) {
		/* all were tried: the same ones again */
		r->ntried = 0;
		result = choose_of(s, peer);
	}
	if (result == PICK_TAKEN && r->ntried < REQUEST_TRIED)
		r->tried[r->ntried++] = (uint16_t)r->backend->index;
	return result;
}

/* Of the idle connections, one that the backend has not closed, and on which it
 * has said nothing since: bytes that lie there would be taken for the answer. */
static struct conn *look_at_idle(struct stride *s, struct conn *peer)
{
	while (peer && stream_peek((int)lobby_row(peer)) != IO_WAIT) {
		lobby_close(peer);
		peer = seat_idle(s->c);
	}
	return peer;
}

static int open_socket(const struct addr *to)
{
	int fd = connect_socket(to);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		struct conn *idle = seat_remove_any();
		if (idle == NULL)
			return -1;
		lobby_close(idle);
		note_take(NOTE_SOCKET, 0, 0);
		fd = connect_socket(to);
	}
	return fd;
}

/* A row for a new connection, bound to the client's. */
static struct conn *open_peer(struct stride *s, const struct conf_backend *b)
{
	note_take(NOTE_SOCKET, 0, 0);
	FAULT(socket_noted);
	int fd = open_socket(&b->address);
	FAULT(socket_taken);
	struct conn *peer = fd < 0 ? NULL : lobby_hang(fd, CONN_BACKEND);
	if (peer) {
		peer->backend = b->index;
		peer->is_unix = b->address.sa.sa_family == AF_UNIX;
		peer->base_tx = !peer->is_unix;
		lobby_bind(peer, s->c);
	}
	FAULT(socket_hung);
	note_clear();
	return peer;
}

static void begin_attempt(struct stride *s, struct conn *peer)
{
	struct flow *f = &s->f;

	peer->number++;
	f->peer = (int32_t)lobby_row(peer);
	f->brx = peer->rx;
	f->btx = peer->tx;
	f->sent = f->gone = 0;
	f->interims = 0;
	f->res_scan = (struct head_scan_state){0};
	f->deadline = s->now + s->r->pool->timeouts.connect;
}

static next_step connect_to(struct stride *s, const struct conf_backend *b,
    struct conn *peer)
{
	int error = 0;

	peer = look_at_idle(s, peer);

	s->f.flags &= ~(uint32_t)FLOW_REUSED;
	if (peer) {
		s->f.flags |= FLOW_REUSED;
		begin_attempt(s, peer);
	} else {
		peer = open_peer(s, b);
		if (peer == NULL) {
			seat_give(s->c, NULL, 0, 0);
			return stride_refuse(s, 503, CAUSE_NO_DESCRIPTORS,
			    NULL);
		}
		begin_attempt(s, peer);
		error = connect_begin(s->f.peer, &b->address);
	}
	FAULT(request_picked);
	if (error)
		return attempt_failed(s, RETRY_CONNECT, 502,
		    CAUSE_CONNECT_FAILED, strerrordesc_np(error));
	switch (compose_request_head(s)) {
	case COMPOSE_NO_PAGE:
		attempt_end(s);
		s->f.attempts--;
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

next_step pick_run(struct stride *s)
{
	struct request *r = s->r;

	if (s->f.peer >= 0 || s->c->holds)
		attempt_end(s); /* a worker died here */
	if (s->f.flags & FLOW_STREAMED)
		return attempt_failed(s, RETRY_RESET, 502,
		    CAUSE_BACKEND_RESET, NULL);
	struct conn *peer;
	if (choose(s, &peer) != PICK_TAKEN)
		return stride_refuse(s, 503, CAUSE_NO_BACKEND, NULL);
	s->f.attempts++;
	return connect_to(s, r->backend, peer);
}
