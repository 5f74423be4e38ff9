/* SPDX-License-Identifier: BSD-2-Clause */
/* Slices: a pointer and a length; no byte is owned and no NUL is needed. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

#define SLICE(lit) ((struct slice){(lit), sizeof(lit) - 1})
#define SLICE_FMT(s) (int)(s).n, (s).p /* for "%.*s" */

static inline struct slice slice_make(const char *p, size_t n)
{
	return (struct slice){p, n};
}

static inline struct slice slice_str(const char *s)
{
	return (struct slice){s, s ? strlen(s) : 0};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Equal but for the case of ASCII letters. */
bool slice_caseeq(struct slice a, struct slice b);

/* True if s begins (ends) with the other. */
bool slice_starts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);

/* Without the spaces and tabs at both ends (OWS of RFC 9110, 5.6.3). */
struct slice slice_trim(struct slice s);

/* Cuts off and returns what stands before the first sep in *rest; *rest
 * becomes what stands after it, with p == NULL when nothing is left. */
struct slice slice_cut(struct slice *rest, char sep);

/* Decimal digits only, no sign, no space, no overflow; false if not. */
bool slice_u64(struct slice s, uint64_t *out);

#endif
