/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues: places are given in the order of coming, each to one. */
/* links: shm net http conf base */
#include "crew.h"
#include "waiters.h"

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

START_TEST(who_comes_new_for_one_does_not_pass_either)
{
	const struct conf_backend *b;

	only_the_first();
	struct conn *a = take(), *first = wait_for(NULL);
	struct conn *c = farm_row(CONN_CLIENT);

	farm[0].max_connections = 2; /* a place that nobody has given */
	farm_refresh();
	ck_assert_int_eq(pick_wanting(c, &farm[0], &b), PICK_QUEUED);
	check_turn_of(first, 0);
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

/* Nobody has looked yet: its place is of no use to who waits for it. */
START_TEST(a_place_that_has_gone_down_is_not_passed_on)
{
	struct conn *a = take(), *b = take(), *c = wait_for(&farm[1]);

	only_the_first();
	let_go(b);
	ck_assert_uint_eq(c->holds, 0);
	ck_assert_uint_eq(length(), 1);
	let_go(a);
	check_turn_of(c, 0);
	farm_check_sums(1, 0);
}
END_TEST

static enum pick_result pick_again(struct conn *c, uint16_t tried)
{
	struct pick p = {.pool = &farm_pool[0], .tried = &tried, .ntried = 1,
	    .may_wait = true, .again = true};
	const struct conf_backend *b;
	struct conn *peer;

	return seat_pick(c, &p, &b, &peer);
}

static struct conn *wait_again(uint16_t tried)
{
	struct conn *c = farm_row(CONN_CLIENT);

	ck_assert_int_eq(pick_again(c, tried), PICK_QUEUED);
	ck_assert(park(c));
	return c;
}

START_TEST(who_was_failed_by_one_waits_for_another)
{
	struct conn *a = take(), *b = take(); /* in turn: both backends */
	struct conn *c = wait_again(1), *d = wait_for(NULL);

	let_go(b);
	check_turn_of(d, 1);
	let_go(d);
	ck_assert_uint_eq(c->holds, 0);
	queue_serve(&farm_pool[0]);
	ck_assert_uint_eq(c->holds, 0);
	struct conn *e = take(); /* that place is of no use to c */
	ck_assert_uint_eq(e->holds, 2);
	let_go(a);
	check_turn_of(c, 0);
	farm_check_sums(2, 0);
}
END_TEST

START_TEST(who_was_failed_by_all_takes_what_there_is)
{
	struct conn *a = take(), *b = take(), *c = wait_again(0);

	only_the_first();
	let_go(b);
	ck_assert_uint_eq(c->holds, 0);
	let_go(a);
	queue_serve(&farm_pool[0]);
	check_turn_of(c, 0);
	farm_check_sums(1, 0);
}
END_TEST

/* It has been let in already. */
START_TEST(who_was_failed_waits_also_if_the_queue_is_full)
{
	farm_pool[0].queue.length = 1;
	struct conn *a = take(), *b = take(), *c = wait_for(NULL);
	struct conn *d = wait_again(1), *e = farm_row(CONN_CLIENT);

	ck_assert_int_eq(pick(e), PICK_FULL);
	ck_assert_uint_eq(length(), 2);
	let_go(a);
	check_turn_of(c, 0);
	let_go(b);
	let_go(c);
	check_turn_of(d, 0);
	farm_pool[0].queue.length = 0;
	ck_assert_int_eq(pick_again(e, 1), PICK_FULL);
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

int main(void)
{
	Suite *suite = suite_create("queue");
	TCase *tc = tcase_create("queue");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, open_places, farm_close);
	tcase_add_test(tc, places_are_given_in_the_order_of_coming);
	tcase_add_test(tc, who_comes_new_does_not_pass);
	tcase_add_test(tc, who_comes_new_for_one_does_not_pass_either);
	tcase_add_test(tc, a_queue_has_an_end);
	tcase_add_test(tc, who_leaves_is_not_served);
	tcase_add_test(tc, who_leaves_gives_its_place_on);
	tcase_add_test(tc, who_wants_one_waits_for_that_one);
	tcase_add_test(tc, who_wants_one_that_has_gone_takes_another);
	tcase_add_test(tc, a_place_that_has_gone_down_is_not_passed_on);
	tcase_add_test(tc, who_was_failed_by_one_waits_for_another);
	tcase_add_test(tc, who_was_failed_by_all_takes_what_there_is);
	tcase_add_test(tc, who_was_failed_waits_also_if_the_queue_is_full);
	tcase_add_test(tc, the_first_is_served_first_whatever_it_wants);
	tcase_add_test(tc, who_gives_a_wish_up_keeps_its_turn);
	tcase_add_test(tc, backups_are_not_for_those_that_wait);
	tcase_add_test(tc, without_primaries_backups_serve_the_queue);
	tcase_add_test(tc, a_turn_that_comes_early_is_not_lost);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
