/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that is built piece by piece in memory of the caller's. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

/* What does not fit is left out and `full` is set: ask once, at the end. */
struct buf {
	char *start, *at, *end;
	bool full;
};

static inline void buf_init(struct buf *b, char *memory, size_t size)
{
	b->start = b->at = memory;
	b->end = memory + size;
	b->full = false;
}

static inline size_t buf_length(const struct buf *b)
{
	return (size_t)(b->at - b->start);
}

static inline void buf_put(struct buf *b, const char *p, size_t n)
{
	if ((size_t)(b->end - b->at) < n) {
		b->full = true;
		return;
	}
	if (n) /* p may be NULL */
		memcpy(b->at, p, n);
	b->at += n;
}

static inline void buf_slice(struct buf *b, struct slice s)
{
	buf_put(b, s.p, s.n);
}

static inline void buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

/* A constant, its length known to the compiler. */
#define BUF_LIT(b, lit) buf_put((b), (lit), sizeof(lit) - 1)

void buf_u64(struct buf *b, uint64_t v);

#endif
