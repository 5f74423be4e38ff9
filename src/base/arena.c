/* SPDX-License-Identifier: BSD-2-Clause */
/* Arenas: memory that is given back all at once. */
#include "base/arena.h"

#include <stdint.h>

void arena_init(struct arena *a, void *memory, size_t size)
{
	a->at = memory;
	a->end = a->at + size;
	a->full = false;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t gap = (size_t)(-(uintptr_t)a->at & (_Alignof(max_align_t) - 1));
	size_t left = (size_t)(a->end - a->at);

	if (left < gap || left - gap < n) {
		a->full = true;
		return NULL;
	}
	char *p = a->at + gap;
	a->at = p + n;
	return p;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.n);

	if (p == NULL)
		return slice_make("", 0);
	if (s.n)
		memcpy(p, s.p, s.n);
	return slice_make(p, s.n);
}
