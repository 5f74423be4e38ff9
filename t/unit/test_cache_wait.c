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

static bool park(struct conn *c, uint64_t at)
{
	struct flow f = *conn_flow(c);

	f.wait = WAIT_TURN;
	f.from.at = at;
	return lobby_park(c, &f);
}

static struct conn *make_waiter(void)
{
	struct conn *c = lobby_hang(eventfd(0, 0), CONN_CLIENT);

	ck_assert_ptr_nonnull(c);
	cache_wait(lobby_row(c), entry);
	ck_assert(park(c, 0));
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
	ck_assert_uint_eq(still_wait(), WAITERS);
	ck_assert(store_write(entry, "0123456789", 10, 10));
	cache_ring_waiting();
	ck_assert_uint_eq(still_wait(), 0);
	cache_ring_waiting();
	ck_assert_uint_eq(lobby.head->waiting, 0);
	ck_assert_uint_eq(take_rung(false), WAITERS);
}
END_TEST

START_TEST(who_has_all_there_is_waits_on)
{
	begin();
	ck_assert(cache_fill_begin(entry, SLICE("r"), 10));
	ck_assert(store_write(entry, "01234", 5, 5));
	ck_assert_uint_eq(take_rung(true), WAITERS);
	for (unsigned i = 0; i < WAITERS; i++) {
		cache_wait(lobby_row(waiters[i]), entry);
		ck_assert(park(waiters[i], i % 2 ? 5 : 3));
	}
	cache_ring_waiting();
	ck_assert_uint_eq(still_wait(), WAITERS / 2);
	cache_abandon(entry);
	cache_ring_waiting();
	ck_assert_uint_eq(still_wait(), 0);
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
	tcase_add_test(tc, who_has_all_there_is_waits_on);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
