/* SPDX-License-Identifier: BSD-2-Clause */
/* Sweep: descriptors that a dead process made and never hung on a row. */
#include "steward/sweep.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
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

/* The listener whose connection it is; NULL for other descriptors. */
static const struct lobby_listener *listener_of(int fd)
{
	struct addr local = {.len = sizeof local.un}, peer;
	socklen_t n = sizeof peer.un;

	if (getsockname(fd, &local.sa, &local.len) < 0
	    || getpeername(fd, &peer.sa, &n) < 0)
		return NULL;
	for (unsigned i = 0; i < lobby.nlisteners; i++) {
		const struct lobby_listener *l = &lobby.listeners[i];
		if (l->at.sa.sa_family == local.sa.sa_family && (l->is_unix
		    ? addr_eq(&l->at, &local)
		    : addr_port(&l->at) == addr_port(&local)))
			return l;
	}
	return NULL;
}

static void adopt(int fd, const struct lobby_listener *l)
{
	struct conn *c = lobby_hang(fd, CONN_CLIENT);
	struct addr from = {.len = sizeof from.un};

	if (c == NULL)
		return;
	c->listener = (uint8_t)l->index;
	c->is_unix = l->is_unix;
	c->since = clock_ms();
	c->from.sa.sa_family = AF_UNIX;
	if (getpeername(fd, &from.sa, &from.len) == 0) {
		if (from.sa.sa_family == AF_INET)
			c->from.in = from.in;
		else if (from.sa.sa_family == AF_INET6)
			c->from.in6 = from.in6;
	}
	lobby_ring(c, conn_flow(c));
}

static void settle_loose(const struct candidate *at)
{
	int fd = (int)at->row;

	if (!is_loose(at->row)
	    || conn_serial(lobby_get(at->row)) != at->serial)
		return;
	const struct lobby_listener *l = listener_of(fd);
	FAULT(settle_sweep);
	if (l)
		adopt(fd, l);
	else
		close(fd);
}

bool sweep(void)
{
	static struct candidate at[CANDIDATES];
	unsigned n = find_loose(at);

	if (n > 0 && !all_moved_on())
		return false;
	for (unsigned i = 0; i < n; i++)
		settle_loose(&at[i]);
	return true;
}
