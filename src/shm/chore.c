/* SPDX-License-Identifier: BSD-2-Clause */
/* Chore: what the requests that an order has made say of their ends. */
#include "shm/chore.h"

#include <stddef.h>

#include "shm/cache.h"
#include "shm/lobby.h"

static struct chore_row *find(uint32_t mark)
{
	unsigned row = (mark & 31) - 1;

	if (mark == 0 || cache.chores == NULL || row >= CHORES)
		return NULL;
	struct chore_row *c = &cache.chores->at[row];
	uint32_t word = atomic_load(&c->word);
	return chore_state(word) == CHORE_ASKED
	    && chore_mark(word, row) == mark ? c : NULL;
}

void chore_count(uint32_t mark, unsigned more)
{
	struct chore_row *c = find(mark);

	if (c)
		atomic_fetch_add(&c->count, more);
}

void chore_ended(uint32_t mark, unsigned status)
{
	struct chore_row *c = find(mark);

	if (c && status / 100 != 2
	    && !(c->kind == CHORE_PURGE && status == 404))
		atomic_store(&c->status, status);
}

/* It counts rows, so that no death makes it wrong. */
unsigned chore_under_way(uint32_t mark)
{
	unsigned n = 0;

	for (unsigned i = LOBBY_FIRST; i < lobby_top(); i++) {
		const struct conn *c = lobby_get(i);
		if (atomic_load(&c->kind) == CONN_REFRESH && c->mark == mark
		    && word_state(conn_word(c)) != CONN_FREE)
			n++;
	}
	return n;
}
