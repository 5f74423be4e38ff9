/* SPDX-License-Identifier: BSD-2-Clause */
/* Waits that no descriptor ends. */
#include "steward/deadlines.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/fault.h"
#include "shm/board.h"
#include "shm/lobby.h"
#include "shm/seats.h"

#define LOOK_MS 1000
#define GLANCE 256 /* descriptors in one poll */

static bool is_parked(const struct conn *c)
{
	return word_state(conn_word(c)) == CONN_PARKED;
}

static void close_idle(struct conn *peer, uint32_t serial)
{
	if (seat_remove(peer, serial))
		lobby_close(peer);
}

static bool is_full(const struct conn *c)
{
	struct pollfd p = {.fd = (int)lobby_row(c), .events = POLLOUT};

	return poll(&p, 1, 0) == 0;
}

/* A row that does not fire although it was rung has a full buffer: shutting
 * the socket down makes it fire, and the worker that comes closes it. Or there
 * was no worker to come: then it waits on for one, who answers. */
static void end_wait(struct conn *c, uint64_t now)
{
	uint32_t serial = conn_serial(c);

	if (!is_parked(c) || !lobby_take(c, serial))
		return;
	FAULT(ring_taken);
	struct flow f = *conn_flow(c);
	if (f.deadline && f.deadline <= now) {
		if (c->late && is_full(c))
			shutdown((int)lobby_row(c), SHUT_RDWR);
		c->late = 1;
		f.deadline = now + LOOK_MS;
	}
	lobby_ring(c, &f);
}

uint64_t deadlines_end(uint64_t now)
{
	unsigned top = lobby_top();
	uint64_t earliest = now + LOOK_MS;

	atomic_store(&lobby.head->wakes_at, earliest);
	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		uint64_t due = atomic_load(&lobby.due[row]);
		if (due == 0)
			continue;
		if (due > now) {
			if (due < earliest)
				earliest = due;
			continue;
		}
		struct conn *c = lobby_get(row);
		if (c->kind == CONN_BACKEND && is_parked(c))
			close_idle(c, conn_serial(c));
		else if (conn_has_requests(c))
			end_wait(c, now);
	}
	atomic_store(&lobby.head->wakes_at, earliest);
	return earliest;
}

static bool waits_for_backend(const struct conn *c)
{
	enum wait wait = (enum wait)conn_flow(c)->wait;

	return c->kind == CONN_CLIENT && c->gone < 2 && is_parked(c)
	    && (wait == WAIT_BACKEND || wait == WAIT_CONNECT
	    || wait == WAIT_BACKEND_ROOM || wait == WAIT_TURN);
}

/* A hint only: the worker that is rung decides. */
static void say_gone(struct conn *c, uint32_t serial, bool reset)
{
	if (!lobby_take(c, serial))
		return;
	struct flow f = *conn_flow(c);
	c->gone = reset ? 2 : 1;
	lobby_ring(c, &f);
}

/* Rows to look at. The serials were read before their descriptors are: who has
 * a number by the time that something is done about it may be another one. */
struct glance {
	struct pollfd at[GLANCE];
	uint32_t serials[GLANCE];
	unsigned n;
};

static void look_at(const struct pollfd *p, uint32_t serial)
{
	struct conn *c = lobby_get((unsigned)p->fd);

	if (p->revents == 0)
		return;
	if (c->kind == CONN_BACKEND)
		close_idle(c, serial);
	else if (waits_for_backend(c))
		say_gone(c, serial, (p->revents & (POLLERR | POLLHUP)) != 0);
}

static void look_at_all(struct glance *g)
{
	if (g->n && poll(g->at, g->n, 0) > 0) {
		FAULT(glance_polled);
		for (unsigned i = 0; i < g->n; i++)
			look_at(&g->at[i], g->serials[i]);
	}
	g->n = 0;
}

void deadlines_glance(void)
{
	static struct glance g;
	unsigned top = lobby_top();

	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		uint32_t serial = word_serial(conn_word(c));
		bool idle = c->kind == CONN_BACKEND && is_parked(c);
		if (!idle && !waits_for_backend(c))
			continue;
		g.at[g.n].fd = (int)row;
		/* half-closed has been said; a reset shows without asking */
		g.at[g.n].events = idle ? POLLIN | POLLRDHUP
		    : c->gone ? 0 : POLLRDHUP;
		g.serials[g.n] = serial;
		if (++g.n == GLANCE)
			look_at_all(&g);
	}
	look_at_all(&g);
}

static bool is_down(unsigned backend)
{
	return backend < seats.n && atomic_load(
	    &board_of(seats.backend[backend])->health) == HEALTH_DOWN;
}

static bool some_are_down(void)
{
	for (unsigned i = 0; i < seats.n; i++)
		if (atomic_load(&seats.inflight[i]) > 0 && is_down(i))
			return true;
	return false;
}

static bool waits_for_the_down(const struct conn *c)
{
	uint32_t holds = atomic_load(&c->holds);
	enum wait wait = (enum wait)conn_flow(c)->wait;

	return holds && (wait == WAIT_BACKEND || wait == WAIT_BACKEND_ROOM)
	    && is_down(holds - 1);
}

void deadlines_leave(void)
{
	unsigned top = some_are_down() ? lobby_top() : 0;

	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		if (!conn_has_requests(c) || c->left || !is_parked(c)
		    || !waits_for_the_down(c)
		    || !lobby_take(c, conn_serial(c)))
			continue;
		/* it may be another request by now */
		if (waits_for_the_down(c))
			c->left = 1;
		lobby_ring(c, conn_flow(c));
	}
}

void deadlines_call(const struct conf_pool *pool)
{
	unsigned top = lobby_top();

	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		if (conn_has_requests(c) && is_parked(c)
		    && atomic_load(&c->queued) == pool->index + 1
		    && lobby_take(c, conn_serial(c)))
			lobby_ring(c, conn_flow(c));
	}
}

void deadlines_hurry(void)
{
	unsigned top = lobby_top();

	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		if (c->kind != CONN_CLIENT || !is_parked(c)
		    || conn_flow(c)->req)
			continue;
		if (lobby_take(c, conn_serial(c)))
			lobby_ring(c, conn_flow(c));
	}
}

void deadlines_recount(void)
{
	static int32_t before;
	unsigned top = lobby_top();
	int32_t n = 0;

	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		n += c->kind == CONN_CLIENT
		    && word_state(conn_word(c)) != CONN_FREE;
	}
	int32_t off = (int32_t)atomic_load(&lobby.head->clients) - n;
	/* connections come and go while we count: only what stays is wrong */
	if (off != 0 && off == before) {
		atomic_fetch_sub(&lobby.head->clients, (uint32_t)off);
		off = 0;
	}
	before = off;
}
