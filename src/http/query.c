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

/* The byte that *p begins, which moves behind what stands for it. */
static char decode(const char **p, const char *end)
{
	const char *at = *p;

	if (token_is_encoding(at, end)) {
		*p += 3;
		return (char)token_encoded(at);
	}
	*p += 1;
	return *at == '+' ? ' ' : *at;
}

size_t query_decode(struct slice in, char *to, size_t room)
{
	const char *p = in.p, *end;
	size_t n = 0;

	if (in.n == 0) /* p may be NULL */
		return 0;
	end = p + in.n;
	while (p < end && n < room)
		to[n++] = decode(&p, end);
	return n;
}
