/* SPDX-License-Identifier: BSD-2-Clause */
/* What a shared cache may store: RFC 9111, 3. */
/* links: http base */
#include <stdlib.h>

#include "heads.h"
#include "http/freshness.h"

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define MAX_TTL 604800

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

#define VALID "ETag: \"a\"\r\n"
#define FRESH "Cache-Control: max-age=60\r\n"

START_TEST(what_has_a_lifetime_is_stored)
{
	check_yes(200, FRESH);
	ck_assert_int_eq(f.lifetime, 60);
	ck_assert_int_eq(f.age, 0);
	ck_assert_int_eq(f.received, NOW);
	ck_assert(!f.validate && !f.strict && !f.heuristic);
	check_yes(200, "Cache-Control: s-maxage=60\r\n");
	check_yes(200, DATE "Expires: Sun, 06 Nov 1994 08:50:37 GMT\r\n");
}
END_TEST

START_TEST(no_store_is_not_stored)
{
	check_never(200, "Cache-Control: no-store\r\n", "no-store");
	check_never(200, "Cache-Control: max-age=60, No-Store\r\n" VALID,
	    "no-store");
	check_never(200, FRESH "Cache-Control: public\r\n"
	    "Cache-Control: no-store\r\n", "no-store");
}
END_TEST

START_TEST(private_is_not_stored)
{
	check_never(200, "Cache-Control: private, max-age=60\r\n", "private");
	check_never(200, "Cache-Control: public, private, s-maxage=60\r\n",
	    "private");
}
END_TEST

/* RFC 9111, 5.2.2.7: the rest of it may be. */
START_TEST(private_fields_are_left_out)
{
	check_yes(200, "Cache-Control: private=\"x-a\", max-age=60\r\n");
	check_yes(200, "Cache-Control: private=\"x-a, set-cookie\"\r\n" FRESH
	    "Set-Cookie: a=b\r\n");
	check_yes(200, "Cache-Control: no-cache=\"Set-Cookie\"\r\n" FRESH
	    "Set-Cookie: a=b\r\n");
	ck_assert(!f.validate);
}
END_TEST

START_TEST(cookies_are_not_stored)
{
	check_never(200, FRESH "Set-Cookie: a=b\r\n", "set-cookie");
	check_never(200, "Cache-Control: public, max-age=60\r\n"
	    "Set-Cookie: a=b\r\n", "set-cookie");
	check_never(200, "X-Accel-Expires: 60\r\nSet-Cookie: a=b\r\n",
	    "set-cookie");
	check_never(200, "Cache-Control: private=\"cookie\"\r\n" FRESH
	    "Set-Cookie: a=b\r\n", "set-cookie");
}
END_TEST

/* RFC 9111, 3: final ones, and not parts or "not modified". */
START_TEST(some_statuses_are_never_stored)
{
	static const unsigned never[] = {100, 101, 103, 199, 206, 304};
	size_t i;

	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		check_never(never[i], FRESH VALID, "status");
}
END_TEST

START_TEST(every_other_status_is_stored_when_it_says_so)
{
	static const unsigned yes[] = {200, 201, 202, 203, 204, 299, 300, 301,
		302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 451, 499,
		500, 501, 502, 503, 504, 599};
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		check_yes(yes[i], FRESH);
}
END_TEST

/* RFC 9111, 5.2.2.3 */
START_TEST(must_understand_is_above_no_store)
{
	check_yes(200, "Cache-Control: must-understand, no-store, "
	    "max-age=60\r\n");
	check_never(599, "Cache-Control: must-understand, no-store, "
	    "max-age=60\r\n", "must-understand");
	check_never(299, "Cache-Control: must-understand, max-age=60\r\n",
	    "must-understand");
}
END_TEST

