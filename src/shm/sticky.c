/* SPDX-License-Identifier: BSD-2-Clause */
/* Sticky cookies: opaque values that name backends. */
#include "shm/sticky.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/log.h"
#include "shm/board.h"

#define DIGITS 16

static void key_of(const struct conf_pool *pool, uint64_t key[2])
{
	static const uint64_t one[2] = {0, 1}, two[2] = {0, 2};

	key[0] = board.head->secret[0];
	key[1] = board.head->secret[1];
	if (pool->sticky.secret.n) {
		key[0] = hash_slice(one, pool->sticky.secret);
		key[1] = hash_slice(two, pool->sticky.secret);
	}
}

void sticky_make(struct seats *s)
{
	char name[BOARD_NAME * 2];
	uint64_t key[2];

	for (unsigned i = 0; i < s->n; i++) {
		const struct conf_backend *b = s->backend[i];
		if (b == NULL)
			continue;
		int n = snprintf(name, sizeof name, "%s/%s", b->pool_name,
		    b->name);
		MUST(n >= 0 && (size_t)n < sizeof name);
		key_of(&s->conf->pools[b->pool], key);
		s->sticky[i] = hash_slice(key, slice_make(name, (size_t)n));
	}
}

static bool parse(struct slice value, uint64_t *out)
{
	*out = 0;
	if (value.n != DIGITS)
		return false;
	for (size_t i = 0; i < DIGITS; i++) {
		char c = value.p[i];
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
		    : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
		if (digit == 16)
			return false;
		*out = *out << 4 | digit;
	}
	return true;
}

/* The time it takes tells nothing of the values. */
const struct conf_backend *sticky_find(const struct conf_pool *pool,
    struct slice value)
{
	const struct conf_backend *found = NULL;
	uint64_t wanted;

	if (!parse(value, &wanted))
		return NULL;
	for (unsigned i = 0; i < pool->nbackends; i++) {
		const struct conf_backend *b = &pool->backends[i];
		found = seats.sticky[b->index] == wanted ? b : found;
	}
	return found;
}

void sticky_value(const struct conf_backend *b, char to[17])
{
	snprintf(to, DIGITS + 1, "%016llx",
	    (unsigned long long)seats.sticky[b->index]);
}
