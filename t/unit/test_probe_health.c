/* SPDX-License-Identifier: BSD-2-Clause */
/* Rise and fall, ejections, and what the watch makes of them and logs. */
/* links: steward shm net http conf base */
#include <check.h>

#include "base/log.h"
#include "farm.h"
#include "shm/board.h"
#include "steward/health.h"
#include "steward/watch.h"

#define GENERATION 7
#define SLOT 1

static struct health h;
static char said[4096];
static uint64_t now;

static void gather(enum log_level level, const char *line, size_t n)
{
	size_t used = strlen(said);

	ck_assert(level <= LOG_LEVEL_DEBUG);
	ck_assert_uint_lt(used + n + 2, sizeof said);
	memcpy(said + used, line, n);
	strcpy(said + used + n, "\n");
}

static void setup(void)
{
	farm_plan(2, 3);
	farm_pool[0].health.on = true;
	farm_pool[0].health.path = SLICE("/");
	farm_pool[0].health.interval = 2000;
	farm_pool[0].health.interval_down = 8000;
	farm_pool[0].health.rise = 2;
	farm_pool[0].health.fall = 3;
	farm_pool[0].passive.failures = 1;
	farm_pool[0].passive.eject = 30000;
	farm_pool[0].passive.max_ejected = 50;
	farm_pool[0].retry.budget = 20;
	farm_open(SLOT);
	slots.at[SLOT].generation = GENERATION;
	board.head->newest = GENERATION;
	h = (struct health){0};
	now = clock_ms();
	watch_init(&farm_conf);
	watch_look(now);
	said[0] = '\0';
	log_to(gather);
}

static void teardown(void)
{
	log_to(NULL);
	farm_close();
}

static bool note(enum check_result result)
{
	bool some = health_note(&h, &farm_pool[0], &farm[0], result,
	    result == CHECK_GOOD ? "" : "status 404", now);

	if (some)
		watch_changed(&farm_pool[0], &farm[0], now);
	return some;
}

static enum board_state state(void)
{
	return board_state(&farm[0], now);
}

static uint32_t interval(void)
{
	return health_interval(&h, &farm_pool[0], &farm[0], now);
}

/* Takes what was logged. */
static void expect(const char *line)
{
	ck_assert_str_eq(said, line);
	said[0] = '\0';
}

START_TEST(the_first_check_decides)
{
	ck_assert_int_eq(state(), BOARD_UP);
	ck_assert(note(CHECK_BAD));
	ck_assert_int_eq(state(), BOARD_DOWN);
	expect("app/b0 is down: status 404; 2 of 3 are left\n");
}
END_TEST

START_TEST(fall_and_rise)
{
	ck_assert(note(CHECK_GOOD));
	expect("");
	ck_assert_uint_eq(interval(), 2000);
	ck_assert(!note(CHECK_BAD) && !note(CHECK_BAD));
	ck_assert_uint_eq(interval(), 1000);
	ck_assert(!note(CHECK_GOOD));
	ck_assert_uint_eq(interval(), 2000);
	ck_assert(!note(CHECK_BAD) && !note(CHECK_BAD));
	ck_assert_int_eq(state(), BOARD_UP);
	ck_assert(note(CHECK_BAD));
	ck_assert_int_eq(state(), BOARD_DOWN);
	ck_assert_uint_eq(interval(), 8000);
	expect("app/b0 is down: status 404, 3 times; 2 of 3 are left\n");
	ck_assert(!note(CHECK_BAD) && !note(CHECK_GOOD) && !note(CHECK_BAD));
	ck_assert(!note(CHECK_GOOD));
	ck_assert_uint_eq(interval(), 1000);
	ck_assert(note(CHECK_GOOD));
	ck_assert_int_eq(state(), BOARD_UP);
	expect("app/b0 is up: 2 good checks; 3 of 3 are left\n");
}
END_TEST

START_TEST(a_404_drains)
{
	ck_assert(note(CHECK_DRAIN));
	ck_assert_int_eq(state(), BOARD_DRAINING);
	expect("app/b0 is draining: status 404; 2 of 3 are left\n");
	ck_assert(!note(CHECK_DRAIN));
	ck_assert(note(CHECK_GOOD));
	ck_assert_int_eq(state(), BOARD_UP);
	ck_assert(!note(CHECK_BAD) && !note(CHECK_BAD) && note(CHECK_BAD));
	ck_assert(!note(CHECK_DRAIN));
	ck_assert_int_eq(state(), BOARD_DOWN);
	ck_assert(note(CHECK_DRAIN));
	ck_assert_int_eq(state(), BOARD_DRAINING);
}
END_TEST

START_TEST(half_an_interval_has_a_bound)
{
	farm_pool[0].health.interval = 150;
	note(CHECK_GOOD);
	note(CHECK_BAD);
	ck_assert_uint_eq(interval(), 100);
	farm_pool[0].health.interval = 50;
	ck_assert_uint_eq(interval(), 50);
}
END_TEST

