/* SPDX-License-Identifier: BSD-2-Clause */
/* Lifetimes, ages and what may be used stale: RFC 9111, 4.2; RFC 9213. */
/* links: http base */
#include <stdlib.h>

#include "heads.h"
#include "http/freshness.h"

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define DAY 86400
#define MAX_TTL (7 * DAY)
#define MOST 2147483648

static struct test_head request, response;
static struct freshness_rules rules;
static struct freshness f;
static const char *why;

static void reset(void)
{
	rules = (struct freshness_rules){.max_ttl = MAX_TTL};
	f = (struct freshness){0};
}

static enum freshness_store judge(const char *asked, unsigned status,
    const char *lines)
{
	enum freshness_store s = freshness_of(heads_request(&request, asked),
	    heads_response(&response, status, lines), &rules, NOW, NOW, &f,
	    &why);

	ck_assert((s == STORE_YES) == (why == NULL));
	return s;
}

static void check_yes(unsigned status, const char *lines)
{
	ck_assert_msg(judge("", status, lines) == STORE_YES, "%u %s: %s",
	    status, lines, why);
}

static void check_never(unsigned status, const char *lines,
    const char *reason)
{
	ck_assert_msg(judge("", status, lines) == STORE_NEVER, "%u %s",
	    status, lines);
	ck_assert_str_eq(why, reason);
}

static void check_lifetime(const char *lines, int64_t lifetime)
{
	judge("", 200, lines);
	ck_assert_msg(f.lifetime == lifetime, "%s: %lld", lines,
	    (long long)f.lifetime);
}

#define VALID "ETag: \"a\"\r\n"
#define FRESH "Cache-Control: max-age=60\r\n"

/* ---- 4.2.1: lifetimes ---- */

START_TEST(the_closest_to_a_shared_cache_counts)
{
	check_lifetime("Cache-Control: max-age=60, s-maxage=30\r\n" DATE
	    "Expires: Sun, 06 Nov 1994 09:49:37 GMT\r\n", 30);
	check_lifetime(FRESH DATE
	    "Expires: Sun, 06 Nov 1994 09:49:37 GMT\r\n", 60);
	check_lifetime(DATE "Expires: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
	    3600);
	check_lifetime(FRESH "Expires: 0\r\n", 60);
	check_lifetime("Cache-Control: max-age=0\r\n" DATE
	    "Expires: Sun, 06 Nov 1994 09:49:37 GMT\r\n" VALID, 0);
}
END_TEST

/* RFC 9111, 5.3 */
START_TEST(expires_is_counted_from_date)
{
	check_lifetime(DATE "Expires: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    VALID, 0);
	check_lifetime(DATE "Expires: Sun, 06 Nov 1994 08:49:38 GMT\r\n", 1);
	check_lifetime(DATE "Expires: Sat, 05 Nov 1994 08:49:37 GMT\r\n"
	    VALID, 0);
	check_lifetime("Date: Sun, 06 Nov 1994 08:56:17 GMT\r\n"
	    "Expires: Sun, 06 Nov 1994 08:54:37 GMT\r\n" VALID, 0);
	check_lifetime("Expires: Sun, 06 Nov 1994 08:49:47 GMT\r\n", 10);
	check_lifetime("Date: foo\r\n"
	    "Expires: Sun, 06 Nov 1994 08:49:47 GMT\r\n", 10);
	check_lifetime(DATE "Expires: Sun Nov  6 08:49:47 1994\r\n", 10);
	check_lifetime(DATE "Expires: Sunday, 06-Nov-94 08:49:47 GMT\r\n",
	    10);
}
END_TEST

START_TEST(expires_that_is_no_date_is_past)
{
	static const char *const bad[] = {"0", "-1", "", "now", "3600",
		"Thu, 18 Aug 2050 02:01:18 UTC", "Thu, 18 Aug 50 02:01:18 GMT",
		"Thu 18 Aug 2050 02:01:18 GMT",
		"Thu, 18  Aug  2050 02:01:18 GMT",
		"Thu, 18-Aug-2050 02:01:18 GMT",
		"Thu, 18 Aug 2050 02.01.18 GMT",
		"Thu, 18 Aug 2050 2:01:18 GMT"};
	char lines[256];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(lines, sizeof(lines), DATE "Expires: %s\r\n", bad[i]);
		check_never(200, lines, "stale");
	}
}
END_TEST

