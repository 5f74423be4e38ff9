/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of the cache's memory: taken, cut, given back, and made whole. */
/* links: shm net http conf base */
#include "actor.h"
#include "shm/cache_layout.h"

#define ORDER_MOST (CACHE_ORDERS - 1)

static struct cache_shard *sh;

static void open_shard(void)
{
	store_open();
	ck_assert_uint_eq(cache.shape.shards, 1);
	sh = &cache.shard[0];
}

static bool is_aligned(uint32_t block, unsigned order)
{
	return block % (1u << order) == 0;
}

START_TEST(a_block_lies_at_a_multiple_of_its_size)
{
	uint32_t all = sh->free_units;

	for (unsigned order = 0; order < CACHE_ORDERS; order++) {
		uint32_t b = cache_block_take(sh, order);
		ck_assert_uint_ge(b, CACHE_CHUNK);
		ck_assert(is_aligned(b, order));
		ck_assert_uint_eq(cache_block_units(b), 1u << order);
		all -= 1u << order;
		ck_assert_uint_eq(sh->free_units, all);
	}
}
END_TEST

START_TEST(halves_that_are_free_become_one)
{
	uint32_t whole = sh->free_units, b[CACHE_CHUNK];

	for (unsigned i = 0; i < CACHE_CHUNK; i++)
		b[i] = cache_block_take(sh, 0);
	uint32_t fresh = sh->fresh_unit;
	for (unsigned i = 0; i < CACHE_CHUNK; i++)
		cache_block_free(sh, b[i * 37 % CACHE_CHUNK]);
	ck_assert_uint_eq(sh->free_units, whole);
	for (unsigned order = 0; order < ORDER_MOST; order++)
		ck_assert_uint_eq(sh->free[order], 0);
	ck_assert_uint_ne(cache_block_take(sh, ORDER_MOST), 0);
	ck_assert_uint_eq(sh->fresh_unit, fresh);
}
END_TEST

START_TEST(what_is_cut_off_is_free)
{
	uint32_t whole = sh->free_units;
	uint32_t b = cache_block_take(sh, ORDER_MOST);

	cache_block_cut(sh, b, 2);
	ck_assert_uint_eq(cache_block_units(b), 4);
	ck_assert_uint_eq(sh->free_units, whole - 4);
	ck_assert_uint_eq(cache_block_take(sh, 5), b + 32);
	ck_assert_uint_eq(cache_block_take(sh, 2), b + 4);
	cache_block_cut(sh, b, 3);
	ck_assert_uint_eq(cache_block_units(b), 4);
}
END_TEST

START_TEST(where_no_large_one_is_a_small_one_does)
{
	uint32_t b, last = 0;

	while ((b = cache_block_take(sh, ORDER_MOST)) != 0)
		last = b;
	ck_assert_uint_eq(sh->free_units, 0);
	ck_assert_uint_eq(cache_block_take_some(sh, 3), 0);
	cache_block_cut(sh, last, 5);
	b = cache_block_take_some(sh, ORDER_MOST);
	ck_assert_uint_eq(b, last + 32);
	ck_assert_uint_eq(cache_block_units(b), 32);
	ck_assert_uint_eq(sh->free_units, 0);
}
END_TEST

START_TEST(units_that_nobody_has_become_blocks)
{
	uint32_t b = cache_block_take(sh, ORDER_MOST), whole;

	whole = sh->free_units;
	cache.unit[b].mark = 0;
	cache_units_free(sh, b + 3, b + 61);
	ck_assert_uint_eq(sh->free_units, whole + 58);
	uint32_t first = cache_block_take(sh, 4);
	ck_assert(first == b + 16 || first == b + 32);
	cache_units_free(sh, b, b + 3);
	cache_units_free(sh, b + 61, b + 64);
	cache_block_free(sh, first);
	ck_assert_uint_eq(cache_block_take(sh, ORDER_MOST), b);
}
END_TEST

/* All that may be torn is; what is live, and in which order, is known. */
START_TEST(a_torn_shard_is_made_whole)
{
	struct cache_figures before, after;
	uint32_t random = 5;

	actors_make_text();
	actor_begin(MASTER, 3);
	for (unsigned i = 0; i < 20000; i++)
		actor_turn();
	cache_figures(&before);
	for (unsigned i = 0; i < 20; i++) {
		cache_lock(0);
		for (unsigned k = 0; k < CACHE_ORDERS; k++)
			sh->free[k] = random_next(&random);
		sh->free_entry = random_next(&random);
		sh->free_units = sh->promised = random_next(&random);
		for (unsigned q = 0; q < CACHE_QUEUES; q++)
			sh->queue[q].first = sh->queue[q].n
			    = random_next(&random);
		sh->version = 77;
		cache_bucket(random_next(&random))[0] = 0;
		cache_repair(sh, true);
		cache_unlock(sh);
		store_check();
		cache_figures(&after);
		ck_assert_uint_eq(after.live, before.live);
		ck_assert_uint_eq(after.busy, before.busy);
		ck_assert_uint_eq(after.condemned, before.condemned);
		ck_assert_uint_eq(after.used, before.used);
	}
	for (unsigned i = 0; i < 20000; i++)
		actor_turn();
	store_check();
}
END_TEST

/* Its order says which of two variants is the newer one. */
START_TEST(a_repair_keeps_the_order_of_a_bucket)
{
	store_fill("/a", "v1", "x", 1);
	store_fill("/a", "v2", "y", 1);
	uint32_t newest = store_find("/a", NULL);

	ck_assert(slice_eq(cache_record(newest), SLICE("v2")));
	cache_lock(0);
	cache_repair(sh, true);
	cache_unlock(sh);
	ck_assert_uint_eq(store_find("/a", NULL), newest);
	cache_unpin();
}
END_TEST

START_TEST(shapes_fit_their_areas)
{
	static const uint64_t sizes[] = {1, 4, 16, 64, 100, 1024, 8192,
		65536};
	struct cache_shape s;

	ck_assert(!cache_shape(&s, 100000, 1));
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uint64_t bytes = sizes[i] << 20, object = bytes / 4;
		if (object > UINT64_C(8) << 20)
			object = UINT64_C(8) << 20;
		ck_assert(cache_shape(&s, bytes, object));
		uint64_t memory = (uint64_t)s.shards * s.units * CACHE_UNIT;
		ck_assert_uint_lt(memory, bytes);
		if (sizes[i] >= 16)
			ck_assert_uint_gt(memory, bytes / 10 * 8);
		ck_assert_uint_eq(s.units % CACHE_CHUNK, 0);
		ck_assert_uint_eq(s.shards & (s.shards - 1), 0);
		ck_assert_uint_ge((uint64_t)cache_promise_most(&s)
		    * CACHE_UNIT, object);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_blocks");
	TCase *tc = tcase_create("cache_blocks");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, open_shard, store_close);
	tcase_add_test(tc, a_block_lies_at_a_multiple_of_its_size);
	tcase_add_test(tc, halves_that_are_free_become_one);
	tcase_add_test(tc, what_is_cut_off_is_free);
	tcase_add_test(tc, where_no_large_one_is_a_small_one_does);
	tcase_add_test(tc, units_that_nobody_has_become_blocks);
	tcase_add_test(tc, a_torn_shard_is_made_whole);
	tcase_add_test(tc, a_repair_keeps_the_order_of_a_bucket);
	tcase_add_test(tc, shapes_fit_their_areas);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
