/* SPDX-License-Identifier: BSD-2-Clause */
/* Directives: RFC 9111, 5.2; RFC 5861; RFC 9213. */
/* links: http base */
#include <stdlib.h>

#include "heads.h"
#include "http/cachecontrol.h"

#define SECONDS_MOST 2147483648

static struct test_head made;

/* Cache-Control of a response. */
static struct cachecontrol said(const char *value)
{
	struct cachecontrol cc;
	char lines[1024];

	snprintf(lines, sizeof(lines), "Cache-Control: %s\r\n", value);
	cachecontrol_of(heads_response(&made, 200, lines), false, &cc);
	return cc;
}

static struct cachecontrol said_in(const char *lines)
{
	struct cachecontrol cc;

	cachecontrol_of(heads_response(&made, 200, lines), false, &cc);
	return cc;
}

static struct cachecontrol asked(const char *lines)
{
	struct cachecontrol cc;

	cachecontrol_of(heads_request(&made, lines), true, &cc);
	return cc;
}

static void check_max_age(const char *value, int64_t seconds)
{
	ck_assert_msg(said(value).max_age == seconds, "%s: %lld", value,
	    (long long)said(value).max_age);
}

static void check_names(struct slice names, const char *text)
{
	ck_assert_msg(slice_eq(names, slice_str(text)), "%.*s",
	    SLICE_FMT(names));
}

START_TEST(without_a_field_nothing_is_said)
{
	struct cachecontrol cc = said_in("");

	ck_assert(!cc.any && !cc.no_store && !cc.no_cache && !cc.is_private);
	ck_assert_int_eq(cc.max_age, CACHECONTROL_NONE);
	ck_assert_int_eq(cc.s_maxage, CACHECONTROL_NONE);
	ck_assert_int_eq(cc.min_fresh, CACHECONTROL_NONE);
	ck_assert_int_eq(cc.max_stale, CACHECONTROL_NONE);
	ck_assert_int_eq(cc.stale_while_revalidate, CACHECONTROL_NONE);
	ck_assert_int_eq(cc.stale_if_error, CACHECONTROL_NONE);
	ck_assert(!said("").any);
	ck_assert(!said(" , ,").any);
}
END_TEST

START_TEST(every_directive_is_known)
{
	struct cachecontrol cc = said("no-store, no-cache, private, public, "
	    "must-revalidate, proxy-revalidate, must-understand, "
	    "only-if-cached, max-age=1, s-maxage=2, min-fresh=3, "
	    "max-stale=4, stale-while-revalidate=5, stale-if-error=6");

	ck_assert(cc.any && cc.no_store && cc.no_cache && cc.is_private);
	ck_assert(cc.is_public && cc.must_revalidate && cc.proxy_revalidate);
	ck_assert(cc.must_understand && cc.only_if_cached);
	ck_assert_int_eq(cc.max_age, 1);
	ck_assert_int_eq(cc.s_maxage, 2);
	ck_assert_int_eq(cc.min_fresh, 3);
	ck_assert_int_eq(cc.max_stale, 4);
	ck_assert_int_eq(cc.stale_while_revalidate, 5);
	ck_assert_int_eq(cc.stale_if_error, 6);
}
END_TEST

START_TEST(names_are_known_in_any_case)
{
	ck_assert(said("No-StOrE").no_store);
	check_max_age("MaX-aGe=7", 7);
}
END_TEST

/* RFC 9111, 5.2.3: unknown ones are ignored. */
START_TEST(unknown_directives_are_passed_over)
{
	struct cachecontrol cc = said("community=\"UCI\", immutable, x=, "
	    "max-age=5, max-agex=1, xmax-age=2, max-age2, no-stored");

	ck_assert_int_eq(cc.max_age, 5);
	ck_assert(!cc.no_store);
	ck_assert(said("foo").any);
}
END_TEST

START_TEST(elements_may_be_empty_and_lines_several)
{
	struct cachecontrol cc = said_in("Cache-Control: ,, max-age=5 ,,\r\n"
	    "X: y\r\ncache-control:\r\nCACHE-CONTROL: ,no-store,\r\n");

	ck_assert_int_eq(cc.max_age, 5);
	ck_assert(cc.no_store);
}
END_TEST

