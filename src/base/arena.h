/* SPDX-License-Identifier: BSD-2-Clause */
/* Arenas: memory that is given back all at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* The memory is the caller's. Once something did not fit, `full` stays set
 * until the next init: ask once, after a run of allocations. */
struct arena {
	char *at;
	char *end;
	bool full;
};

void arena_init(struct arena *a, void *memory, size_t size);

/* n bytes, aligned for any type, not cleared; NULL and full if none left. */
void *arena_alloc(struct arena *a, size_t n);

/* A copy of s; a slice of length 0 if it does not fit. */
struct slice arena_copy(struct arena *a, struct slice s);

#endif
