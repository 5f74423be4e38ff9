/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for an entry that somebody fetches: rows, and who rings them. */
#include "shm/cache_layout.h"
#include "shm/lobby.h"
#include "shm/slot.h"

/* The row first: who publishes progress behind it finds it, or it finds the
 * progress. */
void cache_wait(uint32_t row, uint32_t n)
{
	atomic_store(&lobby.waits[row], n);
	atomic_store(&cache_entry(n)->awaited, 1);
	atomic_store(&lobby.head->waiting, 1);
}

void cache_wait_end(uint32_t row)
{
	atomic_store(&lobby.waits[row], 0);
}

/* It is off the list before it runs: so nobody rings it twice. */
static bool ring(uint32_t row, uint32_t n)
{
	struct conn *c = lobby_get(row);

	if (!lobby_take(c, conn_serial(c)))
		return false;
	struct flow f = *conn_flow(c);
	bool mine = atomic_load(&lobby.waits[row]) == n;
	if (mine)
		atomic_store(&lobby.waits[row], 0);
	if (mine || c->rung || !lobby_park(c, &f))
		lobby_ring(c, &f);
	return mine;
}

/* Where the last search of this process ended: the next begins there, so that
 * many short ones look at each row once. */
static _Thread_local uint32_t place;

void cache_wake(uint32_t n, unsigned most)
{
	uint32_t top = lobby_top(), looked = 0;

	atomic_store(&cache_entry(n)->awaited, 0);
	for (; looked < top && most; looked++) {
		place = place + 1 < top ? place + 1 : 0;
		if (atomic_load_explicit(&lobby.waits[place],
		    memory_order_acquire) == n && ring(place, n))
			most--;
	}
	if (looked < top)
		atomic_store(&cache_entry(n)->awaited, 1);
}

/* By what the row says that it saw: also if the entry is another one's by now.
 * Its owner may just be writing that; then it looks for itself. */
static bool has_moved(const struct conn *c, uint32_t n)
{
	return c->awaits != n
	    || cache_has_moved(n, c->seen_word, c->seen_length);
}

void cache_ring_waiting(void)
{
	uint32_t top = lobby_top();
	bool more = false;

	/* before we look: who begins to wait while we do says so again */
	atomic_store(&lobby.head->waiting, 0);
	for (uint32_t row = 0; row < top; row++) {
		uint32_t n = atomic_load(&lobby.waits[row]);
		if (n == 0 || n > cache.nentries)
			continue;
		more = true;
		if (has_moved(lobby_get(row), n))
			ring(row, n);
	}
	if (more)
		atomic_store(&lobby.head->waiting, 1);
}
