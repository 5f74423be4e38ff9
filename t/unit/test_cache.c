/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache's store: what is filled is found, and what ends is given back. */
/* links: shm net http conf base */
#include <sys/mman.h>

#include "store.h"

#define LARGE 200000

static char text[LARGE];

static void make_text(void)
{
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)(i * i >> 5);
}

static uint32_t claim(const char *key, uint32_t instead, uint32_t row)
{
	uint32_t n;

	ck_assert_int_eq(store_claim(key, instead, row, &n), CACHE_CLAIMED);
	return n;
}

static struct cache_figures figures(void)
{
	struct cache_figures c;

	cache_figures(&c);
	return c;
}

/* ---- Found or not ---- */

START_TEST(what_is_filled_is_found)
{
	store_fill("/a", "r1", "hello", 5);
	uint32_t n = store_find("/a", NULL);

	ck_assert_uint_ne(n, 0);
	ck_assert(store_body_is(n, "hello", 5));
	ck_assert(slice_eq(cache_record(n), SLICE("r1")));
	ck_assert(slice_eq(cache_key(n), SLICE("/a")));
	ck_assert_uint_eq(store_find("/b", NULL), 0);
	store_check();
}
END_TEST

START_TEST(a_body_may_have_any_length)
{
	static const size_t lengths[] = {0, 1, 1023, 1024, 1025, 4096, 65535,
		65536, 65537, LARGE};
	char key[16];

	make_text();
	for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		snprintf(key, sizeof key, "/%u", i);
		uint32_t n = store_fill(key, "r", text, lengths[i]);
		ck_assert_uint_ne(n, 0);
		ck_assert(store_body_is(n, text, lengths[i]));
		ck_assert_uint_eq(cache_entry(n)->units, 1 + lengths[i] / 1024
		    + (lengths[i] % 1024 != 0));
	}
	store_check();
}
END_TEST

START_TEST(a_body_of_unknown_length_wastes_less_than_it_holds)
{
	uint32_t n = claim("/a", 0, 5);

	make_text();
	ck_assert(cache_fill_begin(n, SLICE("r"), CACHE_UNKNOWN));
	ck_assert(store_write(n, text, 100001, 777));
	ck_assert(cache_fill_end(n, store_fits, NULL));
	ck_assert(store_body_is(n, text, 100001));
	ck_assert_uint_eq(cache_entry(n)->total, 100001);
	ck_assert_uint_le(cache_entry(n)->units, 2 * 98);
	store_check();
}
END_TEST

START_TEST(a_place_can_be_moved_both_ways)
{
	static const uint64_t at[] = {0, 150000, 70000, 199999, 65536, 3, 1};
	struct cache_place p = {0};
	struct iovec v[2];

	make_text();
	uint32_t n = store_fill("/a", "r", text, LARGE);
	for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
		cache_seek(&p, n, at[i]);
		ck_assert_int_ge(cache_vectors(&p, n, at[i] + 1, v, 2), 1);
		ck_assert_uint_eq(v[0].iov_len, 1);
		ck_assert(*(char *)v[0].iov_base == text[at[i]]);
	}
	cache_seek(&p, n, LARGE);
	ck_assert_int_eq(cache_vectors(&p, n, LARGE, v, 2), 0);
}
END_TEST

START_TEST(what_is_written_again_is_the_same)
{
	uint32_t n = claim("/a", 0, 5);
	struct cache_place p = {0}, old;

	make_text();
	ck_assert(cache_fill_begin(n, SLICE("r"), 100000));
	for (unsigned i = 0; i < 10; i++) {
		old = p;
		ck_assert(cache_fill_write(n, &p, text + p.at, 10000));
		ck_assert(cache_fill_write(n, &old, text + old.at, 10000));
		ck_assert_mem_eq(&old, &p, sizeof p);
		p = old;
		cache_fill_show(n, p.at);
	}
	ck_assert(!cache_fill_write(n, &p, text, 1));
	ck_assert(cache_fill_end(n, store_fits, NULL));
	ck_assert(store_body_is(n, text, 100000));
	store_check();
}
END_TEST

START_TEST(a_long_record_finds_room)
{
	static char record[60000];
	uint32_t n = claim("/a", 0, 5);
	struct cache_found f;

	memset(record, 'x', sizeof record - 1);
	store_look("/a", NULL, &f);
	ck_assert_uint_eq(f.busy, n);
	ck_assert(cache_fill_begin(n, slice_str(record), 0));
	ck_assert(cache_fill_end(n, store_fits, NULL));
	ck_assert_uint_eq(cache_record(store_find("/a", NULL)).n,
	    sizeof record - 1);
	store_check();
	n = claim("/b", 0, 5);
	ck_assert(!cache_fill_begin(n, slice_make(text, CACHE_FIRST_MOST),
	    0));
	cache_abandon(n);
	store_check();
}
END_TEST

