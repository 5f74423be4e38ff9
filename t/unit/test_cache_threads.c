/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache between many at once: readers and writers of a few keys. */
/* links: shm net http conf base */
#include "actor.h" /* pthread_create: tsan runs this test */

#include <sched.h>

#include "base/clock.h"
#include "shm/cache_layout.h"

#define TURNS 12000
#define ROUNDS 20000

static void act(void)
{
	actor_begin(slot_me, slot_me);
	for (unsigned i = 0; i < TURNS; i++)
		actor_turn();
}

START_TEST(what_is_read_is_one_version)
{
	struct member crew[CREW];
	const char *why;

	actors_make_text();
	crew_start(crew, act);
	for (unsigned i = 0; i < 200; i++) {
		cache_tidy(0);
		ck_assert_msg(cache_audit(&why), "%s", why);
	}
	crew_join(crew);
	for (unsigned slot = 1; slot <= CREW; slot++) {
		actor_check_pins(slot);
		actor_end(slot);
	}
	store_check();
}
END_TEST

/* ---- The fence of the pins ---- */

static atomic_uint pinned, missed, target = 1;

/* Whoever has pinned it as live finds it as it was until it lets go. */
static void pin_and_look(void)
{
	while (!atomic_load(&finish)) {
		uint32_t n = atomic_load(&target);
		uint64_t w = atomic_load(&cache_entry(n)->word);
		if (word_of_state(w) != ENTRY_LIVE || !cache_pin(n, w)) {
			atomic_fetch_add(&missed, 1);
			continue;
		}
		atomic_fetch_add(&pinned, 1);
		for (unsigned i = 0; i < 10; i++) {
			uint64_t now = atomic_load(&cache_entry(n)->word);
			if (word_of_serial(now) != word_of_serial(w)
			    || word_of_state(now) == ENTRY_FREE)
				atomic_fetch_add(&wrong, 1);
		}
		cache_unpin();
	}
}

START_TEST(what_is_pinned_is_not_freed)
{
	struct member crew[CREW];
	uint32_t n;

	crew_start(crew, pin_and_look);
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (store_claim("/only", 0, 5, &n) != CACHE_CLAIMED)
			continue;
		ck_assert(cache_fill_begin(n, SLICE("r"), 0));
		ck_assert(cache_fill_end(n, store_fits, NULL));
		atomic_store(&target, n);
		for (volatile unsigned k = 0; k < 50; k++)
			;
		cache_purge(SLICE("/only"), cache_hash(SLICE("/only")),
		    false);
		cache_free_condemned(0, cache_scan());
	}
	atomic_store(&finish, true);
	crew_join(crew);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_gt(pinned, 100);
	store_check();
}
END_TEST

/* ---- Nothing but the fence ---- */

#define MEETINGS 300000u

static _Atomic uint64_t offered;
static atomic_uint met, left;
static atomic_bool got;

static void wait_till(atomic_uint *count, unsigned is)
{
	for (unsigned spins = 0; atomic_load(count) != is
	    && !atomic_load(&finish); spins++)
		if (spins > 2000)
			sched_yield();
}

static void pin_what_is_offered(void)
{
	for (unsigned i = 1; i <= MEETINGS && !atomic_load(&finish); i++) {
		wait_till(&met, i);
		bool mine = cache_pin(1, atomic_load_explicit(&offered,
		    memory_order_relaxed));
		atomic_store(&got, mine);
		atomic_store(&left, i);
	}
}

/* Who condemns it does not see the pin, and who pins it does not see that it
 * is condemned: one of the two must be wrong. */
START_TEST(one_of_two_sees_the_other)
{
	struct member reader;
	uint64_t end = clock_ms() + 4000;
	unsigned both = 0, i = 0;
	uint32_t n;

	ck_assert_int_eq(store_claim("/only", 0, 5, &n), CACHE_CLAIMED);
	ck_assert_uint_eq(n, 1);
	member_start(&reader, 1, pin_what_is_offered);
	while (i++ < MEETINGS && clock_ms() < end) {
		cache_set_state(1, ENTRY_LIVE);
		atomic_store(&slots.at[1].pin, 0);
		atomic_store(&offered, atomic_load(&cache_entry(1)->word));
		atomic_store(&met, i);
		for (volatile unsigned k = 0; k < i % 32; k++)
			;
		cache_set_state(1, ENTRY_CONDEMNED);
		uint32_t seen = atomic_load(&slots.at[1].pin);
		wait_till(&left, i);
		wrong += atomic_load(&got) && seen == 0;
		both += !atomic_load(&got) || seen;
	}
	atomic_store(&finish, true);
	member_join(&reader);
	cache_set_state(1, ENTRY_BUSY);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_gt(both, 100);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, what_is_read_is_one_version);
	tcase_add_test(tc, what_is_pinned_is_not_freed);
	tcase_add_test(tc, one_of_two_sees_the_other);
}

int main(void)
{
	return store_run("cache_threads", add);
}
