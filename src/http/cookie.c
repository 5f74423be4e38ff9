/* SPDX-License-Identifier: BSD-2-Clause */
/* Cuts Cookie fields into pairs. */
#include "http/cookie.h"

static struct slice unquote(struct slice s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return slice_make(s.p + 1, s.n - 2);
	return s;
}

bool cookie_next(struct slice *rest, struct slice *name, struct slice *value)
{
	struct slice pair;

	while (rest->p) {
		pair = slice_cut(rest, ';');
		*name = slice_trim(slice_cut(&pair, '='));
		if (name->n == 0 || !pair.p)
			continue;
		*value = unquote(slice_trim(pair));
		return true;
	}
	return false;
}

bool cookie_find(struct slice field_value, struct slice name,
    struct slice *value)
{
	struct slice found;

	while (cookie_next(&field_value, &found, value))
		if (slice_eq(found, name))
			return true;
	return false;
}