/* ---- Who fetches ---- */

START_TEST(a_claim_makes_others_wait)
{
	struct cache_found f;
	uint32_t n, other;
	uint64_t word;

	store_look("/a", NULL, &f);
	n = claim("/a", 0, 5);
	ck_assert_int_eq(cache_claim(SLICE("/a"), cache_hash(SLICE("/a")), 0,
	    6, 1, &other, &word), CACHE_BUSY);
	ck_assert_uint_eq(other, n);
	store_look("/a", NULL, &f);
	ck_assert_uint_eq(f.live, 0);
	ck_assert_uint_eq(f.busy, n);
	ck_assert_uint_eq(f.busy_word, word);
	ck_assert(cache_pin(f.busy, f.busy_word));
	ck_assert_int_eq(cache_state(n), ENTRY_BUSY);
	ck_assert_uint_eq(cache_record(n).n, 0);
	ck_assert(cache_fill_begin(n, SLICE("r1"), 3));
	ck_assert_int_eq(cache_state(n), ENTRY_FILLING);
	cache_abandon(n);
	ck_assert_int_eq(cache_state(n), ENTRY_CONDEMNED);
	store_look("/a", NULL, &f);
	ck_assert_uint_eq(f.busy, 0);
	store_check();
}
END_TEST

START_TEST(who_comes_late_is_told_of_what_came_meanwhile)
{
	struct cache_found f;
	uint32_t n;

	store_look("/a", NULL, &f); /* a miss; then another is faster */
	struct slice k = SLICE("/a");
	uint32_t first = claim("/a", 0, 6);
	ck_assert(cache_fill_begin(first, SLICE("r"), 0));
	ck_assert_int_eq(store_claim("/a", 0, 5, &n), CACHE_BUSY);
	ck_assert_uint_eq(n, first);
	ck_assert(cache_fill_end(first, store_fits, NULL));
	ck_assert_int_eq(store_claim("/a", 0, 5, &n), CACHE_BUSY);
	ck_assert_uint_eq(n, first);
	/* who has seen it, and does not want it, may fetch another one */
	cache_find(k, cache_hash(k), store_fits, "other", &f);
	ck_assert(f.others);
	ck_assert_int_eq(store_claim("/a", 0, 5, &n), CACHE_CLAIMED);
	store_check();
}
END_TEST

START_TEST(the_one_that_replaces_it_is_known)
{
	struct cache_found f;
	uint32_t live = store_fill("/a", "en", "x", 1);

	store_find("/a", "en");
	uint32_t n = claim("/a", live, 5);
	store_look("/a", "en", &f);
	ck_assert_uint_eq(f.live, live);
	ck_assert_uint_eq(f.busy, n);
	store_look("/a", "de", &f);
	ck_assert_uint_eq(f.live, 0);
	ck_assert_uint_eq(f.busy, n);
	ck_assert(f.others);
	ck_assert(cache_fill_begin(n, SLICE("en 2"), 1));
	store_look("/a", "de", &f);
	ck_assert_uint_eq(f.busy, 0);
	store_look("/a", "en", &f);
	ck_assert_uint_eq(f.busy, n);
	ck_assert(store_write(n, "y", 1, 1));
	ck_assert(cache_fill_end(n, store_fits, "en"));
	ck_assert_uint_eq(store_find("/a", "en"), n);
	ck_assert_uint_eq(figures().condemned, 1);
	store_check();
}
END_TEST

START_TEST(a_record_that_is_begun_is_not_another_one)
{
	uint32_t n = claim("/a", 0, 5);

	ck_assert(cache_fill_begin(n, SLICE("r1"), 5));
	ck_assert(cache_fill_begin(n, SLICE("r1"), 5));
	ck_assert(!cache_fill_begin(n, SLICE("r1"), 6));
	ck_assert(!cache_fill_begin(n, SLICE("r2"), 5));
	cache_abandon(n);
}
END_TEST

START_TEST(an_incomplete_body_does_not_become_live)
{
	uint32_t n = claim("/a", 0, 5);

	ck_assert(cache_fill_begin(n, SLICE("r"), 5));
	ck_assert(store_write(n, "abcd", 4, 4));
	ck_assert(!cache_fill_end(n, store_fits, NULL));
	ck_assert_uint_eq(store_find("/a", NULL), 0);
	ck_assert_uint_eq(figures().busy, 0);
	store_check();
}
END_TEST

