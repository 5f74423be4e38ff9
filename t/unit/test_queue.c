/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues: places are given in the order of coming, each to one. */
/* links: shm net http conf base */
#include "crew.h" /* pthread_create: tsan runs this test */
#include "farm.h"

#define CLIENTS 24
#define ROUNDS 400
#define DEATHS 12
#define PLACES 2

static unsigned left[FARM_ROWS]; /* rounds; of the row's owner */
static atomic_uint inside[2], open_rows, most_inside;

/* Two backends with a place each, of which the second can be taken out. */
static void setup(void)
{
	farm_plan(1, 2);
	farm[0].max_connections = farm[1].max_connections = 1;
	farm_pool[0].limited = true;
	farm_pool[0].queue.length = CLIENTS;
	farm_open(MASTER);
	farm_open_door();
}

static void only_the_first(void)
{
	atomic_store(&board_of(&farm[1])->order, ORDER_DOWN);
	farm_refresh();
}

static enum pick_result pick_wanting(struct conn *c,
    const struct conf_backend *wanted, const struct conf_backend **b)
{
	struct pick p = {.pool = &farm_pool[0], .wanted = wanted,
	    .may_wait = true};
	struct conn *peer;

	return seat_pick(c, &p, b, &peer);
}

static enum pick_result pick(struct conn *c)
{
	const struct conf_backend *b;

	return pick_wanting(c, NULL, &b);
}

static bool park(struct conn *c)
{
	struct flow f = *conn_flow(c);

	f.wait = WAIT_TURN;
	return lobby_park(c, &f);
}

/* A client that waits, parked. */
static struct conn *wait_for(const struct conf_backend *wanted)
{
	struct conn *c = farm_row(CONN_CLIENT);
	const struct conf_backend *b;

	ck_assert_int_eq(pick_wanting(c, wanted, &b), PICK_QUEUED);
	ck_assert(park(c));
	return c;
}

static struct conn *take(void)
{
	struct conn *c = farm_row(CONN_CLIENT);

	ck_assert_int_eq(pick(c), PICK_TAKEN);
	return c;
}

static void let_go(struct conn *c)
{
	seat_give(c, NULL, 0, 0);
	lobby_close(c);
}

/* It has been rung, and has its place; nobody else was. */
static void check_turn_of(struct conn *c, unsigned backend)
{
	ck_assert_ptr_eq(lobby_accept(), c);
	ck_assert_ptr_eq(seat_granted(c, &farm_pool[0]), &farm[backend]);
	ck_assert_uint_eq(c->holds, backend + 1);
	ck_assert_uint_eq(c->queued, 0);
	ck_assert_ptr_null(seat_granted(c, &farm_pool[0]));
}

static unsigned length(void)
{
	return atomic_load(&seats.pool[0].length);
}

START_TEST(places_are_given_in_the_order_of_coming)
{
	struct conn *a, *waiting[3];

	only_the_first();
	a = take();
	for (unsigned i = 0; i < 3; i++)
		waiting[i] = wait_for(NULL);
	ck_assert_uint_eq(length(), 3);
	let_go(a);
	for (unsigned i = 0; i < 3; i++) {
		check_turn_of(waiting[i], 0);
		ck_assert_uint_eq(length(), 2 - i);
		farm_check_sums(1, 0);
		let_go(waiting[i]);
	}
	farm_check_sums(0, 0);
}
END_TEST

START_TEST(who_comes_new_does_not_pass)
{
	only_the_first();
	struct conn *a = take(), *b = wait_for(NULL);
	struct conn *c = farm_row(CONN_CLIENT);

	farm[0].max_connections = 2; /* a place that nobody has given */
	farm_refresh();
	ck_assert_int_eq(pick(c), PICK_QUEUED);
	check_turn_of(b, 0);
	ck_assert(park(c));
	let_go(a);
	check_turn_of(c, 0);
}
END_TEST

START_TEST(a_queue_has_an_end)
{
	struct conn *c = farm_row(CONN_CLIENT), *first;

	farm_pool[0].queue.length = 1;
	take();
	take();
	first = wait_for(NULL);
	ck_assert_int_eq(pick(c), PICK_FULL);
	ck_assert_int_eq(pick(first), PICK_QUEUED); /* it stands there */
	ck_assert_uint_eq(length(), 1);
}
END_TEST

START_TEST(who_leaves_is_not_served)
{
	only_the_first();
	struct conn *a = take(), *b = wait_for(NULL), *c = wait_for(NULL);

	ck_assert(lobby_take(b, conn_serial(b)));
	queue_leave(b);
	queue_leave(b);
	ck_assert_uint_eq(length(), 1);
	lobby_close(b);
	let_go(a);
	check_turn_of(c, 0);
}
END_TEST

