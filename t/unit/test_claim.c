/* SPDX-License-Identifier: BSD-2-Clause */
/* Claims: what a row keeps over a reload, and what it does not. */
/* links: master shm net http conf base */
#include <check.h>
#include <stdlib.h>

#include "base/log.h"
#include "master/claim.h"
#include "shm/board.h"

static struct conf_backend backend[2];
static struct conf_pool pool = {.name = "app", .backends = backend,
	.nbackends = 2, .health.on = true};
static struct conf conf = {.pools = &pool, .npools = 1, .nbackends = 2};
static uint16_t *before;

static void keep_quiet(enum log_level level, const char *line, size_t n)
{
	ck_assert_int_eq(level, LOG_LEVEL_ERR);
	ck_assert_uint_gt(n, 0);
	ck_assert_ptr_nonnull(line);
}

static void set_backend(unsigned i, const char *name, const char *address)
{
	backend[i] = (struct conf_backend){.name = name, .pool_name = "app",
	    .index = i, .weight = 1};
	ck_assert_ptr_null(addr_parse(slice_str(address), 80,
	    &backend[i].address));
}

static void setup(void)
{
	ck_assert(board_create());
	set_backend(0, "a", "127.0.0.1:81");
	set_backend(1, "b", "127.0.0.1:82");
	before = claim_rows(&conf);
	ck_assert_ptr_nonnull(before);
	log_to(keep_quiet);
}

static void teardown(void)
{
	log_to(NULL);
	area_close(&board.area);
}

/* What a family may have written. Orders are laid on it from elsewhere. */
static struct board_row *write_on(unsigned i)
{
	struct board_row *row = &board.rows[before[i]];

	row->health = HEALTH_DOWN;
	row->failures = 3;
	row->ejections = 2;
	row->ejected_until = UINT64_MAX;
	row->latency = 1234;
	row->attempts = 99;
	return row;
}

/* The new generation's rows; the old one's are given back. */
static void reload(void)
{
	uint16_t *now = claim_rows(&conf);

	ck_assert_ptr_nonnull(now);
	claim_settle(&conf, now);
	claim_drop(&conf, before);
	free(before);
	before = now;
}

START_TEST(a_reload_keeps_what_was_learnt)
{
	struct board_row *row = write_on(0);

	reload();
	ck_assert_uint_eq(row->health, HEALTH_DOWN);
	ck_assert_uint_eq(row->failures, 3);
	ck_assert_uint_eq(row->ejections, 2);
	ck_assert_uint_eq(row->latency, 1234);
	ck_assert_uint_eq(row->attempts, 99);
}
END_TEST

START_TEST(another_address_is_another_server)
{
	struct board_row *row = write_on(0), *other = write_on(1);

	set_backend(0, "a", "127.0.0.1:99");
	reload();
	/* an older family goes on with what it knows of the other one */
	ck_assert_uint_eq(row->health, HEALTH_DOWN);
	row = &board.rows[before[0]];
	ck_assert_uint_eq(row->attempts, 99);
	ck_assert_uint_eq(row->health, HEALTH_UNKNOWN);
	ck_assert_uint_eq(row->failures, 0);
	ck_assert_uint_eq(row->ejections, 0);
	ck_assert_uint_eq(row->ejected_until, 0);
	ck_assert_uint_eq(row->latency, 0);
	ck_assert_uint_eq(other->health, HEALTH_DOWN);
	write_on(0);
	reload();
	ck_assert_uint_eq(row->health, HEALTH_DOWN);
}
END_TEST

START_TEST(another_name_to_look_up_is_another_server)
{
	struct board_row *row = write_on(0);

	backend[0].address.len = 0;
	backend[0].lookup = slice_str("one.test");
	backend[0].port = 80;
	reload();
	ck_assert_uint_eq(row->health, HEALTH_DOWN);
	row = write_on(0);
	row->has_address = 1;
	reload();
	ck_assert_ptr_eq(row, &board.rows[before[0]]);
	ck_assert_uint_eq(row->has_address, 1);
	backend[0].port = 8080;
	reload();
	ck_assert_uint_eq(board.rows[before[0]].has_address, 0);
}
END_TEST

START_TEST(without_checks_health_is_not_known)
{
	struct board_row *row = write_on(0);

	pool.health.on = false;
	reload();
	ck_assert_uint_eq(row->health, HEALTH_UNKNOWN);
	ck_assert_uint_eq(row->failures, 3);
}
END_TEST

START_TEST(who_comes_back_later_is_new)
{
	const struct board_row *row = write_on(1);
	uint16_t *now;

	conf.nbackends = pool.nbackends = 1;
	now = claim_rows(&conf);
	ck_assert_ptr_nonnull(now);
	conf.nbackends = 2;
	claim_drop(&conf, before);
	free(before);
	pool.nbackends = 2;
	before = claim_rows(&conf);
	ck_assert_ptr_nonnull(before);
	ck_assert_uint_eq(before[0], now[0]);
	row = &board.rows[before[1]];
	ck_assert_uint_eq(row->attempts, 0);
	ck_assert_str_eq(row->name, "app/b");
	free(now);
}
END_TEST

START_TEST(without_rows_nothing_is_claimed)
{
	char name[32];
	bool fresh;
	unsigned i;

	for (i = 0; i < BOARD_ROWS; i++) {
		snprintf(name, sizeof name, "other/%u", i);
		if (board_claim(name, &fresh) == BOARD_NONE)
			break;
	}
	ck_assert_uint_eq(i, BOARD_ROWS - 2);
	set_backend(1, "c", "127.0.0.1:83");
	ck_assert_ptr_null(claim_rows(&conf));
	/* what it had claimed before it failed was given back */
	set_backend(1, "b", "127.0.0.1:82");
	claim_drop(&conf, before);
	ck_assert_uint_ne(board_claim("more/a", &fresh), BOARD_NONE);
	ck_assert_uint_ne(board_claim("more/b", &fresh), BOARD_NONE);
	ck_assert_uint_eq(board_claim("more/c", &fresh), BOARD_NONE);
	free(before);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("claim");
	TCase *tc = tcase_create("claim");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_reload_keeps_what_was_learnt);
	tcase_add_test(tc, another_address_is_another_server);
	tcase_add_test(tc, another_name_to_look_up_is_another_server);
	tcase_add_test(tc, without_checks_health_is_not_known);
	tcase_add_test(tc, who_comes_back_later_is_new);
	tcase_add_test(tc, without_rows_nothing_is_claimed);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