START_TEST(what_is_quoted_is_no_directive)
{
	check_max_age("extension=\"max-age=3600\", max-age=1", 1);
	check_max_age("max-age=1, extension=\"max-age=3600\"", 1);
	check_max_age("x=\", max-age=3600\"", CACHECONTROL_NONE);
	check_max_age("x=\"\\\", max-age=3600, \\\"\"", CACHECONTROL_NONE);
	check_max_age("x=\"max-age=3600, no-store", CACHECONTROL_NONE);
	ck_assert(!said("x=\"a, no-store\"").no_store);
}
END_TEST

/* RFC 9111, 5.2: both forms of an argument are taken. */
START_TEST(seconds_may_be_quoted)
{
	check_max_age("max-age=10", 10);
	check_max_age("max-age=\"10\"", 10);
	check_max_age("max-age=003600", 3600);
	check_max_age("max-age=0", 0);
}
END_TEST

/* RFC 9111, 1.2.2 */
START_TEST(very_many_seconds_are_the_most)
{
	check_max_age("max-age=2147483647", 2147483647);
	check_max_age("max-age=2147483648", SECONDS_MOST);
	check_max_age("max-age=2147483649", SECONDS_MOST);
	check_max_age("max-age=99999999999", SECONDS_MOST);
	check_max_age("max-age=18446744073709551616", SECONDS_MOST);
	check_max_age("max-age=999999999999999999999999999999", SECONDS_MOST);
}
END_TEST

/* RFC 9111, 4.2.1: what is invalid is stale. */
START_TEST(what_are_no_seconds_is_the_strictest)
{
	static const char *const bad[] = {"max-age", "max-age=",
		"max-age=\"\"", "max-age=-1", "max-age=+1", "max-age=10.5",
		"max-age=3600.0", "max-age=1e3", "max-age=0x10",
		"max-age=3600a", "max-age=a3600", "max-age='3600'",
		"max-age= 3600", "max-age =3600", "max-age = 3600",
		"max-age=\t3600", "max-age=\"3600", "max-age=3600\"",
		"max-age=\" 3600\"", "max-age=\"36\\00\"", "max-age=36 00",
		"max-age=1;x", "max-age==1"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_max_age(bad[i], 0);
	ck_assert_int_eq(said("s-maxage=x").s_maxage, 0);
	ck_assert_int_eq(said("stale-if-error=x").stale_if_error, 0);
	ck_assert_int_eq(said("max-stale=x").max_stale, 0);
	ck_assert_int_eq(said("max-stale=").max_stale, 0);
	ck_assert_int_eq(said("min-fresh=x").min_fresh, SECONDS_MOST);
	ck_assert_int_eq(said("min-fresh").min_fresh, SECONDS_MOST);
}
END_TEST

/* RFC 9111, 4.2.1 */
START_TEST(of_two_the_stricter_counts)
{
	check_max_age("max-age=1800, max-age=1", 1);
	check_max_age("max-age=1, max-age=1800", 1);
	check_max_age("max-age=1800, max-age=x", 0);
	ck_assert_int_eq(said_in("Cache-Control: max-age=9\r\n"
	    "Cache-Control: max-age=5\r\n").max_age, 5);
	ck_assert_int_eq(said("min-fresh=5, min-fresh=9").min_fresh, 9);
	ck_assert_int_eq(said("min-fresh=9, min-fresh=5").min_fresh, 9);
	ck_assert_int_eq(said("max-stale=5, max-stale=9").max_stale, 5);
	ck_assert_int_eq(said("max-stale, max-stale=9").max_stale, 9);
}
END_TEST

START_TEST(flags_stay_flags_with_an_argument)
{
	ck_assert(said("no-store=\"x\"").no_store);
	ck_assert(said("public=1").is_public);
	ck_assert(said("must-revalidate=0").must_revalidate);
	ck_assert(said("no-store =x").no_store);
}
END_TEST

/* RFC 9111, 5.2.1.2 */
START_TEST(max_stale_needs_no_number)
{
	ck_assert_int_eq(asked("Cache-Control: max-stale\r\n").max_stale,
	    CACHECONTROL_ANY);
	ck_assert_int_eq(asked("Cache-Control: max-stale=5\r\n").max_stale,
	    5);
}
END_TEST

/* RFC 9111, 5.2.2.4 and 5.2.2.7: names of fields, quoted or not. */
START_TEST(lists_of_fields_are_kept)
{
	struct cachecontrol cc = said("no-cache=\"Set-Cookie, X-A\", "
	    "private=\"x-b\", max-age=5");

	ck_assert(!cc.no_cache && !cc.is_private);
	check_names(cc.no_cache_fields, "Set-Cookie, X-A");
	check_names(cc.private_fields, "x-b");
	ck_assert_int_eq(cc.max_age, 5);
	cc = said("no-cache=x-c");
	check_names(cc.no_cache_fields, "x-c");
}
END_TEST

START_TEST(a_list_that_cannot_be_read_means_everything)
{
	static const char *const bad[] = {"no-cache", "no-cache=",
		"no-cache=\"\"", "no-cache=\" , \"", "no-cache=\"a b\"",
		"no-cache=\"a", "no-cache=\"a\\\"b\"",
		"no-cache=\"a\", no-cache",
		"no-cache, no-cache=\"a\"", "no-cache=\"a\", no-cache=\"b\"",
		"no-cache =\"a\"", "no-cache= a"};
	struct cachecontrol cc;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cc = said(bad[i]);
		ck_assert_msg(cc.no_cache, "%s", bad[i]);
		ck_assert_uint_eq(cc.no_cache_fields.n, 0);
	}
	cc = said_in("Cache-Control: private=\"a\"\r\n"
	    "Cache-Control: private=\"b\"\r\n");
	ck_assert(cc.is_private && cc.private_fields.n == 0);
}
END_TEST

