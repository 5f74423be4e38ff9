/* SPDX-License-Identifier: BSD-2-Clause */
/* The audit: what is left when a family has no connection any more. */
#include "steward/audit.h"

#include "base/fd.h"
#include "base/log.h"
#include "shm/cache.h"
#include "shm/lobby.h"
#include "shm/pages.h"
#include "shm/seats.h"
#include "shm/slot.h"

static bool is_connection(const struct conn *c)
{
	return (conn_has_requests(c) || c->kind == CONN_BACKEND
	    || c->kind == CONN_PROBE || c->kind == CONN_RESOLVER)
	    && word_state(conn_word(c)) != CONN_FREE;
}

static unsigned rows_in_use(void)
{
	unsigned n = 0;

	for (unsigned row = LOBBY_FIRST; row < lobby.nrows; row++)
		n += is_connection(lobby_get(row));
	return n;
}

/* Open numbers without a row. */
static unsigned loose_descriptors(void)
{
	unsigned n = 0;

	for (unsigned row = LOBBY_FIRST; row < lobby.nrows; row++)
		n += word_state(conn_word(lobby_get(row))) == CONN_FREE
		    && fd_is_open((int)row);
	return n;
}

static unsigned waiting(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < seats.npools; i++)
		n += seats.pool[i].length;
	return n;
}

/* Entries of the cache that rows, or processes, say they use. */
static unsigned pinned(void)
{
	unsigned n = 0;

	for (unsigned row = LOBBY_FIRST; row < lobby.nrows; row++)
		n += atomic_load(&lobby.pins[row]) != 0
		    || atomic_load(&lobby.waits[row]) != 0;
	for (unsigned slot = 1; slot < SLOTS; slot++)
		n += slots.at[slot].generation == slot_self->generation
		    && atomic_load(&slots.at[slot].pin) != 0;
	return n;
}

static void count_fill(uint32_t family, void *arg)
{
	*(unsigned *)arg += family == slot_self->generation;
}

static unsigned filling(void)
{
	unsigned n = 0;

	cache_walk_fills(count_fill, &n);
	return n;
}

static unsigned locks_held(void)
{
	unsigned n = lobby.head->revival.word != 0;

	for (unsigned i = 0; i < seats.n; i++)
		n += seats.at[i].lock.word != 0;
	for (unsigned i = 0; i < seats.npools; i++)
		n += seats.pool[i].lock.word != 0;
	for (int i = 0; i < 2; i++)
		n += pages.head->list[i].lock.word != 0;
	return n;
}

/* Between accept and its row, or between its row and close, a descriptor
 * stands in a slot's note only. */
static bool any_in_hand(void)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (slots.at[n].generation == slot_self->generation
		    && note_kind(atomic_load(&slots.at[n].note))
		    != NOTE_NONE)
			return true;
	return false;
}

bool audit_is_empty(void)
{
	unsigned top = lobby_top();

	/* before, for rows that are being made; behind, for those that go */
	if (any_in_hand())
		return false;
	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		if (conn_has_requests(c)
		    && word_state(conn_word(c)) != CONN_FREE)
			return false;
	}
	return !any_in_hand();
}

void audit_end(unsigned generation)
{
	uint32_t inflight, idle;
	struct conn *peer;

	while ((peer = seat_remove_any()) != NULL)
		lobby_close(peer);
	seats_sum(&inflight, &idle);
	unsigned locks = locks_held(), rows = rows_in_use();
	unsigned left = pages_in_use(), loose = loose_descriptors();
	unsigned queued = waiting(), pins = pinned(), fills = filling();
	bool clean = !(inflight | idle | locks | rows | left | loose | queued
	    | pins | fills);
	(clean ? log_info : log_warn)("generation %u ended: rows %u, "
	    "pages %u, in flight %u, idle %u, descriptors %u, locks %u, "
	    "queued %u, pins %u, fills %u", generation, rows, left, inflight,
	    idle, loose, locks, queued, pins, fills);
	atomic_store(&seats.head->over, 1);
}