/* RFC 9111, 3.5 */
START_TEST(authorization_needs_permission)
{
	static const char auth[] = "Authorization: Basic eDp5\r\n";

	ck_assert_int_eq(judge(auth, 200, FRESH), STORE_NO);
	ck_assert_str_eq(why, "authorization");
	ck_assert_int_eq(judge(auth, 200, DATE
	    "Expires: Tue, 06 Dec 1994 08:49:37 GMT\r\n"), STORE_NO);
	ck_assert_int_eq(judge(auth, 200, FRESH
	    "Cache-Control: proxy-revalidate\r\n"), STORE_NO);
	ck_assert_int_eq(judge(auth, 200, "X-Accel-Expires: 60\r\n"),
	    STORE_NO);
	ck_assert_int_eq(judge(auth, 200, FRESH "Cache-Control: public\r\n"),
	    STORE_YES);
	ck_assert_int_eq(judge(auth, 200, FRESH
	    "Cache-Control: must-revalidate\r\n"), STORE_YES);
	ck_assert_int_eq(judge(auth, 200, "Cache-Control: s-maxage=60\r\n"),
	    STORE_YES);
	ck_assert_int_eq(judge(auth, 200,
	    "CDN-Cache-Control: max-age=60, public\r\n"), STORE_YES);
	ck_assert_int_eq(judge(auth, 200, "Cache-Control: public\r\n"
	    "CDN-Cache-Control: max-age=60\r\n"), STORE_NO);
}
END_TEST

/* RFC 9111, 5.2.1.5 */
START_TEST(no_store_in_the_request_counts)
{
	ck_assert_int_eq(judge("Cache-Control: no-store\r\n", 200, FRESH),
	    STORE_NO);
	ck_assert_str_eq(why, "request-no-store");
	ck_assert_int_eq(judge("Cache-Control: no-cache\r\n", 200, FRESH),
	    STORE_YES);
	ck_assert_int_eq(judge("Cookie: a=b\r\n", 200, FRESH), STORE_YES);
}
END_TEST

START_TEST(what_is_stale_must_be_of_some_use)
{
	check_never(200, "Cache-Control: max-age=0\r\n", "stale");
	check_yes(200, "Cache-Control: max-age=0\r\n" VALID);
	check_yes(200, "Cache-Control: max-age=0\r\n"
	    "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\r\n");
	check_never(200, "Cache-Control: max-age=0\r\nETag: a\r\n"
	    "Last-Modified: never\r\n", "stale");
	check_yes(200, "Cache-Control: max-age=0, "
	    "stale-while-revalidate=5\r\n");
	check_yes(200, "Cache-Control: max-age=0, stale-if-error=5\r\n");
	check_never(200, "Cache-Control: max-age=0, must-revalidate, "
	    "stale-if-error=5\r\n", "stale");
	ck_assert_int_eq(judge("", 200, FRESH "Age: 60\r\n"), STORE_NO);
	ck_assert_str_eq(why, "stale");
}
END_TEST

/* RFC 9111, 5.2.2.4 */
START_TEST(no_cache_is_stored_to_be_asked_for)
{
	check_yes(200, "Cache-Control: no-cache, max-age=60\r\n" VALID);
	ck_assert(f.validate);
	check_yes(200, "Cache-Control: no-cache\r\n" VALID);
	ck_assert(f.validate);
	check_never(200, "Cache-Control: no-cache, max-age=60, "
	    "stale-if-error=60\r\n", "no-cache");
}
END_TEST

START_TEST(what_says_nothing_is_not_stored)
{
	check_never(200, "", "no-lifetime");
	check_never(200, VALID, "no-lifetime");
	check_never(200, "Cache-Control: public\r\n", "no-lifetime");
	check_never(200, "Last-Modified: nonsense\r\n", "no-lifetime");
	check_never(200, "Pragma: no-cache\r\n", "no-lifetime");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("freshness");
	TCase *tc = tcase_create("freshness");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, reset, NULL);
	tcase_add_test(tc, what_has_a_lifetime_is_stored);
	tcase_add_test(tc, no_store_is_not_stored);
	tcase_add_test(tc, private_is_not_stored);
	tcase_add_test(tc, private_fields_are_left_out);
	tcase_add_test(tc, cookies_are_not_stored);
	tcase_add_test(tc, some_statuses_are_never_stored);
	tcase_add_test(tc, every_other_status_is_stored_when_it_says_so);
	tcase_add_test(tc, must_understand_is_above_no_store);
	tcase_add_test(tc, authorization_needs_permission);
	tcase_add_test(tc, no_store_in_the_request_counts);
	tcase_add_test(tc, what_is_stale_must_be_of_some_use);
	tcase_add_test(tc, no_cache_is_stored_to_be_asked_for);
	tcase_add_test(tc, what_says_nothing_is_not_stored);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