/* ---- Variants, renewals, marks ---- */

START_TEST(variants_are_bounded)
{
	char record[8];

	for (unsigned i = 0; i < CACHE_VARIANTS + 5; i++) {
		snprintf(record, sizeof record, "v%02u", i);
		ck_assert_uint_ne(store_fill("/a", record, "x", 1), 0);
	}
	ck_assert_uint_eq(figures().live, CACHE_VARIANTS);
	ck_assert_uint_eq(store_find("/a", "v04"), 0);
	ck_assert_uint_ne(store_find("/a", "v05"), 0);
	ck_assert_uint_ne(store_find("/a", "v36"), 0);
	store_check();
}
END_TEST

START_TEST(a_renewed_one_keeps_the_body)
{
	make_text();
	uint32_t old = store_fill("/a", "r1", text, 50000);
	uint64_t used = figures().used;

	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_uint_eq(store_find("/a", NULL), old);
		uint32_t n = claim("/a", old, 5);
		ck_assert(cache_renew(n, old, SLICE("r2")));
		ck_assert(store_body_is(n, text, 50000));
		old = n;
		if (i % 100 == 0)
			store_check();
		cache_tidy(0);
	}
	cache_unpin();
	cache_tidy(0);
	store_check();
	ck_assert_uint_eq(figures().used, used);
	ck_assert_uint_eq(figures().condemned, 0);
}
END_TEST

/* Somebody reads the first one all the while. */
START_TEST(renewed_again_and_again_it_takes_no_more_room)
{
	make_text();
	uint32_t first = store_fill("/a", "r1", text, 50000), old = first;
	uint64_t used = figures().used;

	ck_assert_uint_eq(store_find("/a", NULL), first);
	cache_pin_row(7, first);
	cache_unpin();
	for (unsigned i = 0; i < 300; i++) {
		uint32_t n = claim("/a", old, 5);
		ck_assert(cache_renew(n, old, SLICE("r2")));
		old = n;
		cache_tidy(0);
		store_check();
		ck_assert_uint_le(figures().used, used + 2 * CACHE_UNIT);
	}
	cache_purge(SLICE("/a"), cache_hash(SLICE("/a")), false);
	cache_tidy(0);
	ck_assert(store_body_is(first, text, 50000));
	store_check();
	cache_pin_row(7, 0);
	cache_tidy(0);
	ck_assert_uint_eq(figures().used, 0);
}
END_TEST

START_TEST(a_mark_gives_way_to_a_response)
{
	uint32_t n = claim("/a", 0, 5);

	ck_assert(cache_fill_pass(n, SLICE("pass")));
	ck_assert_uint_eq(store_find("/a", NULL), n);
	ck_assert(cache_entry(n)->flags & ENTRY_PASS);
	uint32_t second = claim("/a", n, 5);
	ck_assert(cache_fill_pass(second, SLICE("pass")));
	ck_assert_uint_eq(figures().live, 1);
	ck_assert_uint_eq(cache_purge(SLICE("/a"), cache_hash(SLICE("/a")),
	    false), 0);
	ck_assert_uint_eq(figures().live, 0);
	n = claim("/a", 0, 5);
	ck_assert(cache_fill_pass(n, SLICE("pass")));
	store_find("/a", NULL);
	second = claim("/a", n, 5);
	ck_assert(cache_fill_begin(second, SLICE("r"), 0));
	ck_assert(cache_fill_end(second, store_fits, NULL));
	ck_assert_uint_eq(store_find("/a", NULL), second);
	ck_assert_uint_eq(figures().live, 1);
	store_check();
}
END_TEST

/* ---- Ends ---- */

START_TEST(a_purge_takes_all_variants)
{
	struct slice k = SLICE("/a");
	uint32_t n;

	store_fill("/a", "v1", "x", 1);
	store_fill("/a", "v2", "x", 1);
	store_fill("/b", "v1", "x", 1);
	ck_assert_uint_eq(cache_purge(k, cache_hash(k), true), 2);
	n = store_find("/a", "v1");
	ck_assert_uint_eq(cache_entry(n)->invalid, 1);
	n = claim("/a", 0, 5);
	ck_assert_uint_eq(cache_purge(k, cache_hash(k), false), 3);
	ck_assert_uint_eq(cache_purge(k, cache_hash(k), false), 0);
	ck_assert(!cache_fill_begin(n, SLICE("r"), 0));
	cache_abandon(n);
	ck_assert_uint_ne(store_find("/b", NULL), 0);
	store_check();
}
END_TEST

