/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans are held against entries that nobody asks for, and end. */
#include <string.h>

#include "base/clock.h"
#include "shm/bans.h"
#include "shm/cache_layout.h"

#define LOOKED_AT 16384 /* entries in one call */
#define CALL_US 5000

/* One round over all entries; the steward's. */
static struct {
	uint32_t at;    /* 0: none has begun */
	uint32_t floor; /* all that were looked at know bans up to this one */
} tidy;

static bool is_older(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* The slot has pinned it. What cannot be read cannot be told to be unharmed. */
static void judge(uint32_t n, bans_subject *subject)
{
	struct entry *e = cache_entry(n);
	uint32_t known = atomic_load(&e->banned);
	struct ban_subject s;
	bool soft = false;

	memset(&s, 0, sizeof s);
	if (!subject(cache_record(n), &s))
		cache_condemn(n);
	else if (!bans_strike(&s, &known, &soft))
		atomic_store(&e->banned, known);
	else if (!soft)
		cache_condemn(n);
	else {
		cache_make_stale(n);
		atomic_store(&e->banned, known);
	}
}

/* True if it had to be read. */
static bool look_at(uint32_t n, bans_subject *subject)
{
	struct entry *e = cache_entry(n);
	uint64_t word = atomic_load(&e->word);
	enum entry_state state = word_of_state(word);
	bool live = state == ENTRY_LIVE;

	if (!live && state != ENTRY_BUSY && state != ENTRY_FILLING)
		return false;
	uint32_t known = atomic_load(&e->banned);
	bool judged = live && !bans_are_known(cache.bans, known)
	    && cache_pin(n, word);
	if (judged) {
		judge(n, subject);
		known = atomic_load(&e->banned);
		if (word_of_state(atomic_load(&e->word)) == ENTRY_CONDEMNED)
			known = tidy.floor;
		cache_unpin();
	}
	if (is_older(known, tidy.floor))
		tidy.floor = known;
	return judged;
}

/* The next one that has ever been used: others cost no memory, if they are not
 * looked at. Those of new numbers are new. */
static uint32_t next_used(uint32_t n)
{
	while (n <= cache.nentries) {
		unsigned shard = cache_shard_of(n);
		if (n < *(volatile uint32_t *)&cache.shard[shard].fresh_entry)
			break;
		n = cache_first_entry(shard + 1);
	}
	return n;
}

/* Entries claimed since the round began are newer than its bans. */
static void free_known(void)
{
	lock_take(&cache.bans->lock);
	for (unsigned i = 0; i < BANS_MOST; i++) {
		struct ban *b = &cache.bans->at[i];
		if (!is_older(tidy.floor, atomic_load(&b->number)))
			atomic_store(&b->kind, BAN_NONE);
	}
	lock_release(&cache.bans->lock);
}

bool bans_tidy(bans_subject *subject)
{
	uint64_t until = clock_us() + CALL_US;

	if (cache.bans == NULL || bans_count() == 0) {
		tidy.at = 0;
		return false;
	}
	if (tidy.at == 0) {
		tidy.at = 1;
		tidy.floor = atomic_load(&cache.bans->last);
	}
	for (unsigned i = 0; i < LOOKED_AT; i++) {
		tidy.at = next_used(tidy.at);
		if (tidy.at > cache.nentries)
			break;
		if (look_at(tidy.at++, subject) && clock_us() > until)
			break;
	}
	if (tidy.at <= cache.nentries)
		return true;
	tidy.at = 0;
	free_known();
	return false;
}