START_TEST(of_several_expires_the_first_end_counts)
{
	check_lifetime(DATE "Expires: Sun, 06 Nov 1994 09:49:37 GMT\r\n"
	    "Expires: Sun, 06 Nov 1994 08:49:47 GMT\r\n", 10);
	check_lifetime(DATE "Expires: Sun, 06 Nov 1994 09:49:37 GMT\r\n"
	    "Expires: 0\r\n" VALID, 0);
}
END_TEST

START_TEST(max_ttl_is_of_the_time_that_we_keep_it)
{
	check_lifetime("Cache-Control: max-age=99999999999\r\n", MAX_TTL);
	check_lifetime(DATE "Expires: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
	    MAX_TTL);
	check_lifetime("Cache-Control: max-age=99999999999\r\nAge: 9\r\n",
	    MAX_TTL + 9);
	check_lifetime("X-Accel-Expires: 99999999999\r\n", MAX_TTL);
	rules.max_ttl = INT64_MAX;
	check_lifetime("Cache-Control: max-age=2147483649\r\n", MOST);
	check_lifetime(DATE "Expires: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
	    MOST);
}
END_TEST

/* ---- 4.2.2: guesses ---- */

#define OLD DATE "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\r\n"

START_TEST(a_tenth_of_its_age_is_guessed)
{
	check_yes(200, OLD);
	ck_assert_int_eq(f.lifetime, DAY / 10);
	ck_assert(f.heuristic);
	check_lifetime(DATE "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
	    DAY);
	check_lifetime(DATE "Last-Modified: Sun, 06 Nov 1994 08:49:27 GMT\r\n",
	    1);
	check_never(200, DATE
	    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
	    "no-lifetime");
	check_never(200, DATE
	    "Last-Modified: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
	    "no-lifetime");
	check_lifetime(FRESH OLD, 60);
	ck_assert(!f.heuristic);
}
END_TEST

START_TEST(only_of_some_statuses_we_guess)
{
	static const unsigned yes[] = {200, 203, 204, 300, 301, 308};
	static const unsigned no[] = {201, 202, 302, 303, 307, 400, 403, 404,
		405, 410, 414, 500, 501, 502, 503, 504, 299, 599};
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		check_yes(yes[i], OLD);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		check_never(no[i], OLD, "no-lifetime");
	check_yes(302, OLD "Cache-Control: public\r\n");
	check_never(404, OLD "Cache-Control: public\r\n", "no-lifetime");
	check_never(299, OLD "Cache-Control: public\r\n", "no-lifetime");
	check_never(503, OLD "Cache-Control: public\r\n", "no-lifetime");
}
END_TEST

START_TEST(default_ttl_is_above_guesses)
{
	rules.default_ttl = 30;
	check_yes(200, "");
	ck_assert_int_eq(f.lifetime, 30);
	ck_assert(f.heuristic);
	check_lifetime(OLD, 30);
	check_lifetime(FRESH, 60);
	check_never(404, "", "no-lifetime");
	check_never(200, "Cache-Control: no-store\r\n", "no-store");
}
END_TEST

/* ---- 4.2.3: ages ---- */

static void check_age(const char *lines, int64_t asked, int64_t age)
{
	freshness_renew(heads_response(&response, 200, lines), &rules, asked,
	    NOW, &f);
	ck_assert_msg(f.age == age, "%s: %lld", lines, (long long)f.age);
}

START_TEST(ages_are_corrected)
{
	check_age(FRESH, NOW, 0);
	check_age(FRESH "Age: 30\r\n", NOW, 30);
	check_age(FRESH "Age: 30\r\n", NOW - 5, 35);
	check_age(FRESH "Date: Sun, 06 Nov 1994 08:49:27 GMT\r\n", NOW, 10);
	check_age(FRESH "Date: Sun, 06 Nov 1994 08:49:27 GMT\r\nAge: 25\r\n",
	    NOW, 25);
	check_age(FRESH "Date: Sun, 06 Nov 1994 08:49:27 GMT\r\nAge: 5\r\n",
	    NOW, 10);
	check_age(FRESH "Date: Sun, 06 Nov 1994 08:59:37 GMT\r\n", NOW, 0);
	check_age(FRESH "Date: nonsense\r\n", NOW, 0);
	ck_assert(f.delay == 0);
	check_age(FRESH "Age: 30\r\n", NOW - 5, 35);
	ck_assert(f.delay == 5);
	check_age(FRESH, NOW + 5, 0);
}
END_TEST