/* Those that have begun with it get the rest of it. */
START_TEST(what_is_purged_while_it_is_filled_goes_on)
{
	uint32_t n = claim("/a", 0, 5);
	struct cache_place p = {0};

	make_text();
	ck_assert(cache_fill_begin(n, SLICE("r"), 30000));
	ck_assert(cache_fill_write(n, &p, text, 10000));
	cache_pin_row(6, n);
	cache_purge(SLICE("/a"), cache_hash(SLICE("/a")), false);
	cache_tidy(0);
	ck_assert_int_eq(cache_state(n), ENTRY_FILLING);
	ck_assert_uint_eq(store_find("/a", NULL), 0);
	ck_assert(cache_fill_write(n, &p, text + 10000, 20000));
	cache_fill_show(n, p.at);
	ck_assert(!cache_fill_end(n, store_fits, NULL));
	cache_tidy(0);
	ck_assert(store_body_is(n, text, 30000));
	cache_pin_row(6, 0);
	cache_tidy(0);
	ck_assert_uint_eq(figures().used, 0);
	store_check();
}
END_TEST

START_TEST(rows_that_are_no_more_fill_nothing)
{
	uint32_t a = claim("/a", 0, 5), b = claim("/b", 0, 6);
	uint32_t c = claim("/c", 0, 6);

	ck_assert(cache_is_filled_by(b, 6, 1));
	cache_settle_row(6, 1, c, 0);
	ck_assert_int_eq(cache_state(b), ENTRY_CONDEMNED);
	ck_assert(!cache_is_filled_by(b, 6, 1));
	ck_assert_int_eq(cache_state(c), ENTRY_BUSY);
	atomic_store(&lobby_get(5)->word, word_make(2, 0, CONN_FREE));
	cache_tidy(0);
	ck_assert_int_eq(cache_state(a), ENTRY_FREE);
	ck_assert_int_eq(cache_state(c), ENTRY_BUSY);
	atomic_store(&slot_self->generation, 7);
	cache_settle_family(0);
	cache_settle_family(7);
	ck_assert_int_eq(cache_state(c), ENTRY_CONDEMNED);
	store_check();
}
END_TEST

START_TEST(only_the_newest_family_frees)
{
	store_fill("/a", "r", "x", 1);
	cache_purge(SLICE("/a"), cache_hash(SLICE("/a")), false);
	atomic_store(&board.head->newest, 9);
	cache_tidy(0);
	ck_assert_uint_eq(figures().condemned, 1);
	atomic_store(&board.head->newest, 0);
	cache_tidy(0);
	ck_assert_uint_eq(figures().condemned, 0);
}
END_TEST

START_TEST(pins_of_older_families_count)
{
	static struct lobby older;
	uint32_t n = store_fill("/a", "r", "x", 1);

	ck_assert(lobby_create(&older, 64));
	atomic_store(&older.head->top, 64);
	atomic_store(&older.pins[63], n);
	cache_add_older(&older);
	cache_condemn(n);
	cache_tidy(0);
	ck_assert_uint_eq(figures().condemned, 1);
	atomic_store(&older.head->over, 1);
	cache_tidy(0);
	ck_assert_uint_eq(figures().condemned, 0);
	area_close(&older.area);
}
END_TEST

/* ---- Room ---- */

START_TEST(what_is_too_large_is_refused)
{
	uint32_t n = claim("/a", 0, 5);

	ck_assert(!cache_fill_begin(n, SLICE("r"), store_bytes));
	cache_abandon(n);
	n = claim("/a", 0, 5);
	ck_assert(cache_fill_begin(n, SLICE("r"), store_bytes / 3));
	uint32_t other = claim("/b", 0, 6);
	ck_assert(!cache_fill_begin(other, SLICE("r"), store_bytes / 3));
	cache_abandon(other);
	cache_abandon(n);
	store_check();
}
END_TEST

START_TEST(what_is_being_filled_is_not_evicted)
{
	uint32_t n = claim("/busy", 0, 5);
	struct cache_place p = {0};
	char key[16];

	make_text();
	ck_assert(cache_fill_begin(n, SLICE("r"), LARGE));
	ck_assert(cache_fill_write(n, &p, text, 100000));
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(key, sizeof key, "/%u", i);
		ck_assert_uint_ne(store_fill(key, "r", text, 9000), 0);
	}
	ck_assert_uint_gt(figures().evicted, 1000);
	ck_assert_uint_eq(figures().refused, 0);
	ck_assert(cache_fill_write(n, &p, text + p.at, LARGE - p.at));
	cache_fill_show(n, p.at);
	ck_assert(cache_fill_end(n, store_fits, NULL));
	ck_assert(store_body_is(n, text, LARGE));
	store_check();
}
END_TEST

