/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that wait for an entry: who is rung, and that nobody is forgotten. */
/* links: shm net http conf base */
#include <sys/eventfd.h>

#include "store.h"

#define WAITERS 40

static uint32_t entry;
static struct conn *waiters[WAITERS];

static void open_door(void)
{
	store_open();
	memset(lobby.rows, 0, sizeof *lobby.rows * STORE_ROWS);
	atomic_store(&lobby.head->top, 0);
	lobby.bell = eventfd(0, EFD_NONBLOCK);
	lobby.order = eventfd(0, EFD_NONBLOCK);
	lobby.report = eventfd(0, EFD_NONBLOCK);
	lobby.connections = STORE_ROWS;
	ck_assert(lobby_open());
}

/* As a worker does it with a row that has seen so many bytes. */
static bool wait_on(struct conn *c, uint64_t seen)
{
	struct flow f = *conn_flow(c);

	c->awaits = entry;
	c->seen_word = atomic_load(&cache_entry(entry)->word);
	c->seen_length = seen;
	cache_wait(lobby_row(c), entry);
	if (cache_has_moved(entry, c->seen_word, seen))
		return false;
	f.wait = WAIT_TURN;
	return lobby_park(c, &f);
}

static struct conn *make_waiter(void)
{
	struct conn *c = lobby_hang(eventfd(0, 0), CONN_CLIENT);

	ck_assert_ptr_nonnull(c);
	ck_assert(wait_on(c, UINT64_MAX));
	return c;
}

static void begin(void)
{
	struct conn *c = lobby_hang(eventfd(0, 0), CONN_CLIENT);

	ck_assert_int_eq(store_claim("/a", 0, lobby_row(c), &entry),
	    CACHE_CLAIMED);
	for (unsigned i = 0; i < WAITERS; i++)
		waiters[i] = make_waiter();
}

/* Those that were rung, and are taken as by a worker. */
static unsigned take_rung(bool wake_others)
{
	unsigned count = 0;

	lobby_ring_bell(); /* so that it ends */
	for (unsigned bells = 0; bells < 100; ) {
		struct conn *c = lobby_accept();
		if (c == NULL) {
			bells++;
			lobby_ring_bell();
			continue;
		}
		ck_assert_uint_eq(lobby.waits[lobby_row(c)], 0);
		c->awaits = 0;
		cache_wait_end(lobby_row(c));
		if (wake_others)
			cache_wake(entry, 3);
		count++;
	}
	return count;
}

static unsigned still_wait(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < WAITERS; i++)
		count += lobby.waits[lobby_row(waiters[i])] == entry;
	return count;
}

START_TEST(a_few_are_rung_and_ring_the_others)
{
	begin();
	ck_assert_uint_eq(still_wait(), WAITERS);
	cache_abandon(entry);
	ck_assert_uint_ge(still_wait(), WAITERS - 8);
	ck_assert_uint_lt(still_wait(), WAITERS);
	ck_assert_uint_eq(take_rung(true), WAITERS);
	ck_assert_uint_eq(still_wait(), 0);
}
END_TEST

START_TEST(progress_is_told)
{
	begin();
	ck_assert(cache_fill_begin(entry, SLICE("r"), 10));
	ck_assert(store_write(entry, "0123456789", 5, 5));
	ck_assert_uint_eq(take_rung(true), WAITERS);
	ck_assert(cache_fill_end(entry, store_fits, NULL) == false);
}
END_TEST

START_TEST(most_is_most)
{
	begin();
	cache_wake(entry, 5);
	ck_assert_uint_eq(still_wait(), WAITERS - 5);
	ck_assert_uint_eq(cache_entry(entry)->awaited, 1);
	cache_wake(entry, WAITERS);
	ck_assert_uint_eq(still_wait(), 0);
	cache_wake(entry, 1);
	ck_assert_uint_eq(cache_entry(entry)->awaited, 0);
	ck_assert_uint_eq(take_rung(false), WAITERS);
}
END_TEST

START_TEST(those_for_others_are_left_alone)
{
	begin();
	cache_wake(entry + 1, 100);
	ck_assert_uint_eq(still_wait(), WAITERS);
}
END_TEST

/* Nobody has rung: their fetcher died, or is another family's. */
START_TEST(the_steward_finds_those_that_were_forgotten)
{
	begin();
	cache_ring_waiting();
	ck_assert_uint_eq(still_wait(), WAITERS);
	ck_assert_uint_eq(lobby.head->waiting, 1);
	cache_entry(entry)->awaited = 0;
	ck_assert(cache_fill_begin(entry, SLICE("r"), 10));
	cache_ring_waiting();
	ck_assert_uint_eq(still_wait(), 0);
	cache_ring_waiting();
	ck_assert_uint_eq(lobby.head->waiting, 0);
	ck_assert_uint_eq(take_rung(false), WAITERS);
}
END_TEST

/* It was freed, and is another one's: of the same number, and busy, too. */
START_TEST(those_who_wait_for_what_is_no_more_are_found)
{
	uint32_t n;

	begin();
	cache_entry(entry)->awaited = 0;
	cache_abandon(entry);
	cache_tidy(0);
	ck_assert_int_eq(store_claim("/b", 0, 9, &n), CACHE_CLAIMED);
	ck_assert_uint_eq(n, entry);
	ck_assert_uint_eq(still_wait(), WAITERS);
	cache_ring_waiting();
	ck_assert_uint_eq(still_wait(), 0);
}
END_TEST

START_TEST(who_has_all_there_is_waits_on)
{
	begin();
	ck_assert(cache_fill_begin(entry, SLICE("r"), 10));
	ck_assert(store_write(entry, "01234", 5, 5));
	ck_assert_uint_eq(take_rung(true), WAITERS);
	for (unsigned i = 0; i < WAITERS; i++) {
		ck_assert(!wait_on(waiters[i], 3));
		ck_assert(wait_on(waiters[i], 5));
	}
	cache_ring_waiting();
	ck_assert_uint_eq(still_wait(), WAITERS);
	cache_entry(entry)->awaited = 0;
	ck_assert(cache_fill_write(entry, &(struct cache_place){0},
	    "012345", 6));
	cache_fill_show(entry, 6);
	cache_ring_waiting();
	ck_assert_uint_eq(still_wait(), 0);
	ck_assert_uint_eq(take_rung(false), WAITERS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_wait");
	TCase *tc = tcase_create("cache_wait");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, open_door, store_close);
	tcase_add_test(tc, a_few_are_rung_and_ring_the_others);
	tcase_add_test(tc, progress_is_told);
	tcase_add_test(tc, most_is_most);
	tcase_add_test(tc, those_for_others_are_left_alone);
	tcase_add_test(tc, the_steward_finds_those_that_were_forgotten);
	tcase_add_test(tc, those_who_wait_for_what_is_no_more_are_found);
	tcase_add_test(tc, who_has_all_there_is_waits_on);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
