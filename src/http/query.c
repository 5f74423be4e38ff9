/* SPDX-License-Identifier: BSD-2-Clause */
/* Cuts queries into parameters, and decodes these. */
#include "http/query.h"

#include "http/token.h"

bool query_next(struct slice *rest, struct slice *name, struct slice *value)
{
	struct slice part;

	while (rest->p) {
		part = slice_cut(rest, '&');
		if (part.n == 0)
			continue;
		*name = slice_cut(&part, '=');
		*value = part;
		return true;
	}
	return false;
}

/* The byte that begins at p, of which left bytes are there; *used is how many
 * of them stand for it. */
static char decode(const char *p, size_t left, size_t *used)
{
	*used = 1;
	if (*p == '+')
		return ' ';
	if (*p != '%' || left < 3 || !token_has(p[1], TOKEN_HEX) ||
	    !token_has(p[2], TOKEN_HEX))
		return *p;
	*used = 3;
	return (char)(token_hex(p[1]) << 4 | token_hex(p[2]));
}

size_t query_decode(struct slice in, char *to, size_t room)
{
	size_t at, used, n = 0;

	for (at = 0; at < in.n && n < room; at += used)
		to[n++] = decode(in.p + at, in.n - at, &used);
	return n;
}
