/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing, cutting and reading slices. */
#include "base/slice.h"

bool slice_caseeq(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool slice_starts(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n
	    && slice_eq(slice_make(s.p, prefix.n), prefix);
}

bool slice_ends(struct slice s, struct slice suffix)
{
	return s.n >= suffix.n
	    && slice_eq(slice_make(s.p + (s.n - suffix.n), suffix.n), suffix);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice s)
{
	while (s.n > 0 && is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct slice slice_cut(struct slice *rest, char sep)
{
	struct slice all = *rest;
	const char *at = all.n ? memchr(all.p, sep, all.n) : NULL;

	if (at == NULL) {
		*rest = (struct slice){NULL, 0};
		return all;
	}
	size_t n = (size_t)(at - all.p);
	*rest = slice_make(at + 1, all.n - n - 1);
	return slice_make(all.p, n);
}

bool slice_u64(struct slice s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)(unsigned char)s.p[i] - '0';
		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}