/* RFC 9111, 5.4 */
START_TEST(pragma_counts_in_requests_without_cache_control)
{
	ck_assert(asked("Pragma: no-cache\r\n").no_cache);
	ck_assert(asked("Pragma: x, No-Cache\r\n").no_cache);
	ck_assert(!asked("Pragma: x\r\n").no_cache);
	ck_assert(!asked("Pragma: no-cache\r\n"
	    "Cache-Control: max-age=5\r\n").no_cache);
	ck_assert(!said_in("Pragma: no-cache\r\n").no_cache);
}
END_TEST

static bool targeted(const char *value, struct cachecontrol *cc)
{
	char lines[1024];

	snprintf(lines, sizeof(lines), "Cache-Control: max-age=1\r\n"
	    "CDN-Cache-Control: %s\r\n", value);
	return cachecontrol_targeted(heads_response(&made, 200, lines), cc);
}

/* RFC 9213, 2.1 */
START_TEST(targeted_fields_are_dictionaries)
{
	struct cachecontrol cc;

	ck_assert(targeted("max-age=3600", &cc));
	ck_assert_int_eq(cc.max_age, 3600);
	ck_assert(targeted("foobar, no-store, s-maxage=7;x=y", &cc));
	ck_assert(cc.no_store);
	ck_assert_int_eq(cc.s_maxage, 7);
	ck_assert(targeted("no-cache=\"a, b\", private=c", &cc));
	ck_assert(!cc.no_cache && !cc.is_private);
	check_names(cc.no_cache_fields, "a, b");
	check_names(cc.private_fields, "c");
	ck_assert(targeted("no-store=?0, no-cache=?1", &cc));
	ck_assert(!cc.no_store && cc.no_cache);
	ck_assert(targeted("foo", &cc));
}
END_TEST

START_TEST(targeted_seconds_are_integers)
{
	struct cachecontrol cc;

	ck_assert(targeted("max-age=2147483649", &cc));
	ck_assert_int_eq(cc.max_age, SECONDS_MOST);
	ck_assert(targeted("max-age=99999999999", &cc));
	ck_assert_int_eq(cc.max_age, SECONDS_MOST);
	ck_assert(targeted("max-age=-1", &cc));
	ck_assert_int_eq(cc.max_age, 0);
	ck_assert(targeted("max-age=0", &cc));
	ck_assert_int_eq(cc.max_age, 0);
}
END_TEST

