/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of methods. */
#include "http/method.h"

#include <stddef.h>

static const struct {
	struct slice name;
	bool safe;
	bool idempotent;
} methods[METHOD_COUNT] = {
#define METHOD(name, safe, idempotent) \
	[METHOD_##name] = {{#name, sizeof(#name) - 1}, safe, idempotent}
	METHOD(GET, true, true),
	METHOD(HEAD, true, true),
	METHOD(POST, false, false),
	METHOD(PUT, false, true),
	METHOD(DELETE, false, true),
	METHOD(OPTIONS, true, true),
	METHOD(PATCH, false, false),
	METHOD(TRACE, true, true),
	METHOD(CONNECT, false, false),
	METHOD(PURGE, false, true),
#undef METHOD
};

enum method method_find(struct slice name)
{
	unsigned m;

	for (m = METHOD_OTHER + 1; m < METHOD_COUNT; m++)
		if (slice_eq(methods[m].name, name))
			return (enum method)m;
	return METHOD_OTHER;
}

struct slice method_name(enum method m)
{
	return methods[m].name;
}

bool method_is_safe(enum method m)
{
	return methods[m].safe;
}

bool method_is_idempotent(enum method m)
{
	return methods[m].idempotent;
}
