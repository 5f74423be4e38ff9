/* SPDX-License-Identifier: BSD-2-Clause */
/* What the cache did for a request: the word for it, and the route's counts. */
#include "worker/cached.h"

#include <stdio.h>

#include "shm/cache.h"
#include "shm/chore.h"
#include "shm/tallies.h"

static const struct {
	const char *word;
	enum tally_of tally;
	bool saves; /* no backend sent the body */
} by[] = {
	[CACHED_HIT] = {"hit", TALLY_HIT, true},
	[CACHED_MISS] = {"miss", TALLY_MISS, false},
	[CACHED_PASS] = {"pass", TALLY_PASS, false},
	[CACHED_STALE] = {"stale", TALLY_STALE, true},
	[CACHED_COLLAPSED] = {"collapsed", TALLY_COLLAPSED, true},
	[CACHED_RENEWED] = {"renewed", TALLY_RENEWED, true},
};

const char *cached_word(const struct request *r)
{
	return r->cached < sizeof by / sizeof by[0] ? by[r->cached].word
	    : NULL;
}

#define KNOWN 64 /* routes, by their address */

/* Looking for a name among hundreds is not for every request. */
static struct tally_row *row_of(const struct request *r)
{
	static struct {
		const struct conf_route *route;
		struct tally_row *row;
	} known[KNOWN];
	size_t at = (uintptr_t)r->route / sizeof *r->route % KNOWN;
	char name[TALLY_NAME];

	if (known[at].route != r->route) {
		snprintf(name, sizeof name, "%s/%u", r->site->name,
		    r->route->index + 1);
		known[at].route = r->route;
		known[at].row = tallies_find(name);
	}
	return known[at].row;
}

void cached_stored(const struct stride *s)
{
	tallies_add(row_of(s->r), TALLY_STORED, 1);
}

/* Who warms the cache asks what is there now, whoever fetched it; what this
 * one has fetched is counted already. */
static void tell_chore(const struct stride *s)
{
	unsigned how = s->r->cached;

	if (how == CACHED_HIT || how == CACHED_COLLAPSED)
		chore_count(s->c->mark, 1);
	chore_ended(s->c->mark, s->r->status);
}

void cached_count(const struct stride *s)
{
	const struct request *r = s->r;
	uint64_t sent = s->f.tx - s->f.answer_at;

	if (s->c->kind == CONN_REFRESH)
		tell_chore(s);
	if (s->c->kind != CONN_CLIENT || cached_word(r) == NULL)
		return;
	struct tally_row *row = row_of(r);
	tallies_add(row, by[r->cached].tally, 1);
	if (by[r->cached].saves && sent > r->head_bytes)
		tallies_add(row, TALLY_BYTES, sent - r->head_bytes);
}
