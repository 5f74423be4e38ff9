/* SPDX-License-Identifier: BSD-2-Clause */
/* What stored responses may be used for: RFC 9111, 4.2.4, 5.2.1; RFC 5861. */
/* links: http base */
#include <stdlib.h>

#include "heads.h"
#include "http/freshness.h"

#define RECEIVED 784111777
#define DAY 86400

static struct test_head request;

/* Of ten seconds; age counts from when it came. */
static const struct freshness ten = {.received = RECEIVED, .lifetime = 10};

static enum freshness_use use_with(const struct freshness *f, int64_t age,
    const char *directives, bool invalid, int64_t max_stale)
{
	struct cachecontrol cc;
	char lines[256];

	snprintf(lines, sizeof(lines), "Cache-Control: %s\r\n", directives);
	cachecontrol_of(heads_request(&request, lines), true, &cc);
	return freshness_use(f, RECEIVED + age, &cc, invalid, max_stale);
}

static void check_use(const struct freshness *f, int64_t age,
    const char *directives, enum freshness_use use)
{
	enum freshness_use got = use_with(f, age, directives, false, 0);

	ck_assert_msg(got == use, "age %lld, %s: %d", (long long)age,
	    directives, (int)got);
}

START_TEST(ages_grow)
{
	const struct freshness old = {.received = RECEIVED, .age = 5};

	ck_assert_int_eq(freshness_age(&old, RECEIVED), 5);
	ck_assert_int_eq(freshness_age(&old, RECEIVED + 7), 12);
	ck_assert_int_eq(freshness_age(&old, RECEIVED - 100), 5);
}
END_TEST

START_TEST(fresh_ends_with_the_lifetime)
{
	const struct freshness aged = {.received = RECEIVED, .age = 4,
	    .lifetime = 10};
	const struct freshness never = {.received = RECEIVED};

	check_use(&ten, 0, "", USE_FRESH);
	check_use(&ten, 9, "", USE_FRESH);
	check_use(&ten, 10, "", USE_NOT);
	check_use(&aged, 5, "", USE_FRESH);
	check_use(&aged, 6, "", USE_NOT);
	check_use(&never, 0, "", USE_NOT);
}
END_TEST

START_TEST(a_clock_that_was_set_back_keeps_nothing_fresh)
{
	check_use(&ten, -60, "", USE_FRESH);
	check_use(&ten, -61, "", USE_NOT);
	check_use(&ten, -400 * DAY, "max-stale", USE_NOT);
}
END_TEST

/* RFC 9111, 5.2.1.1 */
START_TEST(max_age_of_the_request_is_honoured)
{
	check_use(&ten, 5, "max-age=5", USE_FRESH);
	check_use(&ten, 6, "max-age=5", USE_IF_ERROR);
	check_use(&ten, 0, "max-age=0", USE_IF_ERROR);
	check_use(&ten, 9, "max-age=60", USE_FRESH);
	check_use(&ten, 11, "max-age=60", USE_NOT);
	check_use(&ten, 1, "max-age=x", USE_IF_ERROR);
}
END_TEST

/* RFC 9111, 5.2.1.3 */
START_TEST(min_fresh_is_honoured)
{
	check_use(&ten, 5, "min-fresh=5", USE_FRESH);
	check_use(&ten, 6, "min-fresh=5", USE_IF_ERROR);
	check_use(&ten, 0, "min-fresh=2000", USE_IF_ERROR);
	check_use(&ten, 0, "min-fresh=99999999999999999999", USE_IF_ERROR);
}
END_TEST

/* RFC 9111, 5.2.1.2 */
START_TEST(max_stale_is_honoured)
{
	check_use(&ten, 10, "max-stale=5", USE_STALE);
	check_use(&ten, 14, "max-stale=5", USE_STALE);
	check_use(&ten, 15, "max-stale=5", USE_NOT);
	check_use(&ten, 10, "max-stale=0", USE_NOT);
	check_use(&ten, 1000000, "max-stale", USE_STALE);
	check_use(&ten, 12, "max-stale=5, max-age=12", USE_STALE);
	check_use(&ten, 13, "max-stale=5, max-age=12", USE_NOT);
	check_use(&ten, 12, "max-stale, min-fresh=1", USE_NOT);
	check_use(&ten, 5, "max-stale=5", USE_FRESH);
}
END_TEST

