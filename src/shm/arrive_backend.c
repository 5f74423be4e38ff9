/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrivals of connections to backends: for the row that called, or idle. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "shm/board.h"
#include "shm/call.h"
#include "shm/seats.h"
#include "shm/slot.h"

static struct conn *caller_of(const struct arrival *a)
{
	struct conn *c = a->row < lobby.nrows ? lobby_get(a->row) : NULL;

	return c && conn_has_requests(c) && conn_serial(c) == a->serial
	    ? c : NULL;
}

static bool is_unix(int fd)
{
	int family = 0;
	socklen_t n = sizeof family;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &n) == 0
	    && family == AF_UNIX;
}

static void fill(struct conn *peer, const struct arrival *a)
{
	struct flow *f = &peer->flow[0];

	peer->backend = a->backend;
	peer->version = a->version;
	peer->mark = call_mark(seats.backend[a->backend],
	    slice_make(a->session.server, a->session.nserver));
	peer->is_unix = is_unix((int)lobby_row(peer));
	peer->base_tx = !peer->is_unix;
	f->secure = SECURE_BACKEND;
	/* first: whoever closes the row knows by it that there are keys */
	atomic_signal_fence(memory_order_seq_cst);
	lobby.sessions[lobby_row(peer)] = a->session;
	f->side[0] = (struct secure){.on = 1, .wire_rx = a->rx,
	    .wire_tx = a->tx, .rseq = a->rseq, .wseq = a->wseq};
}

/* Under the note that the descriptor was received under. */
static struct conn *hang(const struct arrival *a, int fd)
{
	struct conn *peer = NULL;

	if (fd >= 0 && a->kind == ARRIVAL_BACKEND && a->backend < seats.n
	    && a->session.nserver <= sizeof a->session.server)
		peer = lobby_hang(fd, CONN_BACKEND);
	else if (fd >= 0)
		close(fd);
	if (peer)
		fill(peer, a);
	FAULT(arrival_hung);
	note_clear();
	return peer;
}

static bool waits_for(const struct conn *c, const struct flow *f,
    const struct arrival *a)
{
	return f->called == a->number && f->wait == WAIT_TURN && f->peer < 0
	    && (a->kind != ARRIVAL_BACKEND || c->holds == a->backend + 1);
}

/* c is ours, and waits for something else. */
static void put_back(struct conn *c)
{
	struct flow f;

	conn_copy_flow(&f, conn_flow(c));
	if (c->rung || !lobby_park(c, &f))
		lobby_ring(c, &f);
}

static void bind_to(struct conn *c, struct conn *peer)
{
	struct flow f;

	conn_copy_flow(&f, conn_flow(c));
	lobby_bind(peer, c);
	FAULT(arrival_bound);
	f.called = 0;
	call_use_peer(&f, peer);
	conn_publish(c, &f);
}

static void keep(struct conn *peer)
{
	const struct conf_backend *b = seats.backend[peer->backend];
	const struct conf_pool *pool = &seats.conf->pools[b->pool];
	unsigned most = pool->proxy_protocol
	    || peer->version != board_address_version(b) ? 0
	    : pool->idle_connections;

	if (!seat_keep(peer, most, clock_ms() + pool->timeouts.idle))
		lobby_close(peer);
}

/* Whoever makes room by it may be the one to need it. */
static void make_room(struct arrival *a)
{
	struct conn *idle = seat_remove_any();

	if (idle) {
		lobby_close(idle);
		return;
	}
	a->kind = ARRIVAL_FAILED;
	snprintf(a->why, sizeof a->why, "no descriptors are left");
}

static enum conn_verdict verdict_of(const struct arrival *a,
    const struct conn *peer)
{
	if (a->kind != ARRIVAL_BACKEND)
		return VERDICT_FAILED;
	return peer ? VERDICT_COME : VERDICT_LOST;
}

/* c was parked and is ours. True: it waits for that, and has it now. */
static bool answer(struct conn *c, const struct arrival *a, struct conn *peer)
{
	if (!waits_for(c, conn_flow(c), a)) {
		put_back(c);
		return false;
	}
	if (peer)
		bind_to(c, peer);
	else
		call_judge(c, a->serial, a->number, verdict_of(a, NULL));
	return true;
}

struct conn *arrive_backend(struct arrival *a, int fd)
{
	struct conn *c = caller_of(a), *peer = hang(a, fd);

	a->why[sizeof a->why - 1] = '\0';
	if (a->kind == ARRIVAL_BACKEND && peer == NULL)
		make_room(a);
	bool taken = c && lobby_take(c, a->serial);
	if (taken && answer(c, a, peer))
		return c;
	/* idle first: who sees the verdict looks for it there */
	if (peer)
		keep(peer);
	FAULT(arrival_kept);
	if (c == NULL || taken)
		return NULL;
	call_judge(c, a->serial, a->number, verdict_of(a, peer));
	/* it was in another's hands, who may not have seen that */
	return lobby_take(c, a->serial) ? c : NULL;
}

/* ---- Why it failed ---- */

static bool is_about(const struct arrival *a, const struct conn *c,
    const struct flow *f)
{
	return (a->kind == ARRIVAL_FAILED || a->kind == ARRIVAL_UNREACHED)
	    && a->row == lobby_row(c) && a->serial == conn_serial(c)
	    && a->number == f->called;
}

/* It stays in the hands of who received it until the next message. */
bool arrive_find_why(const struct conn *c, const struct flow *f,
    char to[ARRIVAL_WHY], bool *unreached)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		const struct arrival *a = &lobby.hands[(slot_me + i) % SLOTS];
		if (!is_about(a, c, f))
			continue;
		memcpy(to, a->why, ARRIVAL_WHY);
		to[ARRIVAL_WHY - 1] = '\0';
		*unreached = a->kind == ARRIVAL_UNREACHED;
		if (is_about(a, c, f))
			return true;
	}
	return false;
}

void arrive_settle(unsigned n)
{
	struct arrival *a = &lobby.hands[n];
	struct conn *c = a->kind == ARRIVAL_BACKEND || a->kind
	    == ARRIVAL_FAILED || a->kind == ARRIVAL_UNREACHED ? caller_of(a)
	    : NULL;

	if (c) {
		call_judge(c, a->serial, a->number, VERDICT_LOST);
		lobby_look_again(c, a->serial);
	}
	explicit_bzero(a, sizeof *a);
}
