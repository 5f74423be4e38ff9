/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache under long runs of whatever may be done to it, in one process. */
/* links: shm net http conf base */
#include "actor.h"

#define TURNS 60000

static void run_long(void)
{
	struct cache_figures c;

	actors_make_text();
	actor_begin(MASTER, 12345);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		actor_turn();
		if (turn % 500 == 0) {
			store_check();
			actor_check_pins(MASTER);
		}
	}
	store_check();
	cache_figures(&c);
	ck_assert_uint_gt(c.evicted, 100);
	ck_assert_uint_gt(c.live, 10);
}

START_TEST(sums_are_right_whatever_comes)
{
	run_long();
}
END_TEST

START_TEST(nothing_is_left_when_all_is_purged)
{
	struct cache_figures c;

	run_long();
	actor_end(MASTER);
	for (unsigned i = 0; i < KEYS; i++) {
		char key[16];
		snprintf(key, sizeof key, "/%u", i);
		struct slice k = slice_str(key);
		cache_purge(k, cache_hash(k), false);
	}
	cache_tidy(0);
	cache_figures(&c);
	ck_assert_uint_eq(c.live + c.busy + c.condemned, 0);
	ck_assert_uint_eq(c.used, 0);
	store_check();
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, sums_are_right_whatever_comes);
	tcase_add_test(tc, nothing_is_left_when_all_is_purged);
}

int main(void)
{
	return store_run("cache_random", add);
}