#define LONG_AGO "Date: Sun, 06 Nov 1988 08:49:37 GMT\r\n"

/* RFC 9111, 4.2.3: if the clock is reasonably well synchronized. */
START_TEST(a_clock_that_is_days_behind_tells_no_age)
{
	check_age("Cache-Control: max-age=60\r\n" LONG_AGO, NOW, 0);
	check_age("Cache-Control: s-maxage=60\r\n" LONG_AGO, NOW - 2, 2);
	check_age("Cache-Control: max-age=60\r\n"
	    "Date: Sat, 05 Nov 1994 08:49:37 GMT\r\n", NOW, DAY);
	check_age("Cache-Control: max-age=60\r\nAge: 3\r\n" LONG_AGO, NOW,
	    189302400);
	check_age("Expires: Sun, 06 Nov 1994 09:49:37 GMT\r\n" LONG_AGO, NOW,
	    189302400);
}
END_TEST

/* RFC 9111, 5.1 */
START_TEST(the_first_of_several_ages_counts)
{
	check_age(FRESH "Age: 7200, 0\r\n", NOW, 7200);
	check_age(FRESH "Age: 0,7200\r\n", NOW, 0);
	check_age(FRESH "Age: 7200\r\nAge: 0\r\n", NOW, 7200);
	check_age(FRESH "Age: 0\r\nAge: 7200\r\n", NOW, 0);
}
END_TEST

START_TEST(what_is_no_age_is_ignored)
{
	check_age(FRESH "Age: abc\r\n", NOW, 0);
	check_age(FRESH "Age: -7200\r\n", NOW, 0);
	check_age(FRESH "Age: 7200.0\r\n", NOW, 0);
	check_age(FRESH "Age: \"7200\"\r\n", NOW, 0);
	check_age(FRESH "Age: 7200;x=y\r\n", NOW, 0);
	check_age(FRESH "Age:\r\n", NOW, 0);
}
END_TEST

START_TEST(ages_have_an_end)
{
	check_age(FRESH "Age: 2147483648\r\n", NOW, MOST);
	check_age(FRESH "Age: 2147483649\r\n", NOW, MOST);
	check_age(FRESH "Age: 99999999999999999999999999\r\n", NOW, MOST);
	check_age(FRESH "Age: 99999999999\r\n", 0, MOST + NOW);
	check_age(FRESH "Age: 99999999999\r\n", INT64_MIN, MOST + NOW);
	check_age(FRESH "Age: 1\r\n", INT64_MAX, 1);
}
END_TEST

/* ---- What comes beside it ---- */

/* RFC 9213, 2.2 */
START_TEST(a_targeted_field_is_alone)
{
	check_lifetime("CDN-Cache-Control: max-age=3600\r\n"
	    "Cache-Control: max-age=1\r\n", 3600);
	check_lifetime("CDN-Cache-Control: max-age=3600\r\nExpires: 0\r\n",
	    3600);
	check_yes(200, "CDN-Cache-Control: max-age=3600\r\n"
	    "Cache-Control: no-store, private\r\n");
	check_never(200, "CDN-Cache-Control: no-store\r\n" FRESH, "no-store");
	check_never(200, "CDN-Cache-Control: private\r\n" FRESH, "private");
	check_never(200, "CDN-Cache-Control: max-age=0\r\n" DATE
	    "Expires: Sun, 06 Nov 1994 09:49:37 GMT\r\n", "stale");
	check_never(200, "CDN-Cache-Control: foo\r\n" FRESH, "no-lifetime");
	check_never(200, "CDN-Cache-Control: max-age=10000, &&&&&\r\n"
	    "Cache-Control: no-store\r\n", "no-store");
	check_never(200, "CDN-Cache-Control: max-age=\"10000\"\r\n"
	    "Cache-Control: no-store\r\n", "no-store");
	check_lifetime("CDN-Cache-Control: &\r\n" FRESH, 60);
}
END_TEST

