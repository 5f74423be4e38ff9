/* SPDX-License-Identifier: BSD-2-Clause */
/* Tallies: what the cache did for each route. */
#ifndef SHM_TALLIES_H
#define SHM_TALLIES_H

#include <stdatomic.h>
#include <stdint.h>

#define TALLIES 512
#define TALLY_NAME 96

enum tally_of { TALLY_HIT, TALLY_MISS, TALLY_PASS, TALLY_STALE,
	TALLY_COLLAPSED, TALLY_RENEWED, TALLY_STORED, TALLY_BYTES,
	TALLY_COUNT };

enum tally_state { TALLY_FREE, TALLY_BEGUN, TALLY_NAMED };

/* name is "SITE/NUMBER of the route": who comes first writes it, once (enum
 * tally_state, one after the other). Counts are anybody's: figures, of which a
 * death may lose one. TALLY_BYTES: bytes of bodies that no backend sent. */
struct tally_row {
	_Atomic uint32_t state;
	char name[TALLY_NAME];
	_Atomic uint64_t n[TALLY_COUNT];
};

struct tallies {
	struct tally_row at[TALLIES];
};

/* Row of that name, made if need be; NULL: all are others'. */
struct tally_row *tallies_find(const char *name);

static inline void tallies_add(struct tally_row *t, enum tally_of what,
    uint64_t n)
{
	if (t)
		atomic_fetch_add_explicit(&t->n[what], n,
		    memory_order_relaxed);
}

#endif
