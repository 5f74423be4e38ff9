/* SPDX-License-Identifier: BSD-2-Clause */
/* The board: rows by name, states, weights, passive checks, figures. */
/* links: shm net http conf base */
#include "crew.h" /* pthread_create: tsan runs this test */
#include "farm.h"

#define NOW 1000000
#define EJECT 1000
#define WINDOW 5000

static void setup(void)
{
	farm_plan(1, 4);
	farm_pool[0].passive.failures = 3;
	farm_pool[0].passive.window = WINDOW;
	farm_pool[0].passive.eject = EJECT;
	farm_pool[0].passive.max_ejected = 50;
	farm_open(MASTER);
}

/* ---- Rows ---- */

START_TEST(a_name_keeps_its_row_while_it_is_used)
{
	bool fresh;
	unsigned row = board_claim("app/x", &fresh);

	ck_assert(fresh);
	board.rows[row].weight = 7;
	ck_assert_uint_eq(board_claim("app/x", &fresh), row);
	ck_assert(!fresh);
	board_drop(row);
	ck_assert_uint_eq(board_claim("app/x", &fresh), row);
	ck_assert(!fresh);
	ck_assert_uint_eq(board.rows[row].weight, 7);
	board_drop(row);
	board_drop(row);
	unsigned again = board_claim("app/x", &fresh);
	ck_assert(fresh);
	ck_assert_uint_eq(board.rows[again].weight, 0);
	ck_assert_str_eq(board.rows[again].name, "app/x");
}
END_TEST

START_TEST(another_server_gets_a_row_of_its_own)
{
	bool fresh;
	unsigned old = board_claim("app/x", &fresh);

	board.rows[old].order = ORDER_DRAIN;
	board.rows[old].attempts = 9;
	board.rows[old].health = HEALTH_DOWN;
	ck_assert_uint_eq(board_claim("app/x", &fresh), old);
	unsigned anew = board_renew(old);
	ck_assert_uint_ne(anew, old);
	ck_assert_uint_eq(board.rows[old].health, HEALTH_DOWN);
	ck_assert_uint_eq(board.rows[anew].health, HEALTH_UNKNOWN);
	ck_assert_uint_eq(board.rows[anew].order, ORDER_DRAIN);
	ck_assert_uint_eq(board.rows[anew].attempts, 9);
	ck_assert_uint_eq(board_claim("app/x", &fresh), anew);
	board_drop(anew);
	board_drop(anew);
	ck_assert_uint_eq(board_claim("app/x", &fresh), old);
	ck_assert(!fresh);
}
END_TEST

START_TEST(rows_are_used_again_and_run_out)
{
	char name[32];
	bool fresh;

	for (unsigned i = 4; i < BOARD_ROWS; i++) {
		snprintf(name, sizeof name, "many/%u", i);
		ck_assert_uint_eq(board_claim(name, &fresh), i);
	}
	ck_assert_uint_eq(board_claim("more/a", &fresh), BOARD_NONE);
	board_drop(77);
	ck_assert_uint_eq(board_claim("more/a", &fresh), 77);
	ck_assert_uint_eq(board_claim("many/77", &fresh), BOARD_NONE);
	ck_assert_uint_eq(board_claim("many/78", &fresh), 78);
	ck_assert(!fresh);
	ck_assert_uint_eq(board_claim("app/b2", &fresh), 2);
}
END_TEST

/* ---- States and weights ---- */

static void check_state(enum board_state wanted)
{
	ck_assert_str_eq(board_state_name(board_state(&farm[0], NOW)),
	    board_state_name(wanted));
}

START_TEST(orders_win_over_the_file)
{
	struct board_row *row = board_of(&farm[0]);

	check_state(BOARD_UP);
	farm[0].state = CONF_DRAIN;
	check_state(BOARD_DRAINING);
	row->order = ORDER_UP;
	check_state(BOARD_UP);
	row->order = ORDER_DOWN;
	check_state(BOARD_DOWN);
	row->order = ORDER_NONE;
	farm[0].state = CONF_DOWN;
	check_state(BOARD_DOWN);
	row->order = ORDER_DRAIN;
	check_state(BOARD_DRAINING);
	row->order = 99; /* of a stranger */
	check_state(BOARD_DOWN);
}
END_TEST