/* RFC 9111, 5.2.1.4 and 5.2.1.5 */
START_TEST(no_cache_asks_and_no_store_does_not)
{
	check_use(&ten, 0, "no-cache", USE_NOT);
	check_use(&ten, 0, "no-cache, max-stale", USE_NOT);
	check_use(&ten, 0, "no-store", USE_FRESH);
	check_use(&ten, 0, "only-if-cached", USE_FRESH);
}
END_TEST

START_TEST(no_cache_is_a_wish_when_all_is_down)
{
	const struct freshness strict = {.received = RECEIVED,
	    .lifetime = 10, .strict = true};

	ck_assert_int_eq(use_with(&ten, 0, "no-cache", false, 5),
	    USE_IF_DOWN);
	ck_assert_int_eq(use_with(&ten, 14, "no-cache", false, 5),
	    USE_IF_DOWN);
	ck_assert_int_eq(use_with(&ten, 15, "no-cache", false, 5), USE_NOT);
	ck_assert_int_eq(use_with(&ten, 15, "no-cache, max-stale, "
	    "stale-if-error=99", false, 5), USE_NOT);
	ck_assert_int_eq(use_with(&strict, 9, "no-cache", false, 5),
	    USE_IF_DOWN);
	ck_assert_int_eq(use_with(&strict, 10, "no-cache", false, 5),
	    USE_NOT);
}
END_TEST

/* RFC 9111, 5.2.2.4 */
START_TEST(no_cache_of_the_response_always_asks)
{
	const struct freshness f = {.received = RECEIVED, .lifetime = 10,
	    .validate = true, .stale_if_error = 60,
	    .stale_while_revalidate = 60};

	check_use(&f, 0, "", USE_NOT);
	check_use(&f, 11, "max-stale", USE_NOT);
	check_use(&f, 11, "stale-if-error=60", USE_NOT);
	ck_assert_int_eq(use_with(&f, 11, "", false, DAY), USE_NOT);
}
END_TEST

/* RFC 5861, 3 */
START_TEST(stale_while_revalidate_is_a_window)
{
	struct freshness f = {.received = RECEIVED, .lifetime = 10,
	    .stale_while_revalidate = 5};

	check_use(&f, 9, "", USE_FRESH);
	check_use(&f, 10, "", USE_AND_RENEW);
	check_use(&f, 14, "", USE_AND_RENEW);
	check_use(&f, 15, "", USE_NOT);
	check_use(&f, 12, "max-age=11", USE_NOT);
	check_use(&f, 12, "max-age=12", USE_AND_RENEW);
	check_use(&f, 12, "min-fresh=1", USE_NOT);
	f.stale_if_error = 8;
	check_use(&f, 12, "max-age=11", USE_IF_ERROR);
	check_use(&f, 16, "", USE_IF_ERROR);
}
END_TEST

/* RFC 5861, 4: also in requests. */
START_TEST(stale_if_error_is_a_window)
{
	const struct freshness f = {.received = RECEIVED, .lifetime = 10,
	    .stale_if_error = 5};

	check_use(&f, 10, "", USE_IF_ERROR);
	check_use(&f, 14, "", USE_IF_ERROR);
	check_use(&f, 15, "", USE_NOT);
	check_use(&f, 15, "stale-if-error=6", USE_IF_ERROR);
	check_use(&f, 16, "stale-if-error=6", USE_NOT);
	check_use(&f, 12, "stale-if-error=1", USE_IF_ERROR);
	check_use(&ten, 12, "stale-if-error=5", USE_IF_ERROR);
}
END_TEST

