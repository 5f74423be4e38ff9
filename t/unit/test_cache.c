/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache's store: what is filled is found, and what ends is given back. */
/* links: shm net http conf base */
#include "store.h"

START_TEST(what_is_filled_is_found)
{
	store_fill("/a", "r1", "hello", 5);
	uint32_t n = store_find("/a", NULL);

	ck_assert_uint_ne(n, 0);
	ck_assert(store_body_is(n, "hello", 5));
	ck_assert(slice_eq(cache_record(n), SLICE("r1")));
	ck_assert_uint_eq(store_find("/b", NULL), 0);
	store_check();
}
END_TEST

START_TEST(a_claim_makes_others_wait)
{
	struct cache_found f;
	uint32_t n, other;
	uint64_t word;

	store_look("/a", NULL, &f);
	ck_assert_int_eq(store_claim("/a", 0, 5, &n), CACHE_CLAIMED);
	ck_assert_int_eq(cache_claim(SLICE("/a"), cache_hash(SLICE("/a")), 0,
	    6, 1, &other, &word), CACHE_BUSY);
	ck_assert_uint_eq(other, n);
	store_look("/a", NULL, &f);
	ck_assert_uint_eq(f.live, 0);
	ck_assert_uint_eq(f.busy, n);
	ck_assert_uint_eq(f.busy_word, word);
	ck_assert(cache_pin(f.busy, f.busy_word));
	ck_assert_int_eq(cache_state(n), ENTRY_BUSY);
	ck_assert(cache_fill_begin(n, SLICE("r1"), 3));
	ck_assert_int_eq(cache_state(n), ENTRY_FILLING);
	cache_abandon(n);
	ck_assert_int_eq(cache_state(n), ENTRY_CONDEMNED);
	store_look("/a", NULL, &f);
	ck_assert_uint_eq(f.busy, 0);
	store_check();
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, what_is_filled_is_found);
	tcase_add_test(tc, a_claim_makes_others_wait);
}

int main(void)
{
	return store_run("cache", add);
}