START_TEST(x_accel_expires_is_above_all)
{
	check_lifetime("X-Accel-Expires: 10\r\n" FRESH, 10);
	check_lifetime("X-Accel-Expires: 10\r\nAge: 100\r\n", 110);
	check_lifetime("X-Accel-Expires: 10\r\n"
	    "CDN-Cache-Control: no-store\r\n"
	    "Cache-Control: private, no-cache, max-age=0\r\nExpires: 0\r\n",
	    10);
	ck_assert(!f.validate);
	check_lifetime("X-Accel-Expires: @784111787\r\n", 10);
	check_never(200, "X-Accel-Expires: 0\r\n" FRESH VALID,
	    "x-accel-expires");
	check_never(200, "X-Accel-Expires: @784111777\r\n" FRESH,
	    "x-accel-expires");
	check_never(200, "X-Accel-Expires: @0\r\n" FRESH, "x-accel-expires");
}
END_TEST

START_TEST(malformed_x_accel_expires_is_ignored)
{
	static const char *const bad[] = {"", "off", "-1", "@", "@-1", "1.5",
		"10s", "@abc", "1 0"};
	char lines[128];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(lines, sizeof(lines), FRESH "X-Accel-Expires: %s\r\n",
		    bad[i]);
		check_lifetime(lines, 60);
	}
}
END_TEST

/* RFC 9111, 5.2.2.2, 5.2.2.8, 5.2.2.10 */
START_TEST(some_are_never_used_stale)
{
	check_yes(200, FRESH "Cache-Control: must-revalidate\r\n");
	ck_assert(f.strict);
	check_yes(200, FRESH "Cache-Control: proxy-revalidate\r\n");
	ck_assert(f.strict);
	check_yes(200, "Cache-Control: s-maxage=2\r\n");
	ck_assert(f.strict);
	check_yes(503, FRESH);
	ck_assert(f.strict);
	check_yes(299, FRESH);
	ck_assert(f.strict);
	check_yes(404, FRESH);
	ck_assert(!f.strict);
}
END_TEST

/* RFC 5861 */
START_TEST(windows_come_from_the_response_first)
{
	rules.stale_while_revalidate = 7;
	rules.stale_if_error = 8;
	check_yes(200, FRESH);
	ck_assert_int_eq(f.stale_while_revalidate, 7);
	ck_assert_int_eq(f.stale_if_error, 8);
	check_yes(200, "Cache-Control: max-age=60, stale-if-error=0, "
	    "stale-while-revalidate=99999999999\r\n");
	ck_assert_int_eq(f.stale_while_revalidate, MOST);
	ck_assert_int_eq(f.stale_if_error, 0);
}
END_TEST

/* RFC 9111, 4.3.4 */
START_TEST(a_renewed_one_may_have_to_go)
{
	ck_assert(freshness_renew(heads_response(&response, 200, FRESH),
	    &rules, NOW, NOW, &f));
	ck_assert_int_eq(f.lifetime, 60);
	ck_assert(!freshness_renew(heads_response(&response, 200,
	    FRESH "Cache-Control: no-store\r\n"), &rules, NOW, NOW, &f));
	ck_assert(!freshness_renew(heads_response(&response, 200,
	    FRESH "Cache-Control: private\r\n"), &rules, NOW, NOW, &f));
	ck_assert_int_eq(f.lifetime, 60);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("freshness_lifetime");
	TCase *tc = tcase_create("freshness_lifetime");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, reset, NULL);
	tcase_add_test(tc, the_closest_to_a_shared_cache_counts);
	tcase_add_test(tc, expires_is_counted_from_date);
	tcase_add_test(tc, expires_that_is_no_date_is_past);
	tcase_add_test(tc, of_several_expires_the_first_end_counts);
	tcase_add_test(tc, max_ttl_is_of_the_time_that_we_keep_it);
	tcase_add_test(tc, a_tenth_of_its_age_is_guessed);
	tcase_add_test(tc, only_of_some_statuses_we_guess);
	tcase_add_test(tc, default_ttl_is_above_guesses);
	tcase_add_test(tc, ages_are_corrected);
	tcase_add_test(tc, a_clock_that_is_days_behind_tells_no_age);
	tcase_add_test(tc, the_first_of_several_ages_counts);
	tcase_add_test(tc, what_is_no_age_is_ignored);
	tcase_add_test(tc, ages_have_an_end);
	tcase_add_test(tc, a_targeted_field_is_alone);
	tcase_add_test(tc, x_accel_expires_is_above_all);
	tcase_add_test(tc, malformed_x_accel_expires_is_ignored);
	tcase_add_test(tc, some_are_never_used_stale);
	tcase_add_test(tc, windows_come_from_the_response_first);
	tcase_add_test(tc, a_renewed_one_may_have_to_go);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