/* RFC 8941, 3.2 */
START_TEST(the_last_of_two_members_counts)
{
	struct cachecontrol cc;

	ck_assert(targeted("max-age=1, max-age=9", &cc));
	ck_assert_int_eq(cc.max_age, 9);
	ck_assert(targeted("no-cache, no-cache=\"a\"", &cc));
	ck_assert(!cc.no_cache);
	check_names(cc.no_cache_fields, "a");
	ck_assert(targeted("no-cache=\"a\", no-cache", &cc));
	ck_assert(cc.no_cache && cc.no_cache_fields.n == 0);
	ck_assert(cachecontrol_targeted(heads_response(&made, 200,
	    "CDN-Cache-Control: max-age=1, no-store\r\n"
	    "CDN-Cache-Control: max-age=5\r\n"), &cc));
	ck_assert(cc.no_store);
	ck_assert_int_eq(cc.max_age, 5);
}
END_TEST

/* RFC 9213, 2.1: empty, or against the grammar. */
START_TEST(malformed_targeted_fields_say_nothing)
{
	static const char *const bad[] = {"", "max-age=10000, &&&&&",
		"max-age =100", "max-age= 100", "MaX-aGe=3600", "max-age=1,",
		"max-age=9999999999999999", "no-store; max-age= 1",
		"max-age=\"10000\"", "max-age=1.5", "max-age", "max-age=abc",
		"no-store=1", "public=\"x\"", "private=(a b)"};
	struct cachecontrol cc;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!targeted(bad[i], &cc), "%s", bad[i]);
	ck_assert(!cachecontrol_targeted(heads_response(&made, 200,
	    "Cache-Control: max-age=5\r\n"), &cc));
	ck_assert(!cachecontrol_targeted(heads_response(&made, 200,
	    "CDN-Cache-Control: max-age=5\r\n"
	    "CDN-Cache-Control: &\r\n"), &cc));
}
END_TEST

START_TEST(a_wrong_type_spoils_its_member_alone)
{
	struct cachecontrol cc;

	ck_assert(targeted("max-age=\"5\", no-store", &cc));
	ck_assert(cc.no_store);
	ck_assert_int_eq(cc.max_age, CACHECONTROL_NONE);
}
END_TEST

/* RFC 9213, 2.2 */
START_TEST(a_response_is_judged_by_one_field)
{
	struct cachecontrol cc;

	ck_assert(cachecontrol_of_response(heads_response(&made, 200,
	    "CDN-Cache-Control: max-age=5\r\nCache-Control: no-store\r\n"),
	    &cc));
	ck_assert(!cc.no_store);
	ck_assert_int_eq(cc.max_age, 5);
	ck_assert(!cachecontrol_of_response(heads_response(&made, 200,
	    "CDN-Cache-Control: &\r\nCache-Control: no-store\r\n"), &cc));
	ck_assert(cc.no_store);
	ck_assert_int_eq(cc.max_age, CACHECONTROL_NONE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cachecontrol");
	TCase *tc = tcase_create("cachecontrol");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, without_a_field_nothing_is_said);
	tcase_add_test(tc, every_directive_is_known);
	tcase_add_test(tc, names_are_known_in_any_case);
	tcase_add_test(tc, unknown_directives_are_passed_over);
	tcase_add_test(tc, elements_may_be_empty_and_lines_several);
	tcase_add_test(tc, what_is_quoted_is_no_directive);
	tcase_add_test(tc, seconds_may_be_quoted);
	tcase_add_test(tc, very_many_seconds_are_the_most);
	tcase_add_test(tc, what_are_no_seconds_is_the_strictest);
	tcase_add_test(tc, of_two_the_stricter_counts);
	tcase_add_test(tc, flags_stay_flags_with_an_argument);
	tcase_add_test(tc, max_stale_needs_no_number);
	tcase_add_test(tc, lists_of_fields_are_kept);
	tcase_add_test(tc, a_list_that_cannot_be_read_means_everything);
	tcase_add_test(tc, pragma_counts_in_requests_without_cache_control);
	tcase_add_test(tc, targeted_fields_are_dictionaries);
	tcase_add_test(tc, targeted_seconds_are_integers);
	tcase_add_test(tc, the_last_of_two_members_counts);
	tcase_add_test(tc, malformed_targeted_fields_say_nothing);
	tcase_add_test(tc, a_wrong_type_spoils_its_member_alone);
	tcase_add_test(tc, a_response_is_judged_by_one_field);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
