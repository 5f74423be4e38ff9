/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues when their owners die, and between many threads. */
/* links: shm net http conf base */
#include "crew.h" /* pthread_create: tsan runs this test */
#include "waiters.h"

#define ROUNDS 400
#define DEATHS 12
#define PLACES 2

static unsigned left[FARM_ROWS]; /* rounds; of the row's owner */
static atomic_uint inside[2], open_rows, most_inside;

static struct conn *victims[3];

static void die_with_torn_links(void)
{
	wrong += lock_take(&seats.pool[0].lock);
	seats.pool[0].line.first = seats.pool[0].line.last = FARM_ROWS - 1;
	seats.pool[0].length = 77;
	for (unsigned i = 0; i < 3; i++)
		victims[i]->queue_next = victims[i]->queue_prev = 5;
}

static void die_before_the_place(void)
{
	wrong += lock_take(&seats.pool[0].lock);
	atomic_store(&victims[0]->granted, 1);
}

static void die_in_the_seat(void)
{
	die_before_the_place();
	wrong += lock_take(&seats.at[0].lock);
	seats.inflight[0] = 1;
}

static void die_behind_the_place(void)
{
	die_in_the_seat();
	atomic_store(&victims[0]->holds, 1);
	lock_release(&seats.at[0].lock);
}

/* The steward, when it has buried somebody. */
static void settle(void)
{
	seats_settle_locks(VICTIM);
	for (unsigned row = LOBBY_FIRST; row < lobby_top(); row++) {
		struct conn *c = lobby_get(row);
		if (c->kind == CONN_CLIENT
		    && word_state(conn_word(c)) == CONN_PARKED)
			lobby_look_again(c, conn_serial(c));
	}
	slot_free(VICTIM);
}

static struct conn *three_wait(void)
{
	only_the_first();
	struct conn *a = take();

	for (unsigned i = 0; i < 3; i++)
		victims[i] = wait_for(NULL);
	return a;
}

static void check_order_from(unsigned i)
{
	for (; i < 3; i++) {
		check_turn_of(victims[i], 0);
		let_go(victims[i]);
	}
	ck_assert_uint_eq(length(), 0);
	ck_assert_uint_eq(wrong, 0);
	farm_check_sums(0, 0);
}

START_TEST(a_torn_queue_is_made_from_the_rows)
{
	struct conn *a = three_wait();

	run_and_bury(die_with_torn_links);
	settle();
	ck_assert_uint_eq(length(), 3);
	let_go(a);
	check_order_from(0);
}
END_TEST

START_TEST(a_place_that_was_not_given_is_given_again)
{
	struct conn *a = three_wait();

	run_and_bury(die_before_the_place);
	settle();
	ck_assert_uint_eq(victims[0]->granted, 0);
	let_go(a);
	check_order_from(0);
}
END_TEST

START_TEST(a_place_that_was_half_given_is_given_again)
{
	struct conn *a = three_wait();

	seat_give(a, NULL, 0, 0);
	check_turn_of(victims[0], 0);
	seat_give(victims[0], NULL, 0, 0);
	check_turn_of(victims[1], 0);
	victims[0] = victims[2];
	seats.inflight[0] = 0; /* as if nobody held it */
	atomic_store(&victims[1]->holds, 0);
	run_and_bury(die_in_the_seat);
	settle();
	farm_check_sums(0, 0);
	queue_serve(&farm_pool[0]);
	check_turn_of(victims[2], 0);
	farm_check_sums(1, 0);
}
END_TEST

START_TEST(a_place_that_was_given_is_kept)
{
	struct conn *a = three_wait();

	lobby_close(a); /* as if it had given it back */
	atomic_store(&a->holds, 0);
	seats.inflight[0] = 0;
	run_and_bury(die_behind_the_place);
	settle();
	ck_assert_uint_eq(length(), 2);
	check_order_from(0);
}
END_TEST

/* ---- Many at once ---- */

static void use(struct conn *c)
{
	unsigned backend = c->holds - 1;
	unsigned now = atomic_fetch_add(&inside[backend], 1) + 1;

	wrong += now > PLACES;
	if (now > atomic_load(&most_inside))
		atomic_store(&most_inside, now);
	for (volatile unsigned i = 0; i < 100; i++)
		;
	atomic_fetch_sub(&inside[backend], 1);
	seat_give(c, NULL, 0, 0);
}

/* As a worker carries a row: false if it has been put down or closed. */
static bool carry_on(struct conn *c)
{
	unsigned row = lobby_row(c);

	if (seat_granted(c, &farm_pool[0]) == NULL && pick(c) != PICK_TAKEN)
		return !park(c);
	use(c);
	if (--left[row] > 0)
		return true;
	lobby_close(c);
	if (atomic_fetch_sub(&open_rows, 1) == 1)
		lobby_ring_bell();
	return false;
}

static void carry_all(void)
{
	struct conn *c;

	while ((c = lobby_accept()) != NULL)
		while (carry_on(c))
			;
}

static void begin_clients(void)
{
	farm[0].max_connections = farm[1].max_connections = PLACES;
	farm_refresh();
	atomic_store(&open_rows, QUEUE);
	for (unsigned i = 0; i < QUEUE; i++) {
		struct conn *c = farm_row(CONN_CLIENT);
		left[lobby_row(c)] = ROUNDS;
		lobby_ring(c, conn_flow(c));
	}
}

static void check_end(void)
{
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_eq(length(), 0);
	ck_assert_uint_eq(seats.pool[0].lock.word, 0);
	ck_assert_uint_eq(seats.pool[0].line.first, 0);
	ck_assert_uint_eq(seats.pool[0].line.last, 0);
	ck_assert_uint_ge(most_inside, 1);
	farm_check_sums(0, 0);
}

START_TEST(never_more_than_there_are_places)
{
	struct member crew[CREW];

	begin_clients();
	crew_start(crew, carry_all);
	crew_join(crew);
	check_end();
}
END_TEST

static void die_with_the_lock(void)
{
	lock_take(&seats.pool[0].lock);
	seats.pool[0].line.first = FARM_ROWS - 1;
	seats.pool[0].length += 9;
	seats.current[0] = 12345;
}

START_TEST(deaths_under_load_leave_it_whole)
{
	struct member crew[CREW];

	begin_clients();
	crew_start(crew, carry_all);
	for (unsigned i = 0; i < DEATHS; i++) {
		run_and_bury(die_with_the_lock);
		settle();
	}
	crew_join(crew);
	check_end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("queue_deaths");
	TCase *tc = tcase_create("queue_deaths");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, open_places, farm_close);
	tcase_add_test(tc, a_torn_queue_is_made_from_the_rows);
	tcase_add_test(tc, a_place_that_was_not_given_is_given_again);
	tcase_add_test(tc, a_place_that_was_half_given_is_given_again);
	tcase_add_test(tc, a_place_that_was_given_is_kept);
	tcase_add_test(tc, never_more_than_there_are_places);
	tcase_add_test(tc, deaths_under_load_leave_it_whole);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
