/* SPDX-License-Identifier: BSD-2-Clause */
/* Layouts: whether another program's shared memory can be read as ours. */
#ifndef MASTER_LAYOUT_H
#define MASTER_LAYOUT_H

#include <stdint.h>

/* What the master and all families agree on, by name: two programs with the
 * same number mean the same by what lies there. What belongs to a family alone
 * (rows, pages) has none: each family keeps the program that it was made
 * with. */
struct layout {
	const char *name; /* for people */
	uint64_t number;
};

/* By number, from 0; name NULL: no more. */
struct layout layout_at(unsigned n);

#endif