/* RFC 9111, 4.2.4: disconnected. */
START_TEST(max_stale_of_the_operator_is_for_the_worst)
{
	ck_assert_int_eq(use_with(&ten, 10, "", false, 5), USE_IF_DOWN);
	ck_assert_int_eq(use_with(&ten, 14, "", false, 5), USE_IF_DOWN);
	ck_assert_int_eq(use_with(&ten, 15, "", false, 5), USE_NOT);
	ck_assert_int_eq(use_with(&ten, 15, "", false, DAY), USE_IF_DOWN);
}
END_TEST

/* RFC 9111, 5.2.2.2 */
START_TEST(strict_ones_are_never_used_stale)
{
	const struct freshness f = {.received = RECEIVED, .lifetime = 10,
	    .strict = true, .stale_if_error = 60,
	    .stale_while_revalidate = 60};

	check_use(&f, 9, "", USE_FRESH);
	check_use(&f, 10, "", USE_NOT);
	check_use(&f, 10, "max-stale", USE_NOT);
	check_use(&f, 10, "stale-if-error=60", USE_NOT);
	ck_assert_int_eq(use_with(&f, 10, "", false, DAY), USE_NOT);
	ck_assert_int_eq(use_with(&f, 5, "", true, DAY), USE_NOT);
}
END_TEST

START_TEST(invalid_ones_are_stale_as_of_now)
{
	const struct freshness f = {.received = RECEIVED, .lifetime = 10,
	    .stale_if_error = 8, .stale_while_revalidate = 5};

	ck_assert_int_eq(use_with(&f, 1, "", true, 0), USE_AND_RENEW);
	ck_assert_int_eq(use_with(&f, 16, "", true, 0), USE_IF_ERROR);
	ck_assert_int_eq(use_with(&ten, 1, "", true, 0), USE_NOT);
	ck_assert_int_eq(use_with(&ten, 1, "", true, DAY), USE_IF_DOWN);
	ck_assert_int_eq(use_with(&ten, 1, "max-stale=5", true, 0),
	    USE_STALE);
}
END_TEST

/* Records may hold anything. */
START_TEST(no_numbers_overflow)
{
	static const int64_t odd[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
	struct freshness f;
	struct cachecontrol cc;
	unsigned i;

	for (i = 0; i < 5 * 5 * 5 * 5; i++) {
		f = (struct freshness){.received = odd[i % 5],
		    .age = odd[i / 5 % 5], .lifetime = odd[i / 25 % 5],
		    .stale_if_error = odd[i / 125]};
		cachecontrol_of(heads_request(&request, ""), true, &cc);
		cc.min_fresh = cc.max_stale = odd[i % 5];
		freshness_use(&f, odd[i / 125], &cc, false, odd[i / 5 % 5]);
		ck_assert_int_ge(freshness_age(&f, odd[i / 125]), 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("freshness_use");
	TCase *tc = tcase_create("freshness_use");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, ages_grow);
	tcase_add_test(tc, fresh_ends_with_the_lifetime);
	tcase_add_test(tc, max_age_of_the_request_is_honoured);
	tcase_add_test(tc, min_fresh_is_honoured);
	tcase_add_test(tc, max_stale_is_honoured);
	tcase_add_test(tc, no_cache_asks_and_no_store_does_not);
	tcase_add_test(tc, no_cache_is_a_wish_when_all_is_down);
	tcase_add_test(tc, no_cache_of_the_response_always_asks);
	tcase_add_test(tc, stale_while_revalidate_is_a_window);
	tcase_add_test(tc, stale_if_error_is_a_window);
	tcase_add_test(tc, max_stale_of_the_operator_is_for_the_worst);
	tcase_add_test(tc, strict_ones_are_never_used_stale);
	tcase_add_test(tc, invalid_ones_are_stale_as_of_now);
	tcase_add_test(tc, a_clock_that_was_set_back_keeps_nothing_fresh);
	tcase_add_test(tc, no_numbers_overflow);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
