/* SPDX-License-Identifier: BSD-2-Clause */
/* pick: which backend, and a connection to it. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "net/connect.h"
#include "shm/board.h"
#include "shm/call.h"
#include "worker/attempt.h"
#include "worker/choose.h"
#include "worker/fill.h"
#include "worker/request.h"
#include "worker/tally.h"

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
static struct conn *open_peer(struct stride *s, const struct conf_backend *b,
    const struct addr *to)
{
	note_take(NOTE_SOCKET, 0, 0);
	FAULT(socket_noted);
	int fd = open_socket(to);
	FAULT(socket_taken);
	struct conn *peer = fd < 0 ? NULL : lobby_hang(fd, CONN_BACKEND);
	if (peer) {
		peer->backend = b->index;
		peer->is_unix = to->sa.sa_family == AF_UNIX;
		peer->base_tx = !peer->is_unix;
		lobby_bind(peer, s->c);
	}
	FAULT(socket_hung);
	note_clear();
	return peer;
}

static void begin_attempt(struct stride *s)
{
	struct flow *f = &s->f;

	s->c->left = 0;
	s->r->held_since = 0;
	f->attempts++;
	f->sent = f->gone = 0;
	f->interims = 0;
	f->res_scan = (struct head_scan_state){0};
	f->deadline = s->now + s->r->pool->timeouts.connect;
	f->flags &= ~(uint32_t)FLOW_REUSED;
	s->r->asked_at = clock_us();
	s->r->asked_wall = clock_wall();
	s->r->purges = cache_purges(s->r->key_hash);
	tally_attempt(s);
	if (f->attempts == 1)
		budget_earn(s->r->pool);
}

static next_step connect_to(struct stride *s, const struct conf_backend *b)
{
	struct addr to;
	uint32_t version = board_address_version(b);

	/* a name may have lost its address just now */
	if (!board_address(b, &to))
		return attempt_failed(s, RETRY_CONNECT, 502,
		    CAUSE_CONNECT_FAILED, "its name has no address");
	struct conn *peer = open_peer(s, b, &to);
	if (peer == NULL) {
		seat_give(s->c, NULL, 0, 0);
		return stride_refuse(s, 503, CAUSE_NO_DESCRIPTORS, NULL);
	}
	peer->version = version;
	call_use_peer(&s->f, peer);
	int error = connect_begin(s->f.peer, &to);
	FAULT(request_picked);
	if (error)
		return attempt_failed(s, RETRY_CONNECT, 502,
		    CAUSE_CONNECT_FAILED, strerrordesc_np(error));
	return attempt_ask(s);
}

/* s->c holds a place at the backend, and perhaps an idle connection. */
static next_step begin(struct stride *s, const struct conf_backend *b,
    struct conn *peer)
{
	s->r->backend = b;
	begin_attempt(s);
	if (!attempt_reuse(s, peer))
		return b->tls ? NEXT(STEP_HANDSHAKE) : connect_to(s, b);
	FAULT(request_picked);
	return attempt_ask(s);
}

/* Nobody can take it. */
static next_step refuse(struct stride *s, enum cause cause)
{
	struct request *r = s->r;
	next_step next;

	if (fill_covers(s, 503, cause, &next))
		return next;
	/* not of the last one that had nobody either */
	r->pool = r->backend ? &seats.conf->pools[r->backend->pool] : r->home;
	return stride_refuse(s, 503, cause, NULL);
}

next_step pick_run(struct stride *s)
{
	/* from here on a place may be given to it at any moment */
	bool waits = s->c->queued != 0;
	const struct conf_backend *b = waits ? NULL : choose_granted(s);
	struct conn *peer = NULL;

	if (b)
		return begin(s, b, s->f.flags & FLOW_FRESH ? NULL
		    : seat_idle(s->c, attempt_host(s)));
	if (!waits && (s->f.peer >= 0 || s->c->holds))
		attempt_end(s); /* a worker died here */
	if (s->f.flags & FLOW_STREAMED)
		return attempt_lost(s);
	if (s->late && !choose_is_late(s))
		return refuse(s, CAUSE_QUEUE_TIMEOUT);
	switch (choose_backend(s, &b, &peer)) {
	case PICK_TAKEN:
		return begin(s, b, peer);
	case PICK_QUEUED:
		return BECOME(STEP_PICK, WAIT_TURN);
	case PICK_FULL:
		return refuse(s, s->r->impatient ? CAUSE_QUEUE_TIMEOUT
		    : CAUSE_QUEUE_FULL);
	default:
		return refuse(s, CAUSE_NO_BACKEND);
	}
}
