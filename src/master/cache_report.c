/* SPDX-License-Identifier: BSD-2-Clause */
/* The report about the cache: what it has, and did for each route. */
#include "master/cache_report.h"

#include <string.h>

#include "shm/cache.h"

static const char *const tally_keys[TALLY_COUNT] = {
	[TALLY_HIT] = "hits",
	[TALLY_MISS] = "misses",
	[TALLY_PASS] = "passes",
	[TALLY_STALE] = "stale",
	[TALLY_COLLAPSED] = "collapsed",
	[TALLY_RENEWED] = "renewed",
	[TALLY_STORED] = "stored",
	[TALLY_BYTES] = "bytes_saved",
};

static const char *const figure_keys[FIGURES] = {
	[FIGURE_BYTES] = "bytes",
	[FIGURE_USED] = "used",
	[FIGURE_LIVE] = "entries",
	[FIGURE_BUSY] = "busy",
	[FIGURE_CONDEMNED] = "condemned",
	[FIGURE_EVICTED] = "evicted",
	[FIGURE_REFUSED] = "refused",
	[FIGURE_DAMAGED] = "damaged",
};

static void put_area(struct reply *r, const struct conf *conf)
{
	reply_record(r, "cache");
	reply_text(r, "file", conf->cache.file);
	reply_number(r, "size", conf->cache.size);
	reply_number(r, "room_for", cache.nentries);
	for (unsigned i = 0; i < FIGURES; i++)
		reply_number(r, figure_keys[i],
		    atomic_load(&cache.chores->figures[i]));
	reply_number(r, "bans", bans_count());
	reply_number(r, "banned", atomic_load(&cache.bans->struck));
	reply_close(r);
}

static void put_route(struct reply *r, const struct tally_row *t)
{
	char name[TALLY_NAME];

	memcpy(name, t->name, sizeof name);
	name[sizeof name - 1] = '\0';
	reply_record(r, "cached_route");
	reply_text(r, "name", name);
	for (unsigned i = 0; i < TALLY_COUNT; i++)
		reply_number(r, tally_keys[i], atomic_load_explicit(&t->n[i],
		    memory_order_relaxed));
	reply_close(r);
}

void cache_report(struct reply *r, const struct conf *conf)
{
	if (cache.head == NULL)
		return;
	put_area(r, conf);
	for (unsigned i = 0; i < TALLIES; i++) {
		const struct tally_row *t = &cache.tallies->at[i];
		if (atomic_load(&t->state) == TALLY_NAMED)
			put_route(r, t);
	}
}