static void eject_for(bool unreachable)
{
	note(CHECK_GOOD);
	ck_assert(board_failure(&farm[0], now, unreachable, "timeout"));
	watch_look(now);
	ck_assert_int_eq(state(), BOARD_EJECTED);
	expect(""); /* the worker tells */
}

static void eject(void)
{
	eject_for(true);
}

START_TEST(good_checks_know_nothing_of_requests)
{
	eject_for(false);
	for (int i = 0; i < 10; i++)
		ck_assert(!note(CHECK_GOOD));
	ck_assert_int_eq(state(), BOARD_EJECTED);
	/* but for what they have seen themselves */
	ck_assert(!note(CHECK_BAD) && !note(CHECK_GOOD));
	ck_assert(note(CHECK_GOOD));
	ck_assert_int_eq(state(), BOARD_UP);
}
END_TEST

START_TEST(good_checks_end_an_ejection)
{
	eject();
	ck_assert_uint_eq(interval(), 1000);
	ck_assert(!note(CHECK_GOOD) && !note(CHECK_BAD) && !note(CHECK_GOOD));
	ck_assert(note(CHECK_GOOD));
	ck_assert_int_eq(state(), BOARD_UP);
	expect("app/b0 is back before its time: 2 good checks; "
	    "3 of 3 are left\n");
	ck_assert_uint_eq(board_of(&farm[0])->up_at, now);
	/* what was good before it is not counted for the next one */
	eject();
	ck_assert(!note(CHECK_GOOD));
	ck_assert_int_eq(state(), BOARD_EJECTED);
}
END_TEST

START_TEST(a_connection_ends_no_ejection)
{
	farm_pool[0].health.path.n = 0;
	eject();
	for (int i = 0; i < 10; i++)
		ck_assert(!note(CHECK_GOOD));
	ck_assert_int_eq(state(), BOARD_EJECTED);
}
END_TEST

START_TEST(time_ends_an_ejection)
{
	eject();
	now += 29990;
	watch_look(now);
	expect("");
	ck_assert_uint_ne(board_of(&farm[0])->ejected_until, 0);
	now += 20;
	watch_look(now);
	expect("app/b0 is back after its ejection of 30 s; "
	    "3 of 3 are left\n");
	ck_assert_uint_eq(board_of(&farm[0])->ejected_until, 0);
	ck_assert_uint_eq(board_of(&farm[0])->up_at, now);
}
END_TEST

START_TEST(orders_are_told)
{
	board_of(&farm[0])->order = ORDER_DRAIN;
	watch_look(now);
	expect("app/b0 is draining: ordered; 2 of 3 are left\n");
	ck_assert_str_eq(board_of(&farm[0])->why, "ordered");
	board_of(&farm[0])->order = ORDER_DOWN;
	watch_look(now);
	expect("app/b0 is down: ordered; 2 of 3 are left\n");
	ck_assert_uint_eq(board_of(&farm[0])->up_at, 0);
	board_of(&farm[0])->order = ORDER_NONE;
	watch_look(now);
	expect("app/b0 is up: ordered; 3 of 3 are left\n");
	ck_assert_uint_eq(board_of(&farm[0])->up_at, now);
}
END_TEST

START_TEST(vain_orders_are_told)
{
	board_of(&farm[0])->order = ORDER_DOWN;
	watch_look(now);
	said[0] = '\0';
	ck_assert(note(CHECK_BAD));
	watch_look(now);
	expect("");
	ck_assert_str_eq(board_of(&farm[0])->why, "ordered");
	board_of(&farm[0])->order = ORDER_NONE;
	watch_look(now);
	expect("app/b0 is down: enabled, but its checks fail; "
	    "2 of 3 are left\n");
	ck_assert_str_eq(board_of(&farm[0])->why,
	    "enabled, but its checks fail");
	board_of(&farm[0])->order = ORDER_DRAIN;
	watch_look(now);
	expect("");
	ck_assert_str_eq(board_of(&farm[0])->why, "ordered");
}
END_TEST

/* After a restart, that is, or by the file. */
START_TEST(what_was_ordered_before_is_known)
{
	board_of(&farm[0])->order = ORDER_DRAIN;
	farm[1].state = CONF_DOWN;
	farm[2].state = CONF_DOWN;
	board_of(&farm[2])->order = ORDER_UP;
	watch_init(&farm_conf);
	watch_look(now);
	expect("app/b1 is down: the file says so; 1 of 3 are left\n");
	ck_assert_str_eq(board_of(&farm[0])->why, "ordered");
	ck_assert_str_eq(board_of(&farm[1])->why, "the file says so");
	ck_assert_str_eq(board_of(&farm[2])->why, "");
	ck_assert_uint_eq(board_of(&farm[2])->since, 0);
}
END_TEST