START_TEST(health_decides_unless_it_was_taken_out)
{
	struct board_row *row = board_of(&farm[0]);

	board_set_health(&farm[0], HEALTH_DOWN, "connect: refused");
	check_state(BOARD_DOWN);
	ck_assert_str_eq(row->why, "connect: refused");
	ck_assert_uint_eq(row->changed, 1);
	ck_assert_uint_eq(row->up_at, 0);
	row->order = ORDER_DRAIN;
	check_state(BOARD_DOWN);
	board_set_health(&farm[0], HEALTH_UP, "2 good checks");
	ck_assert_uint_ne(row->up_at, 0);
	check_state(BOARD_DRAINING);
	row->order = ORDER_NONE;
	check_state(BOARD_UP);
	row->ejected_until = NOW + 1;
	check_state(BOARD_EJECTED);
	row->ejected_until = NOW;
	check_state(BOARD_UP);
	board_set_health(&farm[0], HEALTH_DRAIN, "status 404");
	check_state(BOARD_DRAINING);
}
END_TEST

START_TEST(names_have_addresses_or_none)
{
	struct addr a, b;

	farm[0].lookup = slice_str("app.internal");
	ck_assert_ptr_null(addr_parse(slice_str("127.0.0.1:80"), 0, &a));
	check_state(BOARD_NO_ADDRESS);
	ck_assert(!board_address(&farm[0], &b));
	board_set_address(&farm[0], &a);
	check_state(BOARD_UP);
	ck_assert(board_address(&farm[0], &b));
	ck_assert(addr_eq(&a, &b));
	board_of(&farm[0])->version |= 1; /* who wrote has died in it */
	ck_assert(!board_address(&farm[0], &b));
	board_set_address(&farm[0], NULL);
	check_state(BOARD_NO_ADDRESS);
	farm[1].address = a;
	ck_assert(board_address(&farm[1], &b));
	ck_assert(addr_eq(&a, &b));
}
END_TEST

static struct addr addresses[2];

static void change_address(void)
{
	for (unsigned i = 0; !atomic_load(&finish); i++) {
		board_set_address(&farm[0], &addresses[i % 2]);
		if (i % 8 == 0) /* that somebody can read it */
			clock_sleep_us(10);
	}
}

START_TEST(addresses_are_never_torn)
{
	struct member writer;
	struct addr a;
	unsigned seen = 0;

	farm[0].lookup = slice_str("app.internal");
	addr_parse(slice_str("1.2.3.4:1111"), 0, &addresses[0]);
	addr_parse(slice_str("[99::99]:2222"), 0, &addresses[1]);
	member_start(&writer, HELPER, change_address);
	for (unsigned i = 0; i < 2000 || (!seen && i < 1000000); i++) {
		if (!board_address(&farm[0], &a))
			continue;
		seen++;
		ck_assert(addr_eq(&a, &addresses[0])
		    || addr_eq(&a, &addresses[1]));
	}
	atomic_store(&finish, true);
	member_join(&writer);
	ck_assert_uint_gt(seen, 0);
}
END_TEST

START_TEST(weights_are_ordered_or_learnt)
{
	struct board_row *row = board_of(&farm[0]);

	farm[0].weight = 5;
	row->srv_weight = 9;
	ck_assert_uint_eq(board_weight(&farm[0]), 5);
	farm[0].srv = true;
	ck_assert_uint_eq(board_weight(&farm[0]), 9);
	row->weight = 1;
	ck_assert_uint_eq(board_weight(&farm[0]), 0);
	ck_assert_uint_eq(board_left(&farm_pool[0], NOW), 3);
	row->weight = UINT32_MAX; /* of a stranger */
	ck_assert_uint_eq(board_weight(&farm[0]), 256);
}
END_TEST

START_TEST(slow_start_grows)
{
	struct board_row *row = board_of(&farm[0]);

	farm_pool[0].slow_start = 10000;
	farm[0].weight = 10;
	farm[0].max_connections = 50;
	ck_assert(!seats_refresh(&farm[0], NOW));
	ck_assert_uint_eq(seats.share[0], 2560);
	ck_assert_uint_eq(seats.limit[0], 50);
	ck_assert_uint_eq(seats.limit[1], UINT32_MAX);
	row->up_at = NOW;
	ck_assert(seats_refresh(&farm[0], NOW));
	ck_assert_uint_eq(seats.share[0], 25);
	ck_assert_uint_eq(seats.limit[0], 1);
	ck_assert(seats_refresh(&farm[0], NOW + 5000));
	ck_assert_uint_eq(seats.share[0], 1280);
	ck_assert_uint_eq(seats.limit[0], 25);
	ck_assert(!seats_refresh(&farm[0], NOW + 10000));
	ck_assert_uint_eq(seats.share[0], 2560);
	row->order = ORDER_DRAIN;
	seats_refresh(&farm[0], NOW + 10000);
	ck_assert_uint_eq(seats.share[0], 0);
	ck_assert_uint_eq(seats.limit[0], 50);
}
END_TEST

