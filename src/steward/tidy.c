/* SPDX-License-Identifier: BSD-2-Clause */
/* The steward's part in the cache: room, waiters, families that ended. */
#include "steward/tidy.h"

#include "shm/cache.h"
#include "shm/lobby.h"
#include "shm/slot.h"
#include "steward/watch.h"

#define FAMILIES_MS 1000
#define RING_MS 100
#define FAMILIES 32 /* that are known at a time: more than live */

struct families {
	uint32_t at[FAMILIES];
	unsigned n;
};

static uint64_t room_at, families_at, ring_at; /* clock_ms */
static struct families known; /* alive when we looked last; ours, too */
static bool looked;

void tidy_init(void)
{
	room_at = families_at = ring_at = 0;
	looked = false;
}

static bool has(const struct families *f, uint32_t family)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->at[i] == family)
			return true;
	return false;
}

static void add(struct families *f, uint32_t family)
{
	if (!has(f, family) && f->n < FAMILIES)
		f->at[f->n++] = family;
}

/* The master frees the last slot of a family once no process of it is left,
 * and orders the first one before there is any. */
static void find_families(struct families *to)
{
	*to = (struct families){.n = 0};
	for (unsigned n = 1; n < SLOTS; n++) {
		uint32_t family = atomic_load(&slots.at[n].generation);
		if (family && atomic_load(&slots.at[n].state) != SLOT_FREE)
			add(to, family);
	}
}

static bool all_live(const struct families *were, const struct families *are)
{
	for (unsigned i = 0; i < were->n; i++)
		if (!has(are, were->at[i]))
			return false;
	return true;
}

static void add_fill(uint32_t family, void *arg)
{
	add(arg, family);
}

/* A family whose steward ended as well cannot settle what it was filling. Who
 * has just become steward does not know who was there before. */
static void settle_families(void)
{
	struct families live, fill = {.n = 0};

	/* first: one that has begun by then is not gone */
	cache_walk_fills(add_fill, &fill);
	find_families(&live);
	for (unsigned i = 0; i < fill.n; i++)
		if (!has(&live, fill.at[i]))
			cache_settle_family(fill.at[i]);
}

static void look_at_families(void)
{
	struct families live;

	find_families(&live);
	if (watch_is_newest() && (!looked || !all_live(&known, &live))) {
		settle_families();
		looked = true;
	}
	known = live;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t tidy_look(uint64_t now)
{
	if (cache.head == NULL)
		return UINT64_MAX;
	if (now >= room_at)
		room_at = cache_tidy(now);
	if (now >= families_at) {
		look_at_families();
		families_at = now + FAMILIES_MS;
	}
	return earlier(room_at, families_at);
}

uint64_t tidy_ring(uint64_t now)
{
	if (cache.head == NULL)
		return UINT64_MAX;
	if (now >= ring_at) {
		cache_ring_waiting();
		ring_at = now + RING_MS;
	}
	/* who fetches wakes its own family; the next look is soon enough */
	return known.n > 1 || atomic_load(&lobby.head->waiting) ? ring_at
	    : UINT64_MAX;
}
