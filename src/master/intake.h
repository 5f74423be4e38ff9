/* SPDX-License-Identifier: BSD-2-Clause */
/* Intakes: what a child of the master says through a pipe, until it ends. */
#ifndef MASTER_INTAKE_H
#define MASTER_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

#define INTAKE_LAST 8 /* bytes at the end that are kept in any case */

struct intake {
	int fd; /* -1: it has ended */
	char *at;
	size_t n, room, most;
	char last[INTAKE_LAST]; /* with room for them or not */
	bool cut;
};

/* Makes the pipe; `other` is the end for the child, which the caller closes.
 * What was taken before is forgotten; of what comes, `most` bytes are kept.
 * False, errno. */
bool intake_open(struct intake *in, size_t most, int *other);

/* Takes what is there; does not block. What there is no room for is read, and
 * lost. */
void intake_take(struct intake *in);

/* Adds words of our own. */
void intake_add(struct intake *in, const char *text);

/* Nothing more is taken. */
void intake_end(struct intake *in);

#endif