START_TEST(slow_start_is_for_those_who_have_others_beside_them)
{
	farm_pool[0].nbackends = 1;
	farm_pool[0].slow_start = 10000;
	farm[0].max_connections = 50;
	board_of(&farm[0])->up_at = NOW;
	ck_assert(!seats_refresh(&farm[0], NOW));
	ck_assert_uint_eq(seats.share[0], 256);
	ck_assert_uint_eq(seats.limit[0], 50);
}
END_TEST

static void check_limit(uint32_t limit)
{
	ck_assert(seats_refresh(&farm[0], NOW));
	ck_assert_uint_eq(seats.limit[0], limit);
}

/* Its first clients would get 503 because it has just come up. */
START_TEST(who_cannot_be_spared_starts_with_all_places)
{
	farm_pool[0].slow_start = 10000;
	farm[0].max_connections = 50;
	board_of(&farm[0])->up_at = NOW - 1000;
	ck_assert_uint_eq(seats_started(&farm[0], NOW), 10);
	ck_assert_uint_eq(seats_started(&farm[1], NOW), 100);
	check_limit(5);
	for (unsigned i = 1; i < farm_pool[0].nbackends; i++)
		board_of(&farm[i])->health = HEALTH_DOWN;
	check_limit(50);
	ck_assert_uint_eq(seats.share[0], 25);
	board_of(&farm[1])->health = HEALTH_UP;
	check_limit(5);
	board_of(&farm[1])->up_at = NOW - 2000; /* it comes up, too */
	check_limit(50);
	board_of(&farm[1])->up_at = NOW - 10000;
	check_limit(5);
	farm[1].weight = 0;
	check_limit(50);
	farm[1].weight = 1;
	farm[1].backup = true;
	check_limit(50);
	farm[0].backup = true;
	check_limit(5);
}
END_TEST

/* Under an order checks change nothing, so they are not its reason. */
START_TEST(an_order_stays_the_reason)
{
	struct board_row *row = board_of(&farm[0]);

	row->order = ORDER_DOWN;
	board_say_why(&farm[0], "ordered");
	board_set_health(&farm[0], HEALTH_DOWN, "connect: refused");
	board_set_health(&farm[0], HEALTH_UP, "2 good checks");
	ck_assert_str_eq(row->why, "ordered");
	ck_assert_uint_ne(row->up_at, 0);
	row->order = ORDER_DRAIN;
	board_set_health(&farm[0], HEALTH_DOWN, "connect: refused");
	ck_assert_str_eq(row->why, "connect: refused");
}
END_TEST

/* ---- Passive checks ---- */

static bool fails(unsigned b, uint64_t now)
{
	return board_failure(&farm[b], now, false, "reset");
}

static uint64_t ejected_until(unsigned b)
{
	return board_of(&farm[b])->ejected_until;
}

START_TEST(failures_in_a_row_eject)
{
	ck_assert(!fails(0, NOW));
	ck_assert(!fails(0, NOW));
	board_success(&farm[0]);
	ck_assert(!fails(0, NOW));
	ck_assert(!fails(0, NOW));
	ck_assert(!fails(1, NOW));
	ck_assert(fails(0, NOW + 1));
	ck_assert_uint_eq(ejected_until(0), NOW + 1 + EJECT);
	check_state(BOARD_EJECTED);
	ck_assert_str_eq(board_of(&farm[0])->why, "ejected: reset");
	ck_assert(!fails(0, NOW + 2));
	ck_assert_uint_eq(ejected_until(0), NOW + 1 + EJECT);
}
END_TEST

START_TEST(who_cannot_be_ejected_gets_the_least)
{
	for (unsigned i = 0; i < 9; i++)
		fails(i % 3, NOW);
	ck_assert_uint_eq(ejected_until(0), NOW + EJECT);
	ck_assert_uint_eq(ejected_until(1), NOW + EJECT);
	ck_assert_uint_eq(ejected_until(2), 0);
	ck_assert(seats_refresh(&farm[2], NOW));
	ck_assert_uint_eq(seats.share[2], 1);
	board_success(&farm[2]);
	ck_assert(!seats_refresh(&farm[2], NOW));
	ck_assert_uint_eq(seats.share[2], 256 * farm[2].weight);
}
END_TEST

