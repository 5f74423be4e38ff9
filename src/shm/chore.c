/* SPDX-License-Identifier: BSD-2-Clause */
/* Chore: what the requests that an order has made say of their ends. */
#include "shm/chore.h"

#include <stddef.h>

#include "shm/cache.h"

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