/* Its place came while it was about to go. */
START_TEST(who_leaves_gives_its_place_on)
{
	only_the_first();
	struct conn *a = take(), *b = wait_for(NULL), *c = wait_for(NULL);

	ck_assert(lobby_take(b, conn_serial(b)));
	let_go(a);
	ck_assert_uint_eq(b->granted, 1);
	queue_leave(b);
	ck_assert_uint_eq(b->holds, 0);
	lobby_close(b);
	check_turn_of(c, 0);
	farm_check_sums(1, 0);
}
END_TEST

START_TEST(who_wants_one_waits_for_that_one)
{
	struct conn *a = take(), *b = take(); /* in turn: both backends */
	struct conn *c = wait_for(&farm[1]), *d = wait_for(NULL);

	ck_assert_uint_eq(a->holds, 1);
	let_go(a);
	check_turn_of(d, 0);
	let_go(b);
	check_turn_of(c, 1);
}
END_TEST

START_TEST(who_wants_one_that_has_gone_takes_another)
{
	struct conn *a = take(), *b = take(), *c = wait_for(&farm[1]);

	only_the_first();
	queue_serve(&farm_pool[0]);
	ck_assert_uint_eq(length(), 1);
	let_go(b);
	ck_assert_uint_eq(length(), 1);
	let_go(a);
	check_turn_of(c, 0);
}
END_TEST

START_TEST(the_first_is_served_first_whatever_it_wants)
{
	struct conn *a = take(), *c, *d, *e;

	take();
	c = wait_for(&farm[0]);
	d = wait_for(NULL);
	e = wait_for(&farm[0]);
	let_go(a);
	check_turn_of(c, 0);
	let_go(c);
	check_turn_of(d, 0);
	let_go(d);
	check_turn_of(e, 0);
	ck_assert_uint_eq(length(), 0);
}
END_TEST

START_TEST(who_gives_a_wish_up_keeps_its_turn)
{
	struct conn *a = take(), *c, *d, *e;

	take();
	c = wait_for(NULL);
	d = wait_for(&farm[1]);
	e = wait_for(NULL);
	only_the_first();
	queue_serve(&farm_pool[0]);
	ck_assert_uint_eq(seats.pool[0].particular, 0);
	let_go(a);
	check_turn_of(c, 0);
	let_go(c);
	check_turn_of(d, 0);
	let_go(d);
	check_turn_of(e, 0);
}
END_TEST

START_TEST(backups_are_not_for_those_that_wait)
{
	farm[1].backup = farm_pool[0].ranked = true;
	farm_pool[0].queue.length = 1;
	farm_refresh();
	struct conn *a = take(), *b = wait_for(NULL), *c = take();
	ck_assert_uint_eq(c->holds, 2);
	let_go(c);
	ck_assert_uint_eq(length(), 1);
	let_go(a);
	check_turn_of(b, 0);
}
END_TEST

START_TEST(without_primaries_backups_serve_the_queue)
{
	farm[1].backup = farm_pool[0].ranked = true;
	farm_refresh();
	take();
	struct conn *b = wait_for(NULL);
	atomic_store(&board_of(&farm[0])->health, HEALTH_DOWN);
	farm_refresh();
	queue_serve(&farm_pool[0]);
	check_turn_of(b, 1);
}
END_TEST

/* Nothing rings it, since it is owned: it finds out as it parks. */
START_TEST(a_turn_that_comes_early_is_not_lost)
{
	struct conn *c = farm_row(CONN_CLIENT), *d = farm_row(CONN_CLIENT);

	only_the_first();
	struct conn *a = take();
	ck_assert_int_eq(pick(c), PICK_QUEUED);
	ck_assert_int_eq(pick(d), PICK_QUEUED);
	let_go(a);
	ck_assert(!park(c));
	ck_assert_int_eq(pick(c), PICK_TAKEN);
	ck_assert_uint_eq(c->granted, 0);
	ck_assert(park(d));
	farm_check_sums(1, 0);
}
END_TEST

/* ---- Deaths ---- */

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
	atomic_store(&open_rows, CLIENTS);
	for (unsigned i = 0; i < CLIENTS; i++) {
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
	ck_assert_uint_eq(seats.pool[0].line.first | seats.pool[0].line.last, 0);
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
	Suite *suite = suite_create("queue");
	TCase *tc = tcase_create("queue");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, farm_close);
	tcase_add_test(tc, places_are_given_in_the_order_of_coming);
	tcase_add_test(tc, who_comes_new_does_not_pass);
	tcase_add_test(tc, a_queue_has_an_end);
	tcase_add_test(tc, who_leaves_is_not_served);
	tcase_add_test(tc, who_leaves_gives_its_place_on);
	tcase_add_test(tc, who_wants_one_waits_for_that_one);
	tcase_add_test(tc, who_wants_one_that_has_gone_takes_another);
	tcase_add_test(tc, the_first_is_served_first_whatever_it_wants);
	tcase_add_test(tc, who_gives_a_wish_up_keeps_its_turn);
	tcase_add_test(tc, backups_are_not_for_those_that_wait);
	tcase_add_test(tc, without_primaries_backups_serve_the_queue);
	tcase_add_test(tc, a_turn_that_comes_early_is_not_lost);
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
