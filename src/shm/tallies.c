/* SPDX-License-Identifier: BSD-2-Clause */
/* Tallies: what the cache did for each route. */
#include "shm/tallies.h"

#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "shm/cache.h"

#define SPINS 1000 /* somebody writes a name: it takes nanoseconds */

static const uint64_t plain[2];

/* Waits for a name that is being written, but not for one whose writer is
 * dead: such a row is lost. */
static unsigned state_of(const struct tally_row *t)
{
	uint32_t state = TALLY_BEGUN;

	for (unsigned i = 0; i < SPINS && state == TALLY_BEGUN; i++)
		state = atomic_load_explicit(&t->state, memory_order_acquire);
	return state;
}

static bool is_named(const struct tally_row *t, struct slice name)
{
	return strnlen(t->name, TALLY_NAME) == name.n
	    && memcmp(t->name, name.p, name.n) == 0;
}

static bool claim(struct tally_row *t, struct slice name)
{
	uint32_t is = TALLY_FREE;

	if (!atomic_compare_exchange_strong(&t->state, &is, TALLY_BEGUN))
		return false;
	memset(t->name, 0, sizeof t->name);
	memcpy(t->name, name.p, name.n);
	atomic_store_explicit(&t->state, TALLY_NAMED, memory_order_release);
	return true;
}

struct tally_row *tallies_find(const char *text)
{
	struct slice name = slice_str(text);

	if (cache.tallies == NULL || name.n == 0)
		return NULL;
	if (name.n >= TALLY_NAME)
		name.n = TALLY_NAME - 1;
	unsigned at = (unsigned)(hash_slice(plain, name) % TALLIES);
	for (unsigned i = 0; i < TALLIES; i++) {
		struct tally_row *t = &cache.tallies->at[(at + i) % TALLIES];
		unsigned state = state_of(t);
		if (state == TALLY_FREE && claim(t, name))
			return t;
		if (state == TALLY_FREE)
			state = state_of(t);
		if (state == TALLY_NAMED && is_named(t, name))
			return t;
	}
	return NULL;
}
