/* SPDX-License-Identifier: BSD-2-Clause */
/* Sweep: descriptors that a dead process made and never hung on a row. */
#include "steward/sweep.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "shm/arrive.h"
#include "shm/lobby.h"
#include "shm/slot.h"

#define CANDIDATES 512
#define PATIENCE_US 1000000

struct candidate {
	unsigned row;
	uint32_t serial;
};

/* Numbers in somebody's hand may lie above the highest row that was used. */
static unsigned numbers(void)
{
	unsigned top = lobby_top() + SLOTS;

	return top < lobby.nrows ? top : lobby.nrows;
}

static bool is_loose(unsigned row)
{
	return word_state(conn_word(lobby_get(row))) == CONN_FREE
	    && fd_is_open((int)row);
}

static unsigned find_loose(struct candidate *at)
{
	unsigned n = 0, end = numbers();

	for (unsigned row = LOBBY_FIRST; row < end && n < CANDIDATES; row++)
		if (is_loose(row)) {
			at[n].row = row;
			at[n++].serial = conn_serial(lobby_get(row));
		}
	return n;
}

static bool may_hold(const struct slot *slot)
{
	enum note_kind kind = note_kind(atomic_load(&slot->note));
	uint32_t state = atomic_load(&slot->state);

	return slot != slot_self && (state == SLOT_LIVE || state == SLOT_MADE)
	    && atomic_load(&slot->generation) == slot_self->generation
	    && (kind == NOTE_ACCEPT || kind == NOTE_SOCKET
	    || kind == NOTE_CLOSE);
}

static bool wait_for(const struct slot *slot)
{
	uint64_t moves = atomic_load(&slot->moves);

	for (unsigned us = 0; us < PATIENCE_US; us += 50) {
		if (!may_hold(slot) || atomic_load(&slot->moves) != moves)
			return true;
		clock_sleep_us(50);
	}
	return false;
}

static bool all_moved_on(void)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (may_hold(&slots.at[n]) && !wait_for(&slots.at[n]))
			return false;
	return true;
}

static bool is_any(const struct addr *a)
{
	return (a->sa.sa_family == AF_INET6
	    && IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr))
	    || (a->sa.sa_family == AF_INET
	    && a->in.sin_addr.s_addr == INADDR_ANY);
}

/* The listener whose connection it is; NULL for other descriptors. */
static const struct lobby_listener *listener_of(int fd)
{
	const struct lobby_listener *any = NULL;
	struct addr local = {.len = sizeof local.un}, peer;
	socklen_t n = sizeof peer.un;

	if (getsockname(fd, &local.sa, &local.len) < 0
	    || getpeername(fd, &peer.sa, &n) < 0)
		return NULL;
	for (unsigned i = 0; i < lobby.nlisteners; i++) {
		const struct lobby_listener *l = &lobby.listeners[i];
		if (addr_eq(&l->at, &local))
			return l;
		if (is_any(&l->at) && addr_port(&l->at) == addr_port(&local))
			any = l;
	}
	return any;
}

static void adopt(int fd, const struct lobby_listener *l)
{
	struct addr from = {.len = sizeof from.un};

	if (getpeername(fd, &from.sa, &from.len) < 0)
		from.sa.sa_family = AF_UNIX;
	struct conn *c = lobby_hang_client(fd, l, &from.sa);
	if (c)
		lobby_ring(c, conn_flow(c));
}

static unsigned still_loose(struct candidate *at, unsigned n)
{
	unsigned left = 0;

	for (unsigned i = 0; i < n; i++)
		if (is_loose(at[i].row)
		    && conn_serial(lobby_get(at[i].row)) == at[i].serial)
			at[left++] = at[i];
	return left;
}

/* A connection to one of these brings keys, or it is of no use. */
static struct conn *find_arrival(int fd)
{
	for (unsigned n = 1; n < SLOTS; n++) {
		const struct slot *slot = &slots.at[n];
		struct conn *c = atomic_load(&slot->state) == SLOT_DEAD
		    && atomic_load(&slot->generation)
		    == slot_self->generation
		    && note_kind(atomic_load(&slot->note)) == NOTE_ACCEPT
		    ? arrive_adopt(n, fd) : NULL;
		if (c)
			return c;
	}
	return NULL;
}

/* Who died may have written a row that he had not made yet, keys and all. */
static void close_loose(int fd)
{
	struct session *session = &lobby.sessions[fd];

	if (session->keys.version != 0)
		explicit_bzero(session, sizeof *session);
	close(fd);
}

static void settle_loose(const struct candidate *at)
{
	int fd = (int)at->row;

	if (!is_loose(at->row)
	    || conn_serial(lobby_get(at->row)) != at->serial)
		return;
	const struct lobby_listener *l = listener_of(fd);
	FAULT(settle_sweep);
	struct conn *c = l ? NULL : find_arrival(fd);
	if (l)
		adopt(fd, l);
	else if (c)
		lobby_ring(c, conn_flow(c));
	else if (is_loose(at->row))
		close_loose(fd);
}

bool sweep(void)
{
	static struct candidate at[CANDIDATES];
	unsigned n = find_loose(at);

	/* twice: a number may be closed and given out again in one round */
	for (int round = 0; round < 2 && n > 0; round++) {
		if (!all_moved_on())
			return false;
		n = still_loose(at, n);
	}
	for (unsigned i = 0; i < n; i++)
		settle_loose(&at[i]);
	return true;
}