/* Slow readers have much of it, and nobody finds that any more. */
START_TEST(what_is_stuck_leaves_room_for_the_rest)
{
	char key[16];

	make_text();
	for (unsigned i = 0; i < 10; i++) {
		snprintf(key, sizeof key, "/slow%u", i);
		uint32_t n = store_fill(key, "r", text, LARGE);
		ck_assert_uint_ne(n, 0);
		cache_pin_row(100 + i, n);
		cache_condemn(n);
	}
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(key, sizeof key, "/%u", i);
		ck_assert_uint_ne(store_fill(key, "r", text, 9000), 0);
	}
	ck_assert_uint_ge(figures().condemned, 10);
	ck_assert_uint_gt(figures().live, 30);
	ck_assert_uint_eq(figures().refused, 0);
	for (unsigned i = 0; i < 10; i++) {
		ck_assert(store_body_is(atomic_load(&lobby.pins[100 + i]),
		    text, LARGE));
		cache_pin_row(100 + i, 0);
	}
	cache_tidy(0);
	ck_assert_uint_eq(figures().condemned, 0);
	store_check();
}
END_TEST

START_TEST(an_empty_cache_costs_little)
{
	struct cache big;
	unsigned char in_memory[4096];
	size_t touched = 0;

	ck_assert(cache_create(&big, UINT64_C(64) << 20, 8 << 20, NULL));
	for (size_t at = 0; at < big.area.size; at += 4096 * 4096) {
		size_t n = big.area.size - at;
		n = n < 4096 * 4096 ? n : 4096 * 4096;
		ck_assert_int_eq(mincore((char *)big.area.at + at, n,
		    in_memory), 0);
		for (size_t i = 0; i < n / 4096; i++)
			touched += in_memory[i] & 1;
	}
	ck_assert_uint_lt(touched, 50);
	cache_close(&big);
}
END_TEST

static void count_visit(uint32_t n, void *arg)
{
	ck_assert_int_eq(cache_state(n), ENTRY_LIVE);
	++*(unsigned *)arg;
}

START_TEST(a_walk_visits_all_once)
{
	unsigned visits = 0, turns = 0;
	uint32_t at = 0;
	char key[16];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(key, sizeof key, "/%u", i);
		store_fill(key, "r", "x", 1);
	}
	do
		turns++;
	while (!cache_walk(&at, 30, count_visit, &visits));
	ck_assert_uint_eq(visits, 100);
	ck_assert_uint_ge(turns, 4);
	ck_assert_uint_eq(slot_self->pin, 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, what_is_filled_is_found);
	tcase_add_test(tc, a_body_may_have_any_length);
	tcase_add_test(tc, a_body_of_unknown_length_wastes_less_than_it_holds);
	tcase_add_test(tc, a_place_can_be_moved_both_ways);
	tcase_add_test(tc, what_is_written_again_is_the_same);
	tcase_add_test(tc, a_long_record_finds_room);
	tcase_add_test(tc, a_claim_makes_others_wait);
	tcase_add_test(tc, who_comes_late_is_told_of_what_came_meanwhile);
	tcase_add_test(tc, the_one_that_replaces_it_is_known);
	tcase_add_test(tc, a_record_that_is_begun_is_not_another_one);
	tcase_add_test(tc, an_incomplete_body_does_not_become_live);
	tcase_add_test(tc, variants_are_bounded);
	tcase_add_test(tc, a_renewed_one_keeps_the_body);
	tcase_add_test(tc, renewed_again_and_again_it_takes_no_more_room);
	tcase_add_test(tc, a_mark_gives_way_to_a_response);
	tcase_add_test(tc, a_purge_takes_all_variants);
	tcase_add_test(tc, what_is_purged_while_it_is_filled_goes_on);
	tcase_add_test(tc, rows_that_are_no_more_fill_nothing);
	tcase_add_test(tc, only_the_newest_family_frees);
	tcase_add_test(tc, pins_of_older_families_count);
	tcase_add_test(tc, what_is_too_large_is_refused);
	tcase_add_test(tc, what_is_being_filled_is_not_evicted);
	tcase_add_test(tc, what_is_stuck_leaves_room_for_the_rest);
	tcase_add_test(tc, an_empty_cache_costs_little);
	tcase_add_test(tc, a_walk_visits_all_once);
}

int main(void)
{
	return store_run("cache", add);
}