START_TEST(who_has_the_requests_is_told)
{
	struct conf_pool *other = &farm_pool[1];

	farm[1].backup = farm[2].backup = true;
	board_of(&farm[0])->order = ORDER_DOWN;
	watch_look(now);
	expect("app/b0 is down: ordered; 0 of 1 are left, and 2 of 2 "
	    "backups: they get the requests\n");
	board_of(&farm[2])->order = ORDER_DOWN;
	watch_look(now);
	expect("app/b2 is down: ordered; 0 of 1 are left, and 1 of 2 "
	    "backups: they get the requests\n");
	board_of(&farm[1])->order = ORDER_DOWN;
	watch_look(now);
	expect("app/b1 is down: ordered; 0 of 1 are left, and 0 of 2 "
	    "backups: requests get 503\n");
	other->name = "sorry";
	farm_pool[0].fallback = other;
	board_of(&farm[1])->order = ORDER_DRAIN;
	watch_look(now);
	expect("app/b1 is draining: ordered; 0 of 1 are left, and 0 of 2 "
	    "backups: requests go to the pool sorry\n");
	for (unsigned i = 3; i < 6; i++)
		farm[i].weight = 0;
	farm_pool[0].try_when_down = true;
	board_of(&farm[1])->order = ORDER_DOWN;
	watch_look(now);
	expect("app/b1 is down: ordered; 0 of 1 are left, and 0 of 2 "
	    "backups: any is tried\n");
	board_of(&farm[0])->order = ORDER_NONE;
	watch_look(now);
	expect("app/b0 is up: ordered; 1 of 1 are left, and 0 of 2 "
	    "backups\n");
}
END_TEST

/* What is known at the first look is no change, and who was never away is
 * given its share at once. */
START_TEST(nothing_is_said_of_the_first_look)
{
	note(CHECK_BAD);
	said[0] = '\0';
	watch_init(&farm_conf);
	watch_look(now);
	watch_look(now + 5000);
	expect("");
	ck_assert_uint_eq(board_of(&farm[1])->up_at, 0);
	ck_assert_uint_gt(seats.share[1], 0);
	ck_assert_uint_eq(seats.share[0], 0);
}
END_TEST

START_TEST(older_families_keep_silent)
{
	board.head->newest = GENERATION + 1;
	board_of(&farm[0])->order = ORDER_DOWN;
	board_of(&farm[1])->ejected_until = now;
	watch_look(now + 10);
	expect("");
	ck_assert_uint_eq(seats.share[0], 0);
	ck_assert_uint_gt(seats.share[1], 0);
	ck_assert_uint_eq(board_of(&farm[1])->ejected_until, now);
}
END_TEST

START_TEST(looks_are_sooner_while_something_moves)
{
	ck_assert_uint_gt(watch_look(now), now + 100);
	farm_pool[0].slow_start = 10000;
	note(CHECK_BAD);
	ck_assert(!note(CHECK_GOOD) && note(CHECK_GOOD));
	now = clock_ms();
	ck_assert_uint_le(watch_look(now), now + 100);
	uint32_t share = seats.share[0];
	ck_assert(share > 0 && share < seats.share[1] / 2);
	now += 5000;
	watch_look(now);
	ck_assert(seats.share[0] > share
	    && seats.share[0] < seats.share[1]);
	now += 5100;
	ck_assert_uint_gt(watch_look(now), now + 100);
	ck_assert_uint_eq(seats.share[0], seats.share[1]);
}
END_TEST

START_TEST(figures_grow_old)
{
	struct board_row *row = board_of(&farm[0]);

	watch_init(&farm_conf);
	watch_look(now);
	row->attempts = 25;
	seats.latency[0] = seats.latency[1] = 8000;
	row->answers[2] = 20;
	row->latencies[12] = 9;
	atomic_store(&seats.pool[0].budget, 0);
	watch_look(now += 2000);
	ck_assert_uint_eq(row->rate, 125);
	ck_assert_uint_eq(seats.latency[0], 8000); /* it has answered */
	ck_assert_uint_eq(seats.latency[1], 7000);
	ck_assert_uint_eq(atomic_load(&seats.pool[0].budget), 300);
	watch_look(now += 1000);
	ck_assert_uint_eq(row->rate, 0);
	ck_assert_uint_eq(seats.latency[0], 7000);
	ck_assert_uint_eq(row->latencies[12], 9);
	watch_look(now += 30000);
	ck_assert_uint_eq(row->latencies[12], 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probe_health");
	TCase *tc = tcase_create("probe_health");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_first_check_decides);
	tcase_add_test(tc, fall_and_rise);
	tcase_add_test(tc, a_404_drains);
	tcase_add_test(tc, half_an_interval_has_a_bound);
	tcase_add_test(tc, good_checks_know_nothing_of_requests);
	tcase_add_test(tc, good_checks_end_an_ejection);
	tcase_add_test(tc, a_connection_ends_no_ejection);
	tcase_add_test(tc, time_ends_an_ejection);
	tcase_add_test(tc, orders_are_told);
	tcase_add_test(tc, vain_orders_are_told);
	tcase_add_test(tc, what_was_ordered_before_is_known);
	tcase_add_test(tc, who_has_the_requests_is_told);
	tcase_add_test(tc, nothing_is_said_of_the_first_look);
	tcase_add_test(tc, older_families_keep_silent);
	tcase_add_test(tc, looks_are_sooner_while_something_moves);
	tcase_add_test(tc, figures_grow_old);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