/* By connections or by time it might never be asked again. */
START_TEST(who_has_failed_long_ago_is_asked_again)
{
	for (unsigned i = 0; i < 9; i++)
		fails(i % 3, NOW);
	ck_assert(seats_refresh(&farm[2], NOW + WINDOW));
	ck_assert_uint_eq(seats.share[2], 1);
	ck_assert(!seats_refresh(&farm[2], NOW + WINDOW + 1));
	ck_assert_uint_eq(seats.share[2], 256);
	ck_assert(!fails(2, NOW + WINDOW + 1));
	ck_assert(!seats_refresh(&farm[2], NOW + WINDOW + 1));
}
END_TEST

START_TEST(old_failures_do_not_count)
{
	ck_assert(!fails(0, NOW));
	ck_assert(!fails(0, NOW + 10));
	ck_assert(!fails(0, NOW + WINDOW + 1));
	ck_assert(!fails(0, NOW + WINDOW + 2));
	ck_assert(fails(0, NOW + WINDOW + 3));
}
END_TEST

START_TEST(ejections_grow_until_a_success)
{
	uint64_t now = NOW;

	fails(0, now);
	fails(0, now);
	for (unsigned i = 1; i <= 12; i++) {
		ck_assert(fails(0, now));
		ck_assert_uint_eq(ejected_until(0), now
		    + EJECT * (i < 10 ? i : 10));
		now = ejected_until(0);
	}
	/* the clock is far behind these: nothing is ejected by it */
	board_of(&farm[0])->ejected_until = 0;
	board_success(&farm[0]);
	ck_assert(!fails(0, now));
	ck_assert(!fails(0, now));
	ck_assert(fails(0, now));
	ck_assert_uint_eq(ejected_until(0), now + EJECT);
}
END_TEST

START_TEST(what_was_under_way_proves_nothing)
{
	uint64_t now = clock_ms();

	fails(0, now);
	fails(0, now);
	ck_assert(fails(0, now));
	board_success(&farm[0]);
	ck_assert_uint_eq(board_of(&farm[0])->ejections, 1);
	board_of(&farm[0])->ejected_until = 0;
	board_success(&farm[0]);
	ck_assert_uint_eq(board_of(&farm[0])->ejections, 0);
	ck_assert_uint_eq(board_of(&farm[0])->failures, 0);
}
END_TEST

static bool eject(unsigned b)
{
	for (unsigned i = 0; i < 5; i++)
		if (fails(b, NOW))
			return true;
	return false;
}

START_TEST(some_are_always_left)
{
	ck_assert(eject(0));
	ck_assert(eject(1));
	ck_assert(!eject(2));
	ck_assert(fails(2, NOW + EJECT)); /* the others are back */
	farm_pool[0].passive.max_ejected = 49;
	farm_pool[0].nbackends = 1;
	ck_assert(!eject(3));
	farm_pool[0].passive.failures = 0;
	ck_assert(!eject(3));
}
END_TEST

/* Of four members two have addresses: one of them may go. */
START_TEST(members_without_address_are_not_left)
{
	struct addr a;

	addr_parse(slice_str("127.0.0.1:80"), 0, &a);
	for (unsigned i = 0; i < 4; i++)
		farm[i].lookup = slice_str("app.internal");
	board_set_address(&farm[0], &a);
	board_set_address(&farm[1], &a);
	ck_assert(eject(0));
	ck_assert(!eject(1));
}
END_TEST

/* ---- Figures ---- */

START_TEST(latencies_are_averaged_and_counted)
{
	struct board_row *row = board_of(&farm[0]);

	ck_assert_uint_eq(board_percentile(row, 50), 0);
	board_latency(&farm[0], 8000);
	ck_assert_uint_eq(row->latency, 8000);
	board_latency(&farm[0], 0);
	ck_assert_uint_eq(row->latency, 7000);
	ck_assert_uint_eq(seats.latency[0], 7000);
	for (unsigned i = 0; i < 90; i++)
		board_latency(&farm[0], 1000);
	for (unsigned i = 0; i < 8; i++)
		board_latency(&farm[0], UINT64_MAX);
	uint64_t half = board_percentile(row, 50);
	ck_assert_uint_ge(half, 1000);
	ck_assert_uint_le(half, 1024);
	ck_assert_uint_ge(board_percentile(row, 95), 1u << 30);
	ck_assert_uint_le(board_percentile(row, 1), 1);
}
END_TEST

START_TEST(budgets_are_earned_and_spent)
{
	struct conf_pool *p = &farm_pool[0];

	ck_assert(!budget_spend(p));
	budget_lift(p);
	ck_assert(!budget_spend(p)); /* 0: none at all */
	p->retry.budget = 20;
	budget_lift(p);
	for (unsigned i = 0; i < 3; i++)
		ck_assert(budget_spend(p));
	ck_assert(!budget_spend(p));
	for (unsigned i = 0; i < 4; i++)
		budget_earn(p);
	ck_assert(!budget_spend(p));
	budget_earn(p);
	ck_assert(budget_spend(p));
	ck_assert(!budget_spend(p));
	for (unsigned i = 0; i < 10000; i++)
		budget_earn(p);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert(budget_spend(p));
	ck_assert(!budget_spend(p));
}
END_TEST

START_TEST(cookies_name_backends)
{
	char value[17], other[17];

	sticky_value(&farm[1], value);
	sticky_value(&farm[2], other);
	ck_assert_str_ne(value, other);
	ck_assert_ptr_eq(sticky_find(&farm_pool[0], slice_str(value)),
	    &farm[1]);
	ck_assert_ptr_eq(sticky_find(&farm_pool[0], slice_str(other)),
	    &farm[2]);
	ck_assert_ptr_null(sticky_find(&farm_pool[0], slice_make(value, 15)));
	ck_assert_ptr_null(sticky_find(&farm_pool[0], slice_str("")));
	value[3] = value[3] == 'a' ? 'b' : 'a';
	ck_assert_ptr_null(sticky_find(&farm_pool[0], slice_str(value)));
	value[3] = 'G';
	ck_assert_ptr_null(sticky_find(&farm_pool[0], slice_str(value)));
}
END_TEST

/* The same for all masters that share one, another one with another. */
START_TEST(secrets_decide_on_cookies)
{
	char first[17], own[17];

	sticky_value(&farm[0], own);
	for (unsigned i = 0; i < 3; i++) {
		seats_free(&seats);
		farm_pool[0].sticky.secret = slice_str(i < 2
		    ? "0123456789abcdef" : "0123456789abcdeF");
		ck_assert(seats_create(&seats, &farm_conf, farm_rows()));
		char now[17];
		sticky_value(&farm[0], now);
		ck_assert_str_ne(now, own);
		if (i == 0)
			memcpy(first, now, sizeof now);
		ck_assert_int_eq(strcmp(now, first) == 0, i < 2);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("board");
	TCase *tc = tcase_create("board");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, farm_close);
	tcase_add_test(tc, a_name_keeps_its_row_while_it_is_used);
	tcase_add_test(tc, another_server_gets_a_row_of_its_own);
	tcase_add_test(tc, rows_are_used_again_and_run_out);
	tcase_add_test(tc, orders_win_over_the_file);
	tcase_add_test(tc, health_decides_unless_it_was_taken_out);
	tcase_add_test(tc, names_have_addresses_or_none);
	tcase_add_test(tc, addresses_are_never_torn);
	tcase_add_test(tc, weights_are_ordered_or_learnt);
	tcase_add_test(tc, slow_start_grows);
	tcase_add_test(tc,
	    slow_start_is_for_those_who_have_others_beside_them);
	tcase_add_test(tc, who_cannot_be_spared_starts_with_all_places);
	tcase_add_test(tc, an_order_stays_the_reason);
	tcase_add_test(tc, failures_in_a_row_eject);
	tcase_add_test(tc, who_has_failed_long_ago_is_asked_again);
	tcase_add_test(tc, who_cannot_be_ejected_gets_the_least);
	tcase_add_test(tc, old_failures_do_not_count);
	tcase_add_test(tc, ejections_grow_until_a_success);
	tcase_add_test(tc, what_was_under_way_proves_nothing);
	tcase_add_test(tc, some_are_always_left);
	tcase_add_test(tc, members_without_address_are_not_left);
	tcase_add_test(tc, latencies_are_averaged_and_counted);
	tcase_add_test(tc, budgets_are_earned_and_spent);
	tcase_add_test(tc, cookies_name_backends);
	tcase_add_test(tc, secrets_decide_on_cookies);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
